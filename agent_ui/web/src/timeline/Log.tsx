// The events, newest at the end. It stays at the end only while the reader is there; otherwise nothing moves, whatever
// arrives above or below, and a pill counts what is new.

import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useSettings } from "../app/settings";
import { useFocusWish } from "../app/focus";
import type { Showing } from "../app/ui";
import { useCurrent } from "../desk/current";
import { markRead } from "../desk/unread";
import { clock, dayName } from "../i18n/format";
import { t, tn } from "../i18n/t";
import { cx } from "../look/cx";
import { Boundary } from "../look/Boundary";
import { Icon } from "../look/Icon";
import { abilitiesOf, hub, useHub } from "../sync/store";
import type { TimelineState } from "../sync/timeline";
import { loadOlder } from "../sync/timelines";
import { useMinute } from "../sync/ticker";
import { useAnchor } from "./anchor";
import { afterwards, blocksOf, chosen, type Block, type Work } from "./blocks";
import { BurstCard } from "./Burst";
import { MailCard } from "./Mail";
import { useJump } from "./jump";
import { Known } from "./Known";
import styles from "./Log.module.css";
import { NoteCard } from "./Note";
import { OutboxItems } from "./OutboxItems";
import { readEvent } from "./read";
import { RunLine } from "./Run";
import { useSpan, weightsOf } from "./span";
import { UnreadableCard } from "./Unreadable";
import { isAtNewest, newer, newest, older } from "./window";

interface LogProps {
  customer: string;
  state: TimelineState;
  showing: Showing;
}

const NEAR_START = 300;

export function Log({ customer, state, showing }: LogProps) {
  const showSystem = useSettings((settings) => settings.systemEvents);
  const channels = useHub((hubState) => hubState.channels);
  const readUpTo = useReadUpTo();
  const isWhole = showing === "all" || showing === "talk";
  const blocks = useMemo(() => {
    const work = (id: string | null | undefined): Work => abilitiesOf({ ...hub(), channels }, id).work;
    return blocksOf(chosen(state.events, showing, work), { work, readUpTo: isWhole ? readUpTo : null, showSystem: showSystem && showing === "all" });
  }, [state.events, channels, readUpTo, showSystem, showing, isWhole]);
  const after = useMemo(() => afterwards(state.events), [state.events]);
  const weights = useMemo(() => weightsOf(blocks), [blocks]);
  // The reader's place in a part of the timeline is another one.
  const place = showing === "all" ? customer : `${customer} ${showing}`;
  const [span, setSpan] = useSpan(place, blocks, weights);
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const scroll = useAnchor(box, content, place, blocks, span);
  const view = useHub((hubState) => hubState.timelines.get(customer));
  const { isAtEnd } = scroll;
  const atNewest = isAtNewest(span, blocks.length);
  const fresh = useFresh(state, isAtEnd && atNewest);
  useMarkRead(isAtEnd && atNewest && isWhole);

  const onScroll = useCallback(() => {
    scroll.remember();
    const element = box.current;
    if (!element) return;
    if (element.scrollTop < NEAR_START) {
      if (span.from > 0) setSpan(older(span, weights));
      else void loadOlder(customer);
    } else if (!atNewest && element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_START) {
      setSpan(newer(span, weights));
    }
  }, [scroll, span, setSpan, customer, atNewest, weights]);

  const toEnd = useCallback(() => {
    setSpan(newest(weights));
    scroll.toEnd();
  }, [setSpan, scroll, weights]);

  useJump(box, blocks, weights, state, customer, setSpan, scroll);
  useFollowOwn(customer, toEnd);
  useFocusWish("timeline", () => {
    box.current?.focus({ preventScroll: true });
    return box.current !== null;
  });

  const shown = blocks.slice(span.from, span.to);
  return (
    <div className={styles.holder}>
      {/* It scrolls, so the keyboard has to reach it; arrows walk through the cards. */}
      {/* eslint-disable jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={box}
        className={cx(styles.log, "scroll")}
        role="region"
        aria-label={t("Events")}
        tabIndex={0}
        data-arrows
        data-testid="log"
        onScroll={onScroll}
        onKeyDown={walk}
      >
        {/* eslint-enable */}
        <div ref={content} className={styles.content}>
          <Start customer={customer} isEarliest={span.from === 0 && state.before === null} />
          {view?.olderProblem && (
            <div className="erow" role="alert">
              <p>{view.olderProblem.message}</p>
              <div className="acts">
                <button className="btn sm" type="button" onClick={() => void loadOlder(customer)}>
                  {t("Retry")}
                </button>
              </div>
            </div>
          )}
          {state.events.length === 0 && <Known state={state} />}
          {showing !== "all" && <Part customer={customer} isEmpty={blocks.length === 0} hasOlder={state.before !== null} />}
          {shown.map((block) => (
            <Boundary key={block.key} instead={<p className="t3">{t("This entry can’t be shown.")}</p>}>
              <Shown block={block} state={state} after={after} />
            </Boundary>
          ))}
          {atNewest && <OutboxItems customer={customer} state={state} />}
          {atNewest && <Typing />}
        </div>
      </div>
      {!(isAtEnd && atNewest) && (
        <button className={cx("btn sm round raised", styles.pill)} type="button" onClick={toEnd}>
          <Icon name="arrdn" className="i14" />
          {fresh > 0 ? tn(fresh, "{n} new", "{n} new") : t("Newest")}
        </button>
      )}
    </div>
  );
}

