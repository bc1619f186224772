// How full my hands are, split by item, and what counts how much and why.

import { Popover } from "@mantine/core";
import type { Row } from "../api/types";
import { setUi, useUi } from "../app/ui";
import { setState, cancelNext } from "../desk/commands";
import { customerName } from "../desk/names";
import { isOffered } from "../sync/state";
import { abilitiesOf, hub, myId, useHub, type HubState } from "../sync/store";
import { t } from "../i18n/t";
import { ChannelIcon } from "../look/parts";
import styles from "./AppBar.module.css";

export interface Share {
  id: string;
  name: string;
  weight: number;
  state: "counts" | "held" | "free";
  channel_id: string;
}

const COUNTS = new Set(["accepting", "live", "wrap_up"]);

/** Mine, with what each takes: as the hub counts it. */
export function sharesOf(state: HubState): Share[] {
  const me = myId(state);
  const held = new Map([...state.desk.offers.values()].filter((one) => one.agent_id === me && isOffered(one)).map((one) => [one.interaction_id, one]));
  const shares: Share[] = [];
  for (const [id, row] of state.desk.rows) {
    const offer = held.get(id);
    const isMine = row.interaction.agent_id === me;
    if (!isMine && offer === undefined) continue;
    const weight = offer?.weight ?? weightOf(state, row);
    const kind = offer !== undefined ? "held" : COUNTS.has(row.interaction.state) ? "counts" : "free";
    shares.push({ id, name: customerName(row.customer_name, row.interaction.customer_id, row.interaction.address), weight, state: kind, channel_id: row.interaction.channel_id });
  }
  const rank = { counts: 0, held: 1, free: 2 };
  return shares.sort((a, b) => rank[a.state] - rank[b.state] || b.weight - a.weight);
}

const weightOf = (state: HubState, row: Row): number => state.weights[abilitiesOf(state, row.interaction.channel_id).work] ?? 1;

export function Capacity() {
  const agent = useHub((state) => state.me?.agent ?? null);
  useHub((state) => state.desk.rows);
  useHub((state) => state.desk.offers);
  const isOpen = useUi((state) => state.menu === "capacity");
  if (agent === null) return null;
  const shares = sharesOf(hub());
  const used = shares.filter((one) => one.state !== "free");
  const held = used.filter((one) => one.state === "held").reduce((sum, one) => sum + one.weight, 0);
  const load = used.reduce((sum, one) => sum + one.weight, 0);
  return (
    <Popover opened={isOpen} onChange={(open) => setUi({ menu: open ? "capacity" : null })} position="bottom-end" offset={4} trapFocus returnFocus withinPortal={false} shadow="md" classNames={{ dropdown: "menu" }} transitionProps={{ duration: 100 }}>
      <Popover.Target>
        <button
          className={`bar-it ${styles.wide}`}
          type="button"
          aria-expanded={isOpen}
          aria-haspopup="dialog"
          onClick={() => setUi({ menu: isOpen ? null : "capacity" })}
        >
          <span className="t3">{t("Capacity")}</span>
          <Units shares={used} capacity={agent.capacity} />
          <span className="med">
            {load}/{agent.capacity}
          </span>
          {held > 0 && <span className="vh">{t(", {n} held by an open offer", { n: held })}</span>}
        </button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t("Capacity")}>
        <div className={styles.pop}>
          <h2>
            {t("Capacity")}
            <span>
              {load}/{agent.capacity}
            </span>
          </h2>
          <p>{load >= agent.capacity ? t("Full: no new offers") : t("{n} units free", { n: agent.capacity - load })}</p>
          <ul>
            {shares.map((one) => (
              <li key={one.id} className={styles.item}>
                <ChannelIcon glyph={abilitiesOf(hub(), one.channel_id).glyph} />
                <span className="clip">
                  <bdi>{one.name}</bdi>
                </span>
                <span className="t3 xs">{REASON[one.state]()}</span>
                <span className="med">{one.state === "free" ? 0 : one.weight}</span>
              </li>
            ))}
          </ul>
          <Finish />
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

const REASON: Record<Share["state"], () => string> = {
  counts: () => t("counts: in hand"),
  held: () => t("held by an offer"),
  free: () => t("asleep: does not count"),
};

function Finish() {
  const agent = useHub((state) => state.me?.agent ?? null);
  if (agent === null || agent.status !== "available") return null;
  return (
    <button
      className="btn sm"
      type="button"
      onClick={() => {
        setUi({ menu: null });
        void (agent.next === null ? setState("away", "break") : cancelNext());
      }}
    >
      {agent.next === null ? t("Finish and pause") : t("Go on taking offers")}
    </button>
  );
}

const MOST = 20;

export function Units({ shares, capacity }: { shares: readonly Share[]; capacity: number }) {
  if (capacity > MOST) return null;
  const used = shares.reduce((sum, one) => sum + one.weight, 0);
  // More than that says nothing that the number beside it does not say.
  const drawn = shares.slice(0, MOST).filter((_, at) => shares.slice(0, at).reduce((sum, one) => sum + one.weight, 0) < capacity);
  return (
    <span className="cap" aria-hidden="true">
      {drawn.map((one) => (
        <i key={one.id} className={one.state === "held" ? "held" : undefined}>
          {units(one.weight)}
        </i>
      ))}
      {used < capacity && <i className="free">{units(capacity - used)}</i>}
    </span>
  );
}

const units = (n: number) => Array.from({ length: Math.min(n, MOST) }, (_, at) => <b key={at} />);
