// The desk: my conversations and those that wait, in an order that never moves under the pointer.

import { useEffect, useLayoutEffect, useMemo, useRef, useState, type FocusEvent, type RefObject } from "react";
import type { Row } from "../api/types";
import { useSettings } from "../app/settings";
import { useFocusWish } from "../app/focus";
import { setUi, useUi, type ListTab } from "../app/ui";
import { t, tn } from "../i18n/t";
import { cx } from "../look/cx";
import { useDrawer } from "../look/drawer";
import { Icon } from "../look/Icon";
import { Empty, Keys, Skeleton } from "../look/parts";
import { start } from "../sync/session";
import { abilitiesOf, hub, myId, myQueues, useHub } from "../sync/store";
import { takeNext } from "./commands";
import { useCurrent } from "./current";
import styles from "./List.module.css";
import { counts, frozen, ordered } from "./order";
import { RowLink } from "./RowLink";

const TABS: readonly ListTab[] = ["mine", "team", "all", "snoozed"];
const tabWords: Record<ListTab, () => string> = {
  mine: () => t("Mine"),
  team: () => t("Team"),
  all: () => t("All"),
  snoozed: () => t("Snoozed"),
};

function useOrder(tab: ListTab): { ids: string[]; sums: Record<ListTab, number> } {
  const rows = useHub((state) => state.desk.rows);
  const offers = useHub((state) => state.desk.offers);
  const me = useHub(myId);
  const queues = useHub((state) => state.queues);
  const channels = useHub((state) => state.channels);
  return useMemo(() => {
    const input = { rows, offers, me, queues: myQueues({ ...hub(), queues }), work: (id: string) => abilitiesOf({ ...hub(), channels }, id).work };
    return { ids: ordered(tab, input), sums: counts(input) };
  }, [tab, rows, offers, me, queues, channels]);
}

/** Shown ids stay as they are while `isHeld`; the rows they had are remembered, so that nothing vanishes. */
function useFrozen(ids: string[], isHeld: boolean, tab: string): { shown: readonly string[]; fresh: number; release: () => void } {
  const [kept, setKept] = useState<{ tab: string; ids: readonly string[] } | null>(null);
  const last = useRef<readonly string[]>(ids);
  useEffect(() => {
    setKept(isHeld ? { tab, ids: last.current } : null);
  }, [isHeld, tab]);
  const isFrozen = isHeld && kept?.tab === tab;
  const { ids: shown, fresh } = isFrozen ? frozen(kept.ids, ids) : { ids, fresh: 0 };
  useLayoutEffect(() => {
    last.current = shown;
  });
  return { shown, fresh, release: () => setKept({ tab, ids }) };
}

