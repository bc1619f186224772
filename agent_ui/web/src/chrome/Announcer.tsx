import { useUi } from "../app/ui";
import styles from "./Announcer.module.css";

/** Two live regions that are always there: a region that comes with its text is not read. */
export function Announcer() {
  const polite = useUi((state) => state.polite);
  const assertive = useUi((state) => state.assertive);
  return (
    <>
      <div className={`vh ${styles.voice}`} role="status" aria-live="polite" data-testid="polite">
        {polite}
      </div>
      <div className={`vh ${styles.voice}`} role="alert" aria-live="assertive" data-testid="assertive">
        {assertive}
      </div>
    </>
  );
}
