// One row of the desk: 72 px (compact 52), never measured. One link with a full name.

import { memo } from "react";
import type { Interaction, Row } from "../api/types";
import { address, conversation, go } from "../app/router";
import { useSettings } from "../app/settings";
import { setUi, useUi } from "../app/ui";
import { draftKey, isEmpty, useDrafts } from "../composer/drafts";
import { elapsed, ms, wakes } from "../i18n/format";
import { t, tn } from "../i18n/t";
import { cx } from "../look/cx";
import { Icon, type IconName } from "../look/Icon";
import { Avatar, Chip } from "../look/parts";
import { agentName, myId, queueName, useAbilities, useHub } from "../sync/store";
import { useNow } from "../sync/ticker";
import { moveOn, rest } from "./ahead";
import { customerName } from "./names";
import styles from "./RowLink.module.css";
import { unreadOf } from "./unread";

interface RowProps {
  row: Row;
  isCurrent: boolean;
  /** It left this list while the order was frozen. */
  isGone: boolean;
}

export const RowLink = memo(function RowLink({ row, isCurrent, isGone }: RowProps) {
  const one = row.interaction;
  const { glyph, word } = useAbilities(one.channel_id);
  const mark = useHub((state) => state.marks[one.interaction_id]);
  const isMine = useHub((state) => one.agent_id === myId(state));
  const isOffered = useHub((state) => one.offered_to === myId(state) && (one.state === "offered" || one.state === "accepting"));
  const isCompact = useSettings((settings) => settings.density === "compact");
  const unread = isCurrent || !isMine ? 0 : unreadOf(one, mark);
  const to = conversation(one.customer_id, one.interaction_id);
  const name = customerName(row.customer_name, one.customer_id, one.address);
  const chips = <Chips one={one} unread={unread} isGone={isGone} isOffered={isOffered} isMine={isMine} />;
  return (
    <a
      className={cx("row", unread > 0 && "unread", isOffered && styles.offered, isGone && styles.gone, isCompact && styles.compact)}
      href={address(to)}
      {...(isCurrent ? { "aria-current": "true" as const } : {})}
      onPointerEnter={() => rest(one.customer_id)}
      onPointerLeave={moveOn}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        setUi({ list: false });
        go(to);
      }}
    >
      <Avatar name={name} glyph={glyph} />
      <span>
        <span className="l1">
          <bdi className="nm clip">{name}</bdi>
          <span className="vh">, {word}, {unread > 0 ? t("unread, ") : ""}</span>
          <Wait one={one} work={useAbilities(one.channel_id).work} />
        </span>
        <span className="l2">
          <Preview one={one} isCurrent={isCurrent} />
          {isCompact && chips}
        </span>
        {!isCompact && <span className="l3">{chips}</span>}
      </span>
    </a>
  );
});

function Preview({ one, isCurrent }: { one: Interaction; isCurrent: boolean }) {
  const draft = useDrafts((state) => {
    const writing = state.all.get(draftKey(one.interaction_id, "reply"));
    return writing === undefined || isEmpty(writing) ? "" : writing.text.trim() || t("file");
  });
  const isTyping = useHub((state) => state.typing.has(one.interaction_id));
  const replying = useHub((state) => state.presence.get(one.customer_id)?.find((agent) => agent.doing === "writing")?.name);
  if (isTyping) return <span className="clip act">{t("typing…")}</span>;
  if (replying !== undefined) return <span className="clip act">{t("{name} is replying", { name: replying })}</span>;
  if (draft !== "" && !isCurrent) {
    return (
      <span className="clip">
        <span className="draft">{t("Draft:")}</span> <bdi>{draft}</bdi>
      </span>
    );
  }
  const words = one.preview || one.subject;
  return (
    <span className="clip" dir="auto">
      {one.preview_by === "agent" && <span>{t("You:")} </span>}
      {words}
    </span>
  );
}

/** Seconds until amber and red, by kind of work. */
const LIMITS: Record<string, [amber: number, red: number]> = {
  call: [60, 120],
  chat: [60, 120],
  async: [1800, 3600],
  email: [3 * 3600, 4 * 3600],
};

