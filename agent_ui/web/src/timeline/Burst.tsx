// Messages of one channel that belong together: one card. The customer's at the start, ours at the end of the line.

import { memo } from "react";
import type { HubEvent } from "../api/types";
import { customerName } from "../desk/names";
import { clock, elapsed, ms } from "../i18n/format";
import { t, tn } from "../i18n/t";
import { cx } from "../look/cx";
import { Icon } from "../look/Icon";
import { ChannelIcon } from "../look/parts";
import { useAbilities } from "../sync/store";
import type { TimelineState } from "../sync/timeline";
import type { Afterwards, Block, BurstItem } from "./blocks";
import styles from "./Burst.module.css";
import { CardMenu } from "./CardMenu";
import { Mark, needsPerson, Trouble } from "./DeliveryMark";
import { Files } from "./Files";
import { Moment } from "./Moment";
import { useNames } from "./names";
import { actorName, readEvent, type Said } from "./read";
import { RunLine } from "./Run";

interface BurstProps {
  block: Block & { kind: "burst" };
  state: TimelineState;
  after: ReadonlyMap<string, Afterwards>;
}

export const BurstCard = memo(
  function BurstCard({ block, state, after }: BurstProps) {
    const { word, glyph, work } = useAbilities(block.channel_id);
    const messages = block.items.flatMap((item) => ("event" in item ? [item.event] : []));
    const first = messages[0];
    const last = messages.at(-1);
    if (first === undefined || last === undefined) return null;
    const name = customerName(state.customer.name, state.customer.customer_id, state.customer.addresses[0]);
    const span = ms(last.shown_at) - ms(first.shown_at);
    const page = messages.map((event) => readEvent(event)).find((one): one is Said => one.kind === "said" && one.page !== null)?.page;
    return (
      <article className="ev" tabIndex={-1} data-e={first.event_id}>
        <ChannelIcon glyph={glyph} />
        <div>
          <h3 className="hd">
            <b className="clip">
              <bdi>{t("{channel} with {name}", { channel: word, name })}</bdi>
            </b>
            <span className="clip">
              {messages.length > 1 && tn(messages.length, "{n} message", "{n} messages")}
              {messages.length > 1 && span > 60_000 && ` · ${clock(first.shown_at)}–${clock(last.shown_at)}`}
              {work === "chat" && span > 60_000 && ` · ${elapsed(span)}`}
            </span>
            {page && <span className={cx("clip", styles.page)}>· {t("on {page}", { page: page.replace(/^https?:\/\//, "") })}</span>}
            <Moment at={last.shown_at} />
          </h3>
          <CardMenu event={first} quotes={theirLast(messages)} />
          <div className={cx("burst", styles.burst)}>
            {block.items.map((item) => (
              <Item key={"event" in item ? item.event.event_id : item.run[0]?.event_id} item={item} state={state} after={after} />
            ))}
          </div>
        </div>
      </article>
    );
  },
  (before, now) =>
    before.block.items === now.block.items ||
    (before.state.customer === now.state.customer &&
      before.state.deliveries === now.state.deliveries &&
      before.after === now.after &&
      sameItems(before.block.items, now.block.items)),
);

/** What one answers to: the customer's newest message of the card. */
const theirLast = (messages: readonly HubEvent[]): HubEvent | null =>
  messages.findLast((event) => {
    const reading = readEvent(event);
    return reading.kind === "said" && reading.by === "customer" && reading.text !== "";
  }) ?? null;

const sameItems = (a: readonly BurstItem[], b: readonly BurstItem[]): boolean =>
  a.length === b.length &&
  a.every((item, at) => {
    const other = b[at];
    if (other === undefined) return false;
    if ("event" in item) return "event" in other && item.event === other.event;
    return "run" in other && item.run.length === other.run.length && item.run[0] === other.run[0];
  });

function Item({ item, state, after }: { item: BurstItem; state: TimelineState; after: ReadonlyMap<string, Afterwards> }) {
  if ("run" in item) return <RunLine events={item.run} state={state} isInside />;
  const said = readEvent(item.event);
  if (said.kind !== "said") return null;
  const later = item.event.external_id ? after.get(item.event.external_id) : undefined;
  return said.by === "us" ? (
    <Ours event={item.event} said={said} state={state} />
  ) : (
    <Theirs event={item.event} said={said} later={later} />
  );
}

function Theirs({ event, said, later }: { event: HubEvent; said: Said; later: Afterwards | undefined }) {
  return (
    <div className={styles.line} data-e={event.event_id}>
      {later?.isDeleted ? (
        <p className={cx("bub t3", styles.deleted)}>{t("Deleted by the customer")}</p>
      ) : (
        <div className="bub">
          {said.unverified && <Unverified />}
          <p dir="auto" className="pre">
            {later?.edited ?? said.text}
          </p>
          <Files files={said.attachments} />
        </div>
      )}
      <span className="mark">
        <Moment at={event.shown_at} />
        {later?.edited && ` · ${t("edited")}`}
        {said.isDuplicate && ` · ${t("came twice, with other content")}`}
        {later?.reactions.join("")}
      </span>
    </div>
  );
}

export const Unverified = () => (
  <p className={styles.unverified}>
    <Icon name="alert" className="i14" />
    {t("It is not proven who sent this")}
  </p>
);

function Ours({ event, said, state }: { event: HubEvent; said: Said; state: TimelineState }) {
  const names = useNames();
  const delivery = state.deliveries.get(event.event_id);
  const isBad = needsPerson(delivery);
  return (
    <>
      <div className={cx("out", styles.out)} data-e={event.event_id}>
        <span className="mark">
          <bdi>{actorName(event.actor, names, "")}</bdi> · {clock(event.shown_at)}
          {!isBad && (
            <>
              {" · "}
              <Mark delivery={delivery} />
            </>
          )}
        </span>
        <div className={cx("bub us", isBad && styles.bad)}>
          {said.text !== "" && (
            <p dir="auto" className="pre">
              {said.text}
            </p>
          )}
          <Files files={said.attachments} />
        </div>
      </div>
      {isBad && delivery && <Trouble event={event} delivery={delivery} />}
    </>
  );
}
