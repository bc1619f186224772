import { memo } from "react";
import type { HubEvent } from "../api/types";
import { t } from "../i18n/t";
import { Icon } from "../look/Icon";
import { useHub } from "../sync/store";
import { CardMenu } from "./CardMenu";
import { Files } from "./Files";
import styles from "./Note.module.css";
import { Moment } from "./Moment";
import { useNames } from "./names";
import { actorName, readEvent } from "./read";

/** Square, amber, from edge to edge: only the team. */
export const NoteCard = memo(function NoteCard({ event }: { event: HubEvent }) {
  const names = useNames();
  const note = readEvent(event);
  if (note.kind !== "note") return null;
  return (
    <article className={`noteband ${styles.band}`} tabIndex={-1} data-e={event.event_id}>
      <div className="ev">
        <Icon name="lock" className="ch-note" />
        <div>
          <h3 className="hd">
            <b>
              <bdi>{actorName(event.actor, names, "")}</bdi>
            </b>
            <span className="clip">{t("wrote a note")}</span>
            <span className="only">· {t("Only the team")}</span>
            <Moment at={event.shown_at} />
          </h3>
          <CardMenu event={event} quotes={null} />
          <p dir="auto" className="pre">
            <Mentions text={note.text} />
          </p>
          <Files files={note.attachments} />
        </div>
      </div>
    </article>
  );
});

function Mentions({ text }: { text: string }) {
  const agents = useHub((state) => state.desk.agents);
  const names = [...agents.values()].flatMap((agent) => [agent.name, agent.name.split(/\s+/)[0] ?? ""]).filter(Boolean);
  const pieces = text.split(/(@[\p{L}\p{N}_.-]+)/u);
  return pieces.map((piece, at) =>
    piece.startsWith("@") && names.some((name) => name.toLowerCase().startsWith(piece.slice(1).toLowerCase())) ? (
      <span key={at} className="at">
        {piece}
      </span>
    ) : (
      piece
    ),
  );
}
