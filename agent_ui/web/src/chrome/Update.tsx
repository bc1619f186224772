import { t } from "../i18n/t";
import { Icon } from "../look/Icon";
import { useHub } from "../sync/store";
import styles from "./AppBar.module.css";

/** Drafts live on the hub and in this browser: loading the page again loses nothing. */
export function Update() {
  const hasUpdate = useHub((state) => state.hasUpdate);
  return (
    <div role="status" className={styles.said}>
      {hasUpdate && (
        <button className={`chip acc ${styles.update}`} type="button" onClick={() => location.reload()}>
          <Icon name="catch" />
          {t("Update ready")}
        </button>
      )}
    </div>
  );
}
