import type { KeyboardEvent } from "react";
import type { Interaction } from "../api/types";
import { t } from "../i18n/t";
import { cx } from "../look/cx";
import { Keys } from "../look/parts";
import { useHub } from "../sync/store";
import styles from "./Composer.module.css";
import { draftKey, NOTHING, useDrafts } from "./drafts";
import { Field } from "./Field";
import { Saved } from "./Saved";
import { sendNote } from "./submit";
import { rested, typed } from "./typing";

/** Square and amber: only the team. It is never sent to the customer. */
export function NoteForm({ customer, one }: { customer: string; one: Interaction | null }) {
  const place = one?.interaction_id ?? `customer:${customer}`;
  const key = draftKey(place, "note");
  const text = useDrafts((state) => (state.all.get(key) ?? NOTHING).text);
  const name = useHub((state) => state.timelines.get(customer)?.state?.customer.name) || t("the customer");
  const canSend = text.trim() !== "";

  function onKey(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.nativeEvent.isComposing || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.stopPropagation();
    if (canSend) sendNote(place, customer, one?.interaction_id ?? null);
  }

  return (
    <form
      className={styles.noteform}
      aria-label={t("Note")}
      onSubmit={(event) => {
        event.preventDefault();
        if (canSend) sendNote(place, customer, one?.interaction_id ?? null);
      }}
    >
      <Field
        draft={key}
        label={t("Note, only the team sees it")}
        placeholder={t("Tell the team; @name calls someone")}
        focusAs="note"
        abilities={null}
        onSend={onKey}
        onTyped={() => one && typed(one.interaction_id, "note")}
        onLeave={() => one && rested(one.interaction_id, "note")}
      >
        <Saved draft={key} extra={t("never sent to {name}", { name })} />
        <span className="grow" />
        <button className={cx("btn fill", styles.send)} type="submit" disabled={!canSend}>
          {t("Add note")} <Keys of="Mod+Enter" />
        </button>
      </Field>
    </form>
  );
}
