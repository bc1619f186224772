import { setUi, useUi, type Showing } from "../app/ui";
import { t } from "../i18n/t";
import { useHub } from "../sync/store";
import styles from "./Chips.module.css";

const WORDS: Record<Showing, () => string> = {
  all: () => t("All"),
  talk: () => t("Talk"),
  email: () => t("E-mail"),
  notes: () => t("Notes"),
  files: () => t("Files"),
};

/** Which part of the timeline is shown. E-mail only where a channel works that way. */
export function Chips() {
  const showing = useUi((state) => state.showing);
  const hasMail = useHub((state) => [...state.channels.values()].some((channel) => channel.abilities["work"] === "email"));
  const kinds: readonly Showing[] = hasMail ? ["all", "talk", "email", "notes", "files"] : ["all", "talk", "notes", "files"];
  return (
    <div className={styles.chips} role="group" aria-label={t("Shown in the timeline")}>
      {kinds.map((kind) => (
        <button key={kind} type="button" aria-pressed={kind === showing} onClick={() => setUi({ showing: kind })}>
          {WORDS[kind]()}
        </button>
      ))}
    </div>
  );
}
