// The events, newest at the end. It stays at the end only while the reader is there; otherwise nothing moves, whatever
// arrives above or below, and a pill counts what is new.

import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type RefObject } from "react";
import { useSettings } from "../app/settings";
import { useFocusWish } from "../app/focus";
import { useUi } from "../app/ui";
import { conversation, go, here, usePlace } from "../app/router";
import { useCurrent } from "../desk/current";
import { markRead } from "../desk/unread";
import { clock, dayName } from "../i18n/format";
import { t, tn } from "../i18n/t";
import { cx } from "../look/cx";
import { Icon } from "../look/Icon";
import { abilitiesOf, hub, useHub } from "../sync/store";
import type { TimelineState } from "../sync/timeline";
import { loadOlder } from "../sync/timelines";
import { useMinute } from "../sync/ticker";
import { afterwards, blockOf, blocksOf, eventsOf, type Block } from "./blocks";
import { BurstCard } from "./Burst";
import { MailCard } from "./Mail";
import { Known } from "./Known";
import styles from "./Log.module.css";
import { NoteCard } from "./Note";
import { OutboxItems } from "./OutboxItems";
import { readEvent } from "./read";
import { RunLine } from "./Run";
import { UnreadableCard } from "./Unreadable";
import { around, isAtNewest, moved, newer, newest, older, type Span, type Weights } from "./window";

interface LogProps {
  customer: string;
  state: TimelineState;
}

interface Kept {
  anchor: string | null;
  offset: number;
  isAtEnd: boolean;
}

/** Where each conversation was left. */
const places = new Map<string, Kept>();

const NEAR_END = 24;
const NEAR_START = 300;