export function waitTone(seconds: number, work: string): "ok" | "warn" | "bad" {
  const [amber, red] = LIMITS[work] ?? [1800, 3600];
  return seconds >= red ? "bad" : seconds >= amber ? "warn" : "ok";
}

const TONE_ICON: Record<"ok" | "warn" | "bad", IconName> = { ok: "clock", warn: "clock", bad: "alert" };

function Wait({ one, work }: { one: Interaction; work: string }) {
  const now = useNow();
  const isQueued = one.state === "queued" || one.state === "offered" || one.state === "accepting" || one.state === "created";
  const since = isQueued ? (one.age_start ?? one.waiting_since ?? one.created_at) : one.waiting_since;
  if (since === null) {
    return (
      <span className="tm them">
        <span className="vh">{t("waiting for the customer since")} </span>
        {t("them {time}", { time: shortAge(now - ms(one.last_at)) })}
      </span>
    );
  }
  const span = Math.max(0, now - ms(since));
  const tone = waitTone(span / 1000, work);
  return (
    <span className={cx("tm", tone)}>
      <Icon name={TONE_ICON[tone]} />
      <span className="vh">{tone === "bad" ? t("late, waits") : t("waits")} </span>
      {elapsed(span)}
    </span>
  );
}

/** "them 2 d": no seconds where nothing is urgent. */
function shortAge(span: number): string {
  const minutes = Math.max(0, Math.floor(span / 60_000));
  if (minutes < 1) return t("now");
  if (minutes < 60) return t("{n} min", { n: minutes });
  if (minutes < 24 * 60) return t("{n} h", { n: Math.floor(minutes / 60) });
  return t("{n} d", { n: Math.floor(minutes / 1440) });
}

interface ChipsProps {
  one: Interaction;
  unread: number;
  isGone: boolean;
  isOffered: boolean;
  isMine: boolean;
}

function Chips({ one, unread, isGone, isOffered, isMine }: ChipsProps) {
  const queued = useHub((state) => state.outbox.filter((entry) => entry.interaction_id === one.interaction_id && entry.state !== "refused").length);
  const refused = useHub((state) => state.outbox.some((entry) => entry.interaction_id === one.interaction_id && entry.state === "refused"));
  const isOffline = useHub((state) => state.link.word !== "live" && state.link.word !== "catching_up");
  const queue = useHub((state) => queueName(state, one.queue_id));
  const owner = useHub((state) => (one.agent_id === null || isMine ? "" : agentName(state, one.agent_id)));
  const busy = useUi((state) => state.busy.get(one.interaction_id));
  if (busy !== undefined) return <span className="act">{busy}</span>;
  if (isGone) return <span>{t("left this list")}</span>;
  if (isOffered) return <Offered one={one} />;
  return (
    <>
      {refused && (
        <Chip icon="alert" tone="bad">
          {t("not sent")}
        </Chip>
      )}
      {queued > 0 && isOffline && (
        <Chip icon="clock" tone="warn">
          {tn(queued, "{n} queued", "{n} queued")}
        </Chip>
      )}
      {one.state === "wrap_up" && <span>{t("wrap-up")}</span>}
      {unread > 0 && <span className="med t2">{tn(unread, "{n} unread", "{n} unread")}</span>}
      {owner !== "" && one.state !== "queued" && <span>{owner}</span>}
      {queue !== "" && <span>{queue}</span>}
      {one.state === "snoozed" && <Asleep one={one} />}
    </>
  );
}

function Asleep({ one }: { one: Interaction }) {
  const now = useNow();
  return <span>{one.wake_at === null ? t("until they write") : t("wakes {time}", { time: wakes(one.wake_at, now) })}</span>;
}

function Offered({ one }: { one: Interaction }) {
  const now = useNow();
  const deadline = useHub((state) => state.desk.offers.get(one.offer_id ?? "")?.deadline);
  const left = deadline === undefined ? 0 : Math.max(0, Math.ceil((ms(deadline) - now) / 1000));
  return (
    <>
      <span className="act">{t("Offered to you")}</span>
      <span>{t("answer within {n} s", { n: left })}</span>
    </>
  );
}

