import { t } from "../i18n/t";
import { Empty } from "../look/parts";
import { start } from "../sync/session";
import { useHub } from "../sync/store";
import styles from "./SignIn.module.css";

/** The very first read failed: nothing is known yet, so there is nothing to show but the words. */
export function Failed() {
  const problem = useHub((state) => state.problem);
  return (
    <main className={styles.page}>
      <h1 className="vh">Continuo</h1>
      <Empty icon="alert" title={t("The desk could not be opened")}>
        <p>{problem?.message}</p>
        {problem?.id && <p className="xs">{t("id {id}", { id: problem.id })}</p>}
        <button className="btn" type="button" onClick={() => void start()}>
          {t("Try again")}
        </button>
      </Empty>
    </main>
  );
}
