import { act } from "../app/act";
import { go } from "../app/router";
import { setting, useSettings, type Theme } from "../app/settings";
import { setUi } from "../app/ui";
import { t } from "../i18n/t";
import { Icon } from "../look/Icon";
import { Menu, MenuItem, MenuGroup, MenuLine } from "../look/Menu";
import { Avatar, Keys } from "../look/parts";
import { signOut } from "../sync/session";
import { useHub } from "../sync/store";
import styles from "./AppBar.module.css";

export const themes = (): { theme: Theme; words: string }[] => [
  { theme: "auto", words: t("As the system") },
  { theme: "light", words: t("Light") },
  { theme: "dark", words: t("Dark") },
  { theme: "contrast", words: t("High contrast") },
];

export function Profile() {
  const agent = useHub((state) => state.me?.agent ?? null);
  const chosen = useSettings((settings) => settings.theme);
  if (agent === null) return null;
  return (
    <Menu
      name="profile"
      label={t("Profile")}
      width={232}
      before={
        <div className={styles.me}>
          <p className="semi clip">{agent.name}</p>
          <p className="t3 clip">{agent.email}</p>
        </div>
      }
      target={(props) => (
        <button {...props} className={styles.profile} type="button" aria-label={t("Profile of {name}", { name: agent.name })}>
          <Avatar name={agent.name} size="m" />
        </button>
      )}
    >
      <MenuLine />
      <MenuGroup label={t("Theme")}>
        {themes().map(({ theme, words }) => (
        <MenuItem key={theme} checked={theme === chosen} onClick={() => setting({ theme })}>
          <Icon name={theme === chosen ? "check" : "moon"} />
          {words}
        </MenuItem>
      ))}
      </MenuGroup>
      <MenuLine />
      <MenuItem onClick={() => go("/me")}>
        <Icon name="user" />
        {t("Settings")}
      </MenuItem>
      <MenuItem onClick={() => setUi({ dialog: "shortcuts" })}>
        <Icon name="keyboard" />
        {t("Keyboard shortcuts")}
        <Keys of="Mod+/" />
      </MenuItem>
      <MenuItem onClick={() => void act(signOut)}>
        <Icon name="signout" />
        {t("Sign out")}
      </MenuItem>
    </Menu>
  );
}
