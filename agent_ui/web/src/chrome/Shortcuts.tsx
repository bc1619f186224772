import { setting, useSettings } from "../app/settings";
import { setUi } from "../app/ui";
import { t } from "../i18n/t";
import { bindings, type Action, type Group } from "../keys/actions";
import { shownKeys } from "../keys/names";
import type { KeysSetting } from "../keys/match";
import { Dialog } from "../look/Dialog";
import styles from "./Shortcuts.module.css";

const GROUPS: Record<Group, () => string> = {
  everywhere: () => t("Everywhere, also while typing"),
  desk: () => t("Desk and list"),
  conversation: () => t("Conversation"),
};

export const keysSettings = (): { value: KeysSetting; words: string }[] => [
  { value: "on", words: t("All on") },
  { value: "palette", words: t("Only the palette") },
  { value: "off", words: t("Off") },
];

/** Sequences of choices are one line: "H then 1–6". */
function lines(group: Group): { keys: string[]; words: string }[] {
  const all = bindings().filter((one) => one.group === group && one.keys.length > 0);
  const single = all.filter((one) => !one.isChoice).map((one) => ({ keys: one.keys.map((key) => shownKeys(key)), words: one.words() }));
  return [...single, ...sequences(all)];
}

function sequences(all: readonly Action[]): { keys: string[]; words: string }[] {
  const words: Record<string, () => string> = {
    q: () => t("My state, then pick"),
    c: () => t("Reply on another channel"),
    h: () => t("Snooze, then pick"),
  };
  const counts = new Map<string, number>();
  for (const one of all) if (one.isChoice) counts.set(one.keys[0]?.[0] ?? "", (counts.get(one.keys[0]?.[0] ?? "") ?? 0) + 1);
  return [...counts].map(([key, n]) => ({ keys: [`${key.toUpperCase()} 1–${n}`], words: words[key]?.() ?? "" }));
}

export default function Shortcuts() {
  return (
    <Dialog title={t("Keyboard shortcuts")} onClose={() => setUi({ dialog: null })} size={760}>
      <KeysChoice />
      <div className={styles.groups}>
        {(Object.keys(GROUPS) as Group[]).map((group) => (
          <section key={group} aria-label={GROUPS[group]()}>
            <h3 className="day">{GROUPS[group]()}</h3>
            <dl>
              {lines(group).map((line) => (
                <div key={line.words}>
                  <dt>
                    {line.keys.map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{line.words}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

export function KeysChoice() {
  const keys = useSettings((settings) => settings.keys);
  return (
    <fieldset className={styles.choice}>
      <legend className="label">{t("Keyboard shortcuts")}</legend>
      {keysSettings().map(({ value, words }) => (
        <label key={value}>
          <input type="radio" name="keys" checked={keys === value} onChange={() => setting({ keys: value })} />
          {words}
        </label>
      ))}
    </fieldset>
  );
}
