import { dismiss, useUi } from "../app/ui";
import { t } from "../i18n/t";
import { cx } from "../look/cx";
import { Icon } from "../look/Icon";
import styles from "./Toasts.module.css";

/** Under the app bar at the end: never over phone bar, composer or an offer. */
export function Toasts() {
  const toasts = useUi((state) => state.toasts);
  return (
    <section className={styles.toasts} aria-label={t("Messages of the console")} role="status">
      {toasts.map((one) => (
        <div key={one.id} className={cx("raised", styles.toast)}>
          <Icon name={one.tone === "bad" ? "alert" : "check"} className={one.tone === "bad" ? styles.bad : styles.ok} />
          <span className="grow">
            {one.text}
            {one.errorId && <span className="t3 xs"> {t("id {id}", { id: one.errorId })}</span>}
          </span>
          {one.undo && (
            <button
              className="btn sm"
              type="button"
              onClick={() => {
                dismiss(one.id);
                one.undo?.();
              }}
            >
              {t("Undo")} <kbd aria-hidden="true">Z</kbd>
            </button>
          )}
          <button className="ib" type="button" aria-label={t("Dismiss")} onClick={() => dismiss(one.id)}>
            <Icon name="x" />
          </button>
        </div>
      ))}
    </section>
  );
}
