// What the wallboard counts, from the desk as the hub knows it. Pure: every number can be counted again by its rows.

import type { AgentState, Interaction, QueueState, Row } from "../api/types";

export interface Limits {
  amber: number;
  red: number;
}

export interface WaitNow {
  row: Row;
  since: number;
}

const WAITS = new Set<Interaction["state"]>(["queued", "offered", "accepting"]);

/** Everything that waits, longest first. */
export function waitingNow(rows: ReadonlyMap<string, Row>): WaitNow[] {
  const found: WaitNow[] = [];
  for (const row of rows.values()) {
    const { state, age_start, created_at } = row.interaction;
    if (WAITS.has(state)) found.push({ row, since: Date.parse(age_start ?? created_at) });
  }
  return found.sort((a, b) => a.since - b.since);
}

export interface QueueNow {
  queue: QueueState;
  waiting: number;
  longest: number | null;
  live: number;
  asleep: number;
  byWork: Record<string, number>;
  free: number;
}

export function queuesNow(
  queues: Iterable<QueueState>,
  rows: ReadonlyMap<string, Row>,
  agents: ReadonlyMap<string, AgentState>,
  work: (channel_id: string) => string,
): QueueNow[] {
  const all = new Map<string, QueueNow>();
  for (const queue of queues) {
    const free = [...agents.values()].filter((one) => (queue.members.includes(one.agent_id) || one.queues.includes(queue.queue_id)) && activity(one) === "free").length;
    all.set(queue.queue_id, { queue, waiting: 0, longest: null, live: 0, asleep: 0, byWork: {}, free });
  }
  for (const { interaction: one } of rows.values()) {
    const entry = all.get(one.queue_id ?? "");
    if (entry === undefined) continue;
    if (WAITS.has(one.state)) {
      const since = Date.parse(one.age_start ?? one.created_at);
      entry.waiting += 1;
      entry.longest = Math.min(entry.longest ?? since, since);
      const kind = work(one.channel_id);
      entry.byWork[kind] = (entry.byWork[kind] ?? 0) + 1;
    } else if (one.state === "live" || one.state === "wrap_up") entry.live += 1;
    else if (one.state === "snoozed") entry.asleep += 1;
  }
  return [...all.values()].sort((a, b) => (a.longest ?? Infinity) - (b.longest ?? Infinity) || a.queue.name.localeCompare(b.queue.name));
}

export type Activity = "free" | "busy" | "away" | "missed" | "offline" | "unreachable";

export function activity(agent: AgentState): Activity {
  if (agent.status === "offline") return "offline";
  if (agent.status === "missed") return "missed";
  if (!agent.reachable) return "unreachable";
  if (agent.status === "away") return "away";
  return agent.load > 0 ? "busy" : "free";
}

const HELP_FIRST: Record<Activity, number> = { missed: 0, unreachable: 1, busy: 2, free: 3, away: 4, offline: 5 };

/** Those who need help first. */
export const agentsNow = (agents: Iterable<AgentState>): AgentState[] =>
  [...agents]
    .filter((one) => one.active)
    .sort((a, b) => HELP_FIRST[activity(a)] - HELP_FIRST[activity(b)] || b.load - a.load || a.name.localeCompare(b.name));

/** A line of the last half hour: one reading per `every`. */
export class History {
  private readings: { at: number; value: number }[] = [];

  constructor(
    private readonly every = 10_000,
    private readonly span = 30 * 60_000,
  ) {}

  add(at: number, value: number): void {
    const last = this.readings.at(-1);
    if (last !== undefined && at - last.at < this.every) last.value = value;
    else this.readings.push({ at, value });
    while ((this.readings[0]?.at ?? at) < at - this.span) this.readings.shift();
  }

  /** Points in a box of 100 by 36, newest at the right edge. */
  points(): { x: number; y: number }[] {
    if (this.readings.length < 2) return [];
    const first = this.readings[0]?.at ?? 0;
    const last = this.readings.at(-1)?.at ?? 0;
    const most = 1.25 * Math.max(1, ...this.readings.map((one) => one.value));
    return this.readings.map((one) => ({ x: ((one.at - first) / Math.max(1, last - first)) * 98, y: 33 - (one.value / most) * 30 }));
  }
}
