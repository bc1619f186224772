// Someone answered first: what they said, and my text untouched below it. A person decides.

import type { Interaction } from "../api/types";
import { clock } from "../i18n/format";
import { t } from "../i18n/t";
import { Icon } from "../look/Icon";
import { useNames } from "../timeline/names";
import { actorName, readEvent } from "../timeline/read";
import styles from "./Composer.module.css";
import { setConflict, type Conflict } from "./drafts";
import { discardDraft, sendReply } from "./submit";

interface ConflictProps {
  one: Interaction;
  customer: string;
  conflict: Conflict;
}

export function ConflictView({ one, customer, conflict }: ConflictProps) {
  const names = useNames();
  const said = conflict.events.flatMap((event) => {
    const reading = readEvent(event);
    return reading.kind === "said" && reading.by === "us" ? [{ event, text: reading.text }] : [];
  });
  const who = said[0] === undefined ? t("Someone") : actorName(said[0].event.actor, names, "");
  return (
    <div className={styles.tell} role="group" aria-label={t("Someone answered first")} data-testid="conflict">
      <Icon name="alert" />
      <span className="grow">
        <b className="semi">{t("Not sent: {name} answered first.", { name: who })}</b> {t("Your text is below.")}
      </span>
      {said.map(({ event, text }) => (
        <blockquote key={event.event_id} className={styles.said}>
          <p className="xs t3">
            {actorName(event.actor, names, "")} · {clock(event.shown_at)}
          </p>
          <p className="pre" dir="auto">
            {text}
          </p>
        </blockquote>
      ))}
      <button className="btn sm" type="button" onClick={() => sendReply(one, customer, { anyway: true, then: conflict.pending.then })}>
        {t("Send anyway")}
      </button>
      <button className="btn sm" type="button" onClick={() => setConflict(one.interaction_id, null)}>
        {t("Edit")}
      </button>
      <button className="btn sm bare" type="button" onClick={() => discardDraft(one.interaction_id)}>
        {t("Discard")}
      </button>
    </div>
  );
}
