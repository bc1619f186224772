// What was sent from here and is not on the timeline yet: it shows at once, with its state and what can be done.

import { t, tn } from "../i18n/t";
import { cx } from "../look/cx";
import { Chip, Status } from "../look/parts";
import { again, discard, takeBack } from "../sync/send";
import type { Pending } from "../sync/outbox";
import { useHub } from "../sync/store";
import type { TimelineState } from "../sync/timeline";
import { useNow } from "../sync/ticker";
import styles from "./Burst.module.css";
import { Files } from "./Files";

export function OutboxItems({ customer, state }: { customer: string; state: TimelineState }) {
  const outbox = useHub((all) => all.outbox);
  const isOffline = useHub((all) => all.link.word !== "live" && all.link.word !== "catching_up");
  const mine = outbox.filter((one) => one.customer_id === customer || state.members.has(one.customer_id));
  if (mine.length === 0) return null;
  const queued = mine.filter((one) => one.state !== "refused").length;
  return (
    <div className="burst" data-testid="outbox">
      {mine.map((one) => (
        <Item key={one.client_id} one={one} />
      ))}
      {isOffline && queued > 0 && (
        <span className="mark" style={{ alignSelf: "flex-end" }}>
          <Chip icon="clock" tone="warn">
            {tn(queued, "{n} queued", "{n} queued")}
          </Chip>
        </span>
      )}
    </div>
  );
}

function Item({ one }: { one: Pending }) {
  const isNote = one.kind === "note";
  return (
    <>
      <div className="out">
        <div className={cx(isNote ? "noteband" : "bub us", one.state === "refused" ? styles.bad : styles.pending)}>
          <p className="pre" dir="auto">
            {one.text}
          </p>
          <Files files={one.attachments} />
        </div>
      </div>
      <State one={one} />
    </>
  );
}

function State({ one }: { one: Pending }) {
  const now = useNow();
  if (one.state === "refused") {
    return (
      <div className="out" role="group" aria-label={t("Not sent")}>
        <Status icon="alert" tone="bad" className="xs">
          {t("Not sent: {words}", { words: one.words ?? "" })}
        </Status>
        <button className="btn sm" type="button" onClick={() => again(one.client_id)}>
          {t("Retry")}
        </button>
        <button className="btn sm" type="button" onClick={() => takeBack(one.client_id)}>
          {t("Edit")}
        </button>
        <button className="btn sm bare" type="button" onClick={() => discard(one.client_id)}>
          {t("Discard")}
        </button>
      </div>
    );
  }
  if (one.state === "held") {
    const left = Math.max(0, Math.ceil(((one.until ?? 0) - now) / 1000));
    return (
      <div className="out">
        <span className="mark">{left > 0 ? t("Sends in {n} s", { n: left }) : t("queued")}</span>
        <button className="btn sm" type="button" onClick={() => takeBack(one.client_id)}>
          {t("Undo")}
        </button>
      </div>
    );
  }
  return (
    <div className="out">
      <span className="mark">{one.state === "sending" ? t("sending…") : t("queued")}</span>
    </div>
  );
}
