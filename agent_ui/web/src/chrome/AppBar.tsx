// Search, link, capacity, state and profile: always there, always the same height.

import type { ReactNode } from "react";
import { setUi } from "../app/ui";
import { address, go, usePlace } from "../app/router";
import { t } from "../i18n/t";
import { cx } from "../look/cx";
import { Icon } from "../look/Icon";
import { Keys } from "../look/parts";
import { isSupervisor, useHub } from "../sync/store";
import styles from "./AppBar.module.css";
import { Capacity } from "./Capacity";
import { LinkWordShown } from "./LinkBar";
import { Profile } from "./Profile";
import { StateMenu } from "./StateMenu";
import { Update } from "./Update";

export function AppBar() {
  const { page } = usePlace();
  const supervisor = useHub(isSupervisor);
  return (
    <header className={cx("appbar", styles.bar)}>
      <Link to="/desk" className="brand" isCurrent={page === "desk"}>
        <Icon name="wave" className="mark" />
        <span className={styles.name}>Continuo</span>
      </Link>
      <button className={cx("search", styles.search)} type="button" onClick={() => setUi({ dialog: "palette" })}>
        <Icon name="search" />
        <span className="grow clip">{t("Search or command")}</span>
        <Keys of="Mod+k" />
      </button>
      {supervisor && (
        <nav className={styles.pages} aria-label={t("Pages")}>
          <Link to="/desk" isCurrent={page === "desk"}>
            {t("Desk")}
          </Link>
          <Link to="/wall" isCurrent={page === "wall"}>
            {t("Wallboard")}
          </Link>
        </nav>
      )}
      <span className="grow" />
      <Update />
      <LinkWordShown />
      <Capacity />
      <StateMenu />
      <Profile />
    </header>
  );
}

interface LinkProps {
  to: string;
  className?: string;
  isCurrent: boolean;
  children: ReactNode;
}

export function Link({ to, className, isCurrent, children }: LinkProps) {
  return (
    <a
      href={address(to)}
      className={className}
      {...(isCurrent ? { "aria-current": "page" } : {})}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        go(to);
      }}
    >
      {children}
    </a>
  );
}
