import { t } from "../i18n/t";
import { useNow } from "../sync/ticker";
import { NOTHING, isEmpty, useDrafts } from "./drafts";
import styles from "./Composer.module.css";

/** Where the draft is: here, or on the hub, and since when. */
export function Saved({ draft, extra }: { draft: string; extra?: string }) {
  const now = useNow();
  const writing = useDrafts((state) => state.all.get(draft) ?? NOTHING);
  const words = isEmpty(writing) ? "" : savedWords(writing.savedWhere, Math.round((now - writing.savedAt) / 1000));
  const all = [words, extra].filter(Boolean).join(" · ");
  return all === "" ? null : (
    <span className={styles.meta} data-testid="draft-state" data-saved={writing.savedWhere}>
      {all}
    </span>
  );
}

function savedWords(where: "nowhere" | "here" | "hub", seconds: number): string {
  if (where === "here") return t("Kept here");
  if (where === "nowhere") return "";
  if (seconds < 2) return t("Saved");
  if (seconds < 60) return t("Saved {n} s ago", { n: seconds });
  return t("Saved {n} min ago", { n: Math.floor(seconds / 60) });
}
