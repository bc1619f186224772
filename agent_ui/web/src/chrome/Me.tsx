// What a person sets for this browser: theme, density, keys, sounds; and on the phone the way out.

import { act } from "../app/act";
import { chime } from "../app/sound";
import { setting, useSettings, type Density } from "../app/settings";
import { t } from "../i18n/t";
import { cx } from "../look/cx";
import { Avatar } from "../look/parts";
import { signOut } from "../sync/session";
import { useHub } from "../sync/store";
import styles from "./Me.module.css";
import { themes } from "./Profile";
import { OwnKeys } from "./OwnKeys";
import { KeysChoice } from "./Shortcuts";
import choice from "./Shortcuts.module.css";

export default function Me() {
  const agent = useHub((state) => state.me?.agent ?? null);
  const version = useHub((state) => state.version);
  const settings = useSettings();
  return (
    <main className={cx(styles.page, "scroll")} id="timeline" tabIndex={-1}>
      <div className={styles.sheet}>
        <h1>{t("Settings")}</h1>
        {agent !== null && (
          <div className={styles.who}>
            <Avatar name={agent.name} size="l" />
            <div className="grow">
              <p className="semi">{agent.name}</p>
              <p className="t3 sm">{agent.email}</p>
            </div>
            <button className="btn" type="button" onClick={() => void act(signOut)}>
              {t("Sign out")}
            </button>
          </div>
        )}
        <fieldset className={choice.choice}>
          <legend className="label">{t("Theme")}</legend>
          {themes().map(({ theme, words }) => (
            <label key={theme}>
              <input type="radio" name="theme" checked={settings.theme === theme} onChange={() => setting({ theme })} />
              {words}
            </label>
          ))}
        </fieldset>
        <fieldset className={choice.choice}>
          <legend className="label">{t("Density of the list")}</legend>
          {densities().map(({ value, words }) => (
            <label key={value}>
              <input type="radio" name="density" checked={settings.density === value} onChange={() => setting({ density: value })} />
              {words}
            </label>
          ))}
        </fieldset>
        <KeysChoice />
        <details className={styles.more}>
          <summary>{t("Change single keys")}</summary>
          <OwnKeys />
        </details>
        <h2 className="day">{t("Notices")}</h2>
        <Check label={t("Play a sound for offers and messages")} checked={settings.sound} onChange={(sound) => setting({ sound })} />
        <button className="btn sm" type="button" onClick={chime}>
          {t("Test the sound")}
        </button>
        <Check label={t("Show notices of the system while this tab is hidden")} checked={settings.system} onChange={(on) => void system(on)} />
        <h2 className="day">{t("Writing")}</h2>
        <Check label={t("Enter sends in chats (Shift+Enter makes a new line)")} checked={settings.enterSends} onChange={(enterSends) => setting({ enterSends })} />
        <Check label={t("Show system events on the timeline")} checked={settings.systemEvents} onChange={(systemEvents) => setting({ systemEvents })} />
        {version !== "" && <p className="t3 xs">{t("Version {version}", { version })}</p>}
      </div>
    </main>
  );
}

const densities = (): { value: Density; words: string }[] => [
  { value: "comfortable", words: t("Comfortable") },
  { value: "compact", words: t("Compact") },
];

/** The browser asks the person; without a yes there is nothing to switch on. */
async function system(on: boolean): Promise<void> {
  const isAllowed = on && "Notification" in window && (await Notification.requestPermission()) === "granted";
  setting({ system: isAllowed });
}

function Check({ label, checked, onChange }: { label: string; checked: boolean; onChange: (on: boolean) => void }) {
  return (
    <label className={styles.check}>
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      {label}
    </label>
  );
}