export function List() {
  const tab = useUi((state) => state.tab);
  const filter = useUi((state) => state.filter);
  const density = useSettings((settings) => settings.density);
  const phase = useHub((state) => state.phase);
  const problem = useHub((state) => state.problem);
  const isStale = useHub((state) => state.link.word === "reconnecting" || state.link.word === "offline" || state.link.word === "gave_up");
  const hasData = useHub((state) => state.me !== null);
  const [isOver, setOver] = useState(false);
  const [isFocused, setFocused] = useState(false);
  const { ids, sums } = useOrder(tab);
  const { shown, fresh, release } = useFrozen(ids, isOver || isFocused, tab);
  const found = useFilter(shown, filter);
  const isDrawer = useUi((state) => state.list);
  const box = useRef<HTMLElement>(null);
  useDrawer(isDrawer, box, () => setUi({ list: false }));

  useEffect(() => setUi({ shown: found }), [found]);

  const leave = (event: FocusEvent): void => {
    if (!event.currentTarget.contains(event.relatedTarget)) setFocused(false);
  };

  return (
    <nav ref={box} className={styles.desk} id="desk" aria-label={t("Desk")} tabIndex={-1}>
      <div className={styles.tabs}>
        {TABS.map((name) => (
          <button key={name} type="button" {...(name === tab ? { "aria-current": "page" as const } : {})} onClick={() => setUi({ tab: name })}>
            {tabWords[name]()}
            {name !== "all" && hasData && <span className={styles.n}>{sums[name]}</span>}
          </button>
        ))}
        <span className="grow" />
        <button
          className="ib"
          type="button"
          aria-label={t("Search in this list")}
          aria-pressed={filter !== null}
          onClick={() => setUi({ filter: filter === null ? "" : null })}
        >
          <Icon name="filter" />
        </button>
      </div>
      {filter !== null && <Filter value={filter} />}
      <div className={styles.fresh} role="status">
        {fresh > 0 && (
          <button className="btn sm round" type="button" onClick={release}>
            <Icon name="arrup" className="i14" />
            {tn(fresh, "{n} new", "{n} new")}
          </button>
        )}
      </div>
      <div
        role="presentation"
        className={cx(styles.rows, "scroll", isStale && styles.stale)}
        data-density={density}
        onPointerEnter={() => setOver(true)}
        onPointerLeave={() => setOver(false)}
        onFocus={() => setFocused(true)}
        onBlur={leave}
      >
        {!hasData ? (
          <Skeletons />
        ) : found.length === 0 ? (
          <Nothing tab={tab} team={sums.team} filter={filter} />
        ) : (
          <Rows ids={found} height={density === "compact" ? 52 : 72} />
        )}
        {phase === "failed" && problem !== null && (
          <div className="erow" role="alert">
            <p className="st bad">
              <Icon name="alert" />
              {t("Couldn’t load the list")}
            </p>
            <p className="t2">{problem.message}</p>
            <div className="acts">
              <button className="btn sm" type="button" onClick={() => void start()}>
                {t("Retry")}
              </button>
              {problem.id && (
                <button className="btn sm bare" type="button" onClick={() => void navigator.clipboard?.writeText(problem.id)}>
                  <Icon name="copy" className="i14" />
                  {t("Copy id {id}", { id: problem.id.slice(0, 8) })}
                </button>
              )}
            </div>
          </div>
        )}
      </div>
    </nav>
  );
}

function useFilter(ids: readonly string[], filter: string | null): readonly string[] {
  const rows = useHub((state) => state.desk.rows);
  return useMemo(() => {
    const words = (filter ?? "").trim().toLowerCase();
    if (words === "") return ids;
    return ids.filter((id) => {
      const row = rows.get(id);
      if (row === undefined) return false;
      const { subject, preview, address } = row.interaction;
      return [row.customer_name, subject, preview, address.value].some((text) => text.toLowerCase().includes(words));
    });
  }, [ids, filter, rows]);
}

function Filter({ value }: { value: string }) {
  const field = useRef<HTMLInputElement>(null);
  useFocusWish("filter", () => {
    field.current?.focus();
    return field.current !== null;
  });
  return (
    <div className={styles.filter}>
      <input
        ref={field}
        className="input"
        type="search"
        aria-label={t("Search in this list")}
        placeholder={t("Name, subject, words")}
        value={value}
        onChange={(event) => setUi({ filter: event.target.value })}
      />
    </div>
  );
}

const VIRTUAL_FROM = 50;
const MARGIN = 6;
const GAP = 2;

