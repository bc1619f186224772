import type { Interaction } from "../api/types";
import { t } from "../i18n/t";
import { Icon, type IconName } from "../look/Icon";
import { useHub } from "../sync/store";
import styles from "./Composer.module.css";
import { catchUp, draftKey, NOTHING, useDrafts } from "./drafts";
import { mentionsIn } from "./submit";
import { warningsOf, type Warning } from "./warnings";

const WORDS: Record<Warning, { icon: IconName; words: () => string }> = {
  "customer-wrote": { icon: "chat", words: () => t("The customer wrote while you were writing.") },
  "note-like": { icon: "lock", words: () => t("This reads like a note for the team, and goes to the customer.") },
  "file-missing": { icon: "clip", words: () => t("You speak of an attachment; there is none.") },
};

/** Said while one writes, politely and once each; sending stays possible. */
export function Warnings({ customer, one }: { customer: string; one: Interaction }) {
  const key = draftKey(one.interaction_id, "reply");
  const { text, attachments, began } = useDrafts((state) => state.all.get(key) ?? NOTHING);
  const events = useHub((state) => state.timelines.get(customer)?.state?.events);
  const written = { text, hasFiles: attachments.length > 0, began, hasMention: mentionsIn(text).length > 0 };
  return (
    <div role="status">
      {warningsOf(written, events ?? []).map((warning) => (
        <div key={warning} className={styles.tell} data-warning={warning}>
          <Icon name={WORDS[warning].icon} className="i14" />
          <span className="grow">{WORDS[warning].words()}</span>
          {warning === "customer-wrote" && (
            <button className="btn sm" type="button" onClick={() => catchUp(key)}>
              {t("Seen")}
            </button>
          )}
        </div>
      ))}
    </div>
  );
}
