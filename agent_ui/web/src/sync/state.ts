// The desk as the hub knows it, at one position. Pure: an old state and a patch give a new state, or say that some are
// missing. Rows carry a version that only rises, so the same news twice, or late news, changes nothing.

import type { AgentState, HubEvent, Offer, Patch, Row, Snapshot } from "../api/types";

export interface DeskState {
  position: number;
  rows: ReadonlyMap<string, Row>;
  offers: ReadonlyMap<string, Offer>;
  agents: ReadonlyMap<string, AgentState>;
  /** Versions at which interactions left the list, so that late news does not bring them back. */
  left: ReadonlyMap<string, number>;
  /** Offers that are over, newest last: their end is said on the card. */
  ended: readonly Offer[];
  /** The newest events, for a timeline whose page was read a moment too early. */
  recent: readonly HubEvent[];
}

export type Applied = { kind: "applied"; state: DeskState } | { kind: "old" } | { kind: "gap"; missing: number };

const RECENT = 500;
const ENDED = 20;
const OPEN_OFFER = new Set<Offer["state"]>(["made", "accepting"]);

export const isOpen = (row: Row): boolean => row.interaction.state !== "closed";
export const isOffered = (offer: Offer): boolean => OPEN_OFFER.has(offer.state);

export function emptyState(): DeskState {
  return { position: 0, rows: new Map(), offers: new Map(), agents: new Map(), left: new Map(), ended: [], recent: [] };
}

export function fromSnapshot(snapshot: Snapshot, before: DeskState = emptyState()): DeskState {
  return {
    position: snapshot.position,
    rows: new Map(snapshot.rows.filter(isOpen).map((row) => [row.interaction.interaction_id, row])),
    offers: new Map(snapshot.offers.filter(isOffered).map((offer) => [offer.offer_id, offer])),
    agents: new Map(snapshot.agents.map((agent) => [agent.agent_id, agent])),
    left: new Map(),
    ended: before.ended,
    recent: [],
  };
}

export function applyPatch(state: DeskState, patch: Patch): Applied {
  if (patch.after > state.position) return { kind: "gap", missing: patch.after - state.position };
  if (patch.position <= state.position) return { kind: "old" };
  const { rows, left } = withRows(state, patch.rows ?? []);
  const { offers, ended } = withOffers(state, patch.offers ?? []);
  return {
    kind: "applied",
    state: {
      position: patch.position,
      rows,
      left,
      offers,
      ended,
      agents: withAgents(state.agents, patch.agents ?? []),
      recent: patch.events?.length ? [...state.recent, ...patch.events].slice(-RECENT) : state.recent,
    },
  };
}

function withRows(state: DeskState, news: readonly Row[]): Pick<DeskState, "rows" | "left"> {
  if (news.length === 0) return state;
  const rows = new Map(state.rows);
  const left = new Map(state.left);
  for (const row of news) {
    const { interaction_id: id, version } = row.interaction;
    const known = rows.get(id)?.interaction.version ?? left.get(id) ?? 0;
    if (version < known) continue;
    if (isOpen(row)) {
      rows.set(id, row);
      left.delete(id);
    } else {
      rows.delete(id);
      left.set(id, version);
    }
  }
  return { rows, left };
}

function withOffers(state: DeskState, news: readonly Offer[]): Pick<DeskState, "offers" | "ended"> {
  if (news.length === 0) return state;
  const offers = new Map(state.offers);
  let ended = state.ended;
  for (const offer of news) {
    if (ended.some((other) => other.offer_id === offer.offer_id)) continue;
    if (isOffered(offer)) {
      if (offers.get(offer.offer_id)?.state !== "accepting") offers.set(offer.offer_id, offer);
    } else {
      offers.delete(offer.offer_id);
      ended = [...ended, offer].slice(-ENDED);
    }
  }
  return { offers, ended };
}

function withAgents(agents: DeskState["agents"], news: readonly AgentState[]): DeskState["agents"] {
  if (news.length === 0) return agents;
  const all = new Map(agents);
  for (const agent of news) {
    if (agent.version >= (all.get(agent.agent_id)?.version ?? 0)) all.set(agent.agent_id, agent);
  }
  return all;
}
