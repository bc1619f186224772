// Which rows a tab shows and in what order. Pure.

import type { Offer, Row } from "../api/types";
import type { ListTab } from "../app/ui";

export interface OrderInput {
  rows: ReadonlyMap<string, Row>;
  offers: ReadonlyMap<string, Offer>;
  me: string;
  /** Queues I work in. */
  queues: ReadonlySet<string>;
  work: (channel_id: string) => string;
}

const WAITING = new Set(["created", "queued", "offered", "accepting"]);
const IN_HAND = new Set(["accepting", "live", "wrap_up"]);

export const isWaiting = (row: Row): boolean => WAITING.has(row.interaction.state);

function isIn(tab: ListTab, row: Row, input: OrderInput): boolean {
  const { state, agent_id, offered_to, queue_id } = row.interaction;
  const isMine = agent_id === input.me;
  switch (tab) {
    case "mine":
      return (isMine && IN_HAND.has(state)) || (offered_to === input.me && (state === "offered" || state === "accepting"));
    case "team":
      return WAITING.has(state) && queue_id !== null && input.queues.has(queue_id);
    case "snoozed":
      return state === "snoozed" && isMine;
    case "all":
      return state !== "closed";
  }
}

const time = (moment: string | null): number => (moment === null ? Number.POSITIVE_INFINITY : Date.parse(moment));

/** Rank, then a number: smaller is higher. */
function place(tab: ListTab, row: Row, input: OrderInput): [rank: number, at: number] {
  const one = row.interaction;
  if (one.offered_to === input.me && (one.state === "offered" || one.state === "accepting")) return [0, time(one.age_start)];
  if (tab === "snoozed") return [1, time(one.wake_at)];
  if (tab === "team") return [1, time(one.age_start ?? one.created_at)];
  if (one.waiting_since === null) return [4, -time(one.last_at)];
  const work = input.work(one.channel_id);
  if (one.state === "live" && work === "call") return [1, time(one.waiting_since)];
  if (one.state === "live" && work === "chat") return [2, time(one.waiting_since)];
  return [3, time(one.waiting_since)];
}

export function ordered(tab: ListTab, input: OrderInput): string[] {
  const found: { id: string; rank: number; at: number }[] = [];
  for (const [id, row] of input.rows) {
    if (!isIn(tab, row, input)) continue;
    const [rank, at] = place(tab, row, input);
    found.push({ id, rank, at });
  }
  found.sort((a, b) => a.rank - b.rank || a.at - b.at || (a.id < b.id ? -1 : 1));
  return found.map((one) => one.id);
}

export function counts(input: OrderInput): Record<ListTab, number> {
  const sum: Record<ListTab, number> = { mine: 0, team: 0, all: 0, snoozed: 0 };
  for (const row of input.rows.values()) {
    for (const tab of Object.keys(sum) as ListTab[]) if (isIn(tab, row, input)) sum[tab] += 1;
  }
  return sum;
}

/**
 * While pointer or focus is in the list nothing moves: what is shown stays in its place, even what has left, and what
 * arrived is only counted.
 */
export function frozen(shown: readonly string[], now: readonly string[]): { ids: readonly string[]; fresh: number } {
  const known = new Set(shown);
  const fresh = now.reduce((sum, id) => sum + (known.has(id) ? 0 : 1), 0);
  return { ids: shown, fresh };
}

/** The next one of mine that waits for us: longest wait first. */
export function nextWaiting(input: OrderInput, current: string | null): string | null {
  let best: Row["interaction"] | null = null;
  for (const { interaction } of input.rows.values()) {
    if (interaction.agent_id !== input.me || interaction.state !== "live") continue;
    if (interaction.waiting_since === null || interaction.interaction_id === current) continue;
    if (best === null || time(interaction.waiting_since) < time(best.waiting_since)) best = interaction;
  }
  return best?.interaction_id ?? null;
}