interface ShownProps {
  block: Block;
  state: TimelineState;
  after: ReturnType<typeof afterwards>;
}

function Shown({ block, state, after }: ShownProps) {
  switch (block.kind) {
    case "day":
      return <Day at={block.at} />;
    case "unread":
      return <p className="newline">{t("New since {time}", { time: clock(block.since) })}</p>;
    case "mail":
      return <MailCard event={block.event} state={state} />;
    case "note":
      return <NoteCard event={block.event} />;
    case "unreadable":
      return <UnreadableCard event={block.event} />;
    case "burst":
      return <BurstCard block={block} state={state} after={after} />;
    case "run":
      return <RunLine events={block.events} state={state} />;
  }
}

function Day({ at }: { at: string }) {
  const now = useMinute();
  return <h2 className={cx("day", styles.day)}>{dayName(at, now)}</h2>;
}

function Start({ customer, isEarliest }: { customer: string; isEarliest: boolean }) {
  const isLoading = useHub((state) => state.timelines.get(customer)?.isLoadingOlder ?? false);
  if (isLoading) {
    return (
      <p className={styles.start} role="status">
        {t("Loading older events…")}
      </p>
    );
  }
  return isEarliest ? <p className="vh">{t("Beginning of the timeline")}</p> : null;
}

function Typing() {
  const id = useCurrent()?.interaction_id ?? "";
  const isTyping = useHub((state) => state.typing.has(id));
  if (!isTyping) return null;
  return (
    <p className={cx("sm t3", styles.typing)} role="status">
      {t("The customer is typing…")}
    </p>
  );
}

/** A part may be too short to scroll, so older events are asked for by a button. */
function Part({ customer, isEmpty, hasOlder }: { customer: string; isEmpty: boolean; hasOlder: boolean }) {
  return (
    <div className={styles.part} role="status">
      {isEmpty && <p className="t3">{hasOlder ? t("Nothing of this kind in the newest events") : t("Nothing of this kind")}</p>}
      {hasOlder && (
        <button className="btn sm" type="button" onClick={() => void loadOlder(customer)}>
          {t("Look in older events")}
        </button>
      )}
    </div>
  );
}

/** The line stands where it was when the conversation was opened. */
function useReadUpTo(): number | null {
  const id = useCurrent()?.interaction_id ?? null;
  const [at, setAt] = useState<{ id: string | null; at: number | null }>({ id: null, at: null });
  if (id !== null && at.id !== id) {
    const mark = hub().marks[id];
    setAt({ id, at: mark?.at ?? null });
  }
  return at.at;
}

function useMarkRead(isAtEnd: boolean): void {
  const one = useCurrent();
  useEffect(() => {
    if (one === null || !isAtEnd) return;
    const mark = (): void => {
      if (!document.hidden) markRead(one);
    };
    mark();
    document.addEventListener("visibilitychange", mark);
    return () => document.removeEventListener("visibilitychange", mark);
  }, [one, isAtEnd]);
}

/** What came since the reader left the end. */
function useFresh(state: TimelineState, isAtEnd: boolean): number {
  const [left, setLeft] = useState(() => state.position);
  useEffect(() => {
    if (isAtEnd) setLeft(state.position);
  }, [isAtEnd, state.position]);
  return useMemo(() => {
    if (isAtEnd) return 0;
    return state.events.filter((event) => {
      const { kind } = readEvent(event);
      return (event.position ?? 0) > left && (kind === "said" || kind === "note");
    }).length;
  }, [state.events, left, isAtEnd]);
}

/** What I send myself is shown. */
function useFollowOwn(customer: string, toEnd: () => void): void {
  const sent = useHub((state) => state.outbox.filter((one) => one.customer_id === customer).length);
  const before = useRef(sent);
  useEffect(() => {
    if (sent > before.current) toEnd();
    before.current = sent;
  }, [sent, toEnd]);
}

function walk(event: KeyboardEvent<HTMLDivElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
  if (step === undefined || (event.target instanceof HTMLElement && event.target.closest("button, a, input"))) return;
  const cards = [...event.currentTarget.querySelectorAll<HTMLElement>("article")];
  const now = cards.indexOf(document.activeElement?.closest("article") ?? document.createElement("i"));
  const from = now === -1 ? (step > 0 ? cards.length - 2 : cards.length) : now;
  const at = Math.max(0, Math.min(cards.length - 1, from + step));
  const card = cards[at];
  if (!card) return;
  event.preventDefault();
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
}