/** Rows have one height, so only those in view are drawn and nothing is ever measured. */
function Rows({ ids, height }: { ids: readonly string[]; height: number }) {
  const list = useRef<HTMLUListElement>(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  const isVirtual = ids.length >= VIRTUAL_FROM;
  const stepSize = height + GAP;

  useEffect(() => {
    const box = list.current?.parentElement;
    if (!isVirtual || !box) return;
    const look = (): void => setView({ top: box.scrollTop, height: box.clientHeight });
    look();
    box.addEventListener("scroll", look, { passive: true });
    const sizes = new ResizeObserver(look);
    sizes.observe(box);
    return () => {
      box.removeEventListener("scroll", look);
      sizes.disconnect();
    };
  }, [isVirtual]);

  const from = isVirtual ? Math.max(0, Math.floor(view.top / stepSize) - MARGIN) : 0;
  const to = isVirtual ? Math.min(ids.length, Math.ceil((view.top + view.height) / stepSize) + MARGIN) : ids.length;
  const current = useCurrent()?.interaction_id ?? null;
  useFocusList(list, ids, stepSize, current);
  return (
    <ul
      ref={list}
      className={styles.list}
      style={isVirtual ? { blockSize: ids.length * stepSize - GAP, paddingBlockStart: from * stepSize } : undefined}
    >
      {ids.slice(from, to).map((id, at) => (
        <RowItem key={id} id={id} isCurrent={id === current} setSize={ids.length} place={from + at + 1} />
      ))}
    </ul>
  );
}

/** The selected row is brought into view, and takes the focus where a person asked for it. */
function useFocusList(list: RefObject<HTMLUListElement | null>, ids: readonly string[], stepSize: number, current: string | null): void {
  useEffect(() => {
    const box = list.current?.parentElement;
    const at = current === null ? -1 : ids.indexOf(current);
    if (!box || at < 0) return;
    const top = at * stepSize;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + stepSize > box.scrollTop + box.clientHeight) box.scrollTop = top + stepSize - box.clientHeight;
    // Only a change of the selection scrolls, never an arriving row.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [current]);
  useFocusWish("list", () => {
    const row = list.current?.querySelector<HTMLElement>("a[aria-current]") ?? list.current?.querySelector<HTMLElement>("a");
    row?.focus();
    return row !== null && row !== undefined;
  });
}

interface ItemProps {
  id: string;
  isCurrent: boolean;
  setSize: number;
  place: number;
}

function RowItem({ id, isCurrent, setSize, place }: ItemProps) {
  const row = useHub((state) => state.desk.rows.get(id));
  const [last, setLast] = useState<Row | undefined>(row);
  if (row !== undefined && row !== last) setLast(row);
  const shown = row ?? last;
  if (shown === undefined) return null;
  return (
    <li aria-setsize={setSize} aria-posinset={place}>
      <RowLink row={shown} isGone={row === undefined} isCurrent={isCurrent} />
    </li>
  );
}

const SKELETONS = [
  ["62%", "88%", "40%"],
  ["48%", "76%", "56%"],
  ["70%", "92%", "34%"],
  ["54%", "64%", "48%"],
] as const;

function Skeletons() {
  return (
    <div aria-busy="true">
      <p className="vh" role="status">
        {t("Loading")}
      </p>
      {SKELETONS.map((widths) => (
        <div key={widths[0]} className={styles.skrow}>
          <Skeleton width="32px" height="32px" round />
          <span>
            {widths.map((width) => (
              <Skeleton key={width} width={width} />
            ))}
          </span>
        </div>
      ))}
    </div>
  );
}

function Nothing({ tab, team, filter }: { tab: ListTab; team: number; filter: string | null }) {
  if (filter) return <Empty icon="search" title={t("Nothing found")} />;
  if (tab === "team") return <Empty icon="inbox" title={t("Nobody waits in your queues")} />;
  if (tab === "snoozed") return <Empty icon="moon" title={t("Nothing sleeps")} />;
  if (tab === "all") return <Empty icon="inbox" title={t("No open conversation")} />;
  return (
    <Empty icon="inbox" title={t("Nothing waits for you")}>
      <p>{team === 0 ? t("Your team queues are empty") : tn(team, "{n} in your team queues", "{n} in your team queues")}</p>
      {team > 0 && (
        <button className="btn" type="button" onClick={() => void takeNext()}>
          {t("Take next")} <Keys of="w" />
        </button>
      )}
    </Empty>
  );
}

