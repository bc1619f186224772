import { useUi } from "../app/ui";
import { t } from "../i18n/t";
import { choices } from "../keys/actions";
import { shownKeys } from "../keys/names";
import { currentWays } from "../composer/switch";
import styles from "./Hints.module.css";

/** After the first key of a sequence: what the next one may be. */
export function Hints() {
  const sequence = useUi((state) => state.sequence);
  if (sequence === null) return null;
  const ways = sequence === "c" ? currentWays() : [];
  const list =
    sequence === "c"
      ? ways.slice(0, 9).map((way, at) => ({ key: String(at + 1), words: `${way.channel.abilities.word ?? way.channel.name}` }))
      : choices(sequence);
  return (
    <div className={`raised ${styles.strip}`} role="status">
      <kbd>{shownKeys(sequence)}</kbd>
      {list.map((one) => (
        <span key={one.key} className={styles.choice}>
          <kbd>{shownKeys(one.key)}</kbd> {one.words}
        </span>
      ))}
      <span className={styles.choice}>
        <kbd>Esc</kbd> {t("cancel")}
      </span>
    </div>
  );
}