export function Log({ customer, state }: LogProps) {
  const showSystem = useSettings((settings) => settings.systemEvents);
  const channels = useHub((hubState) => hubState.channels);
  const readUpTo = useReadUpTo();
  const blocks = useMemo(
    () =>
      blocksOf(state.events, {
        work: (id) => abilitiesOf({ ...hub(), channels }, id).work,
        readUpTo,
        showSystem,
      }),
    [state.events, channels, readUpTo, showSystem],
  );
  const after = useMemo(() => afterwards(state.events), [state.events]);
  const weights = useMemo(() => weightsOf(blocks), [blocks]);
  const [span, setSpan] = useSpan(customer, blocks, weights);
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const scroll = useAnchor(box, content, customer, blocks, span);
  const view = useHub((hubState) => hubState.timelines.get(customer));
  const { isAtEnd } = scroll;
  const atNewest = isAtNewest(span, blocks.length);
  const fresh = useFresh(state, isAtEnd && atNewest);
  useMarkRead(isAtEnd && atNewest);

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
          {shown.map((block) => (
            <Shown key={block.key} block={block} state={state} after={after} />
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

/** The window over the blocks, kept on the same ones when some come in front. */
const weightsOf = (blocks: readonly Block[]): Weights => blocks.map((block) => eventsOf(block).length);

/** Where the reader was, when the conversation was left in the past of it. */
function leftAt(customer: string, blocks: readonly Block[], weights: Weights): Span {
  const place = places.get(customer);
  const at = place === undefined || place.isAtEnd || place.anchor === null ? -1 : blockOf(blocks, place.anchor);
  return at < 0 ? newest(weights) : around(at, weights);
}

function useSpan(customer: string, blocks: readonly Block[], weights: Weights): [Span, (span: Span) => void] {
  const [kept, setKept] = useState(() => ({ span: leftAt(customer, blocks, weights), blocks }));
  if (kept.blocks !== blocks) {
    // The first drawn event names the place; a card may have grown at its front.
    const first = kept.blocks.slice(kept.span.from).flatMap(eventsOf)[0];
    const at = first === undefined ? -1 : blockOf(blocks, first.event_id);
    const oldAt = first === undefined ? 0 : blockOf(kept.blocks, first.event_id);
    const span = at < 0 ? newest(weights) : moved(kept.span, kept.blocks.length, at - oldAt, weights);
    setKept({ span, blocks });
  }
  const setSpan = useCallback((span: Span) => setKept((now) => ({ ...now, span })), []);
  return [kept.span, setSpan];
}

interface Anchor {
  isAtEnd: boolean;
  remember: () => void;
  toEnd: () => void;
  show: (element: HTMLElement) => void;
}

function useAnchor(
  box: RefObject<HTMLDivElement | null>,
  content: RefObject<HTMLDivElement | null>,
  customer: string,
  blocks: readonly Block[],
  span: Span,
): Anchor {
  const kept = useRef<Kept>(places.get(customer) ?? { anchor: null, offset: 0, isAtEnd: true });
  const [isAtEnd, setAtEnd] = useState(kept.current.isAtEnd);
  const isFirst = useRef(true);
  const sizes = useRef("");

  const hold = useCallback(() => {
    const element = box.current;
    if (!element) return;
    sizes.current = sizeOf(element);
    const { anchor, offset, isAtEnd: end } = kept.current;
    if (end) {
      element.scrollTop = element.scrollHeight;
      return;
    }
    const card = anchor === null ? null : element.querySelector<HTMLElement>(`[data-e="${CSS.escape(anchor)}"]`);
    if (card) element.scrollTop += topIn(element, card) - offset;
  }, [box]);

  const remember = useCallback(() => {
    const element = box.current;
    if (!element) return;
    // The browser moved it because something grew or went: that was nobody's wish.
    if (sizes.current !== sizeOf(element)) {
      hold();
      return;
    }
    const end = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END;
    const first = [...element.querySelectorAll<HTMLElement>("[data-e]")].find((card) => topIn(element, card) + card.offsetHeight > 0);
    kept.current = {
      anchor: first?.dataset["e"] ?? null,
      offset: first === undefined ? 0 : topIn(element, first),
      isAtEnd: end,
    };
    places.set(customer, kept.current);
    setAtEnd(end);
  }, [box, customer, hold]);

  // Before the picture is drawn: what was read stays where it was.
  useLayoutEffect(() => {
    if (isFirst.current) {
      isFirst.current = false;
      const line = places.has(customer) ? null : box.current?.querySelector<HTMLElement>(".newline");
      if (line && box.current) {
        sizes.current = sizeOf(box.current);
        box.current.scrollTop += topIn(box.current, line) - 16;
        remember();
        return;
      }
    }
    hold();
  }, [blocks, span, hold, remember, box, customer]);

  useEffect(() => {
    const observer = new ResizeObserver(hold);
    if (content.current) observer.observe(content.current);
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, [hold, box, content]);

  const toEnd = useCallback(() => {
    kept.current = { anchor: null, offset: 0, isAtEnd: true };
    setAtEnd(true);
    hold();
  }, [hold]);

  const show = useCallback(
    (card: HTMLElement) => {
      if (!box.current) return;
      sizes.current = sizeOf(box.current);
      box.current.scrollTop += topIn(box.current, card) - 48;
      remember();
    },
    [box, remember],
  );

  return useMemo(() => ({ isAtEnd, remember, toEnd, show }), [isAtEnd, remember, toEnd, show]);
}

const sizeOf = (box: HTMLElement): string => `${box.scrollHeight} ${box.clientHeight}`;
/** How far below the upper edge of what is seen. */
const topIn = (box: HTMLElement, card: HTMLElement): number => card.getBoundingClientRect().top - box.getBoundingClientRect().top;

const MOST_PAGES = 20;

/** A source of the brief, or a link to an event: find it, reading back as far as it takes. */
function useJump(
  box: RefObject<HTMLDivElement | null>,
  blocks: readonly Block[],
  weights: Weights,
  state: TimelineState,
  customer: string,
  setSpan: (span: Span) => void,
  scroll: Anchor,
): void {
  const asked = useUi((ui) => ui.jump);
  const { event: linked } = usePlace();
  const wanted = useRef<{ event: string; tries: number } | null>(linked === null ? null : { event: linked, tries: MOST_PAGES });
  const seen = useRef<number>(asked?.n ?? 0);
  useEffect(() => {
    if (asked !== null && asked.n !== seen.current) {
      seen.current = asked.n;
      wanted.current = { event: asked.event, tries: MOST_PAGES };
    }
    const goal = wanted.current;
    if (goal === null) return;
    const at = blockOf(blocks, goal.event);
    if (at < 0) {
      if (state.before === null || goal.tries === 0) wanted.current = null;
      else {
        goal.tries -= 1;
        void loadOlder(customer);
      }
      return;
    }
    const card = box.current?.querySelector<HTMLElement>(`[data-e="${CSS.escape(goal.event)}"]`);
    if (!card) {
      setSpan(around(at, weights));
      return;
    }
    wanted.current = null;
    // Found once: coming back later, the reader's own place counts.
    if (here().event !== null) go(conversation(customer, here().interaction), true);
    scroll.show(card);
    card.classList.add("found");
    setTimeout(() => card.classList.remove("found"), 2000);
  });
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

