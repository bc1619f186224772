import { setUi } from "../app/ui";
import { usePlace } from "../app/router";
import { t } from "../i18n/t";
import { Icon } from "../look/Icon";
import { isSupervisor, useHub } from "../sync/store";
import { Link } from "./AppBar";
import styles from "./BottomBar.module.css";

/** Phone and small windows only. */
export function BottomBar() {
  const { page } = usePlace();
  const supervisor = useHub(isSupervisor);
  return (
    <nav className={styles.nav} aria-label={t("Main")}>
      <Link to="/desk" isCurrent={page === "desk"}>
        <Icon name="desk" />
        {t("Desk")}
      </Link>
      {supervisor && (
        <Link to="/wall" isCurrent={page === "wall"}>
          <Icon name="wall" />
          {t("Wall")}
        </Link>
      )}
      <button type="button" onClick={() => setUi({ dialog: "palette" })}>
        <Icon name="search" />
        {t("Find")}
      </button>
      <Link to="/me" isCurrent={page === "me"}>
        <Icon name="user" />
        {t("Me")}
      </Link>
    </nav>
  );
}
