import { t } from "../i18n/t";
import { Empty } from "../look/parts";
import styles from "../app/App.module.css";

/** A page whose code could not be fetched. */
export const Unloaded = () => (
  <main className={styles.unloaded} id="timeline" tabIndex={-1}>
    <h1 className="vh">Continuo</h1>
    <Empty icon="alert" title={t("This page could not be loaded")}>
      <p>{t("The rest of the console works. Nothing you wrote is lost.")}</p>
      <button className="btn" type="button" onClick={() => location.reload()}>
        {t("Load the page again")}
      </button>
    </Empty>
  </main>
);
