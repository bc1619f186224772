// What was sent from this screen and is not on the timeline yet. Each entry has a client id, so sending again is safe;
// the event that carries the id takes its place. Pure; kept in local storage by the store.

import type { Attachment, HubEvent } from "../api/types";

export interface Pending {
  client_id: string;
  kind: "reply" | "note";
  customer_id: string;
  interaction_id: string | null;
  text: string;
  subject?: string;
  cc?: string[];
  mentions?: string[];
  attachments: Attachment[];
  last_seen: number;
  anyway: boolean;
  then: "keep" | "close";
  at: number;
  /** held: undo runs · waiting: to be sent · sending: on the wire · refused: in words, needs a person. */
  state: "held" | "waiting" | "sending" | "refused";
  /** Server time at which a held one goes. */
  until?: number;
  words?: string;
  /** The event that the hub made of it. */
  event_id?: string;
}

export type Outbox = readonly Pending[];

export const add = (outbox: Outbox, entry: Pending): Outbox =>
  outbox.some((one) => one.client_id === entry.client_id) ? outbox : [...outbox, entry];

export const remove = (outbox: Outbox, client_id: string): Outbox =>
  outbox.filter((one) => one.client_id !== client_id);

export const change = (outbox: Outbox, client_id: string, news: Partial<Pending>): Outbox =>
  outbox.map((one) => (one.client_id === client_id ? { ...one, ...news } : one));

/** Entries whose event has come are done. */
export function settle(outbox: Outbox, events: readonly HubEvent[]): Outbox {
  if (outbox.length === 0 || events.length === 0) return outbox;
  const clients = new Set(events.map((event) => event.data["client_id"]).filter((id) => typeof id === "string"));
  const ids = new Set(events.map((event) => event.event_id));
  const open = outbox.filter(
    (one) => !clients.has(one.client_id) && !(one.event_id !== undefined && ids.has(one.event_id)),
  );
  return open.length === outbox.length ? outbox : open;
}

/**
 * The next one to send: in order per conversation, so an older one that still waits goes first and a refused one holds
 * back nothing (a person decides about it).
 */
export function next(outbox: Outbox, now: number): Pending | null {
  const blocked = new Set<string>();
  for (const one of outbox) {
    const lane = `${one.kind}:${one.interaction_id ?? one.customer_id}`;
    if (blocked.has(lane)) continue;
    if (one.state === "waiting" || (one.state === "held" && (one.until ?? 0) <= now)) return one;
    if (one.state !== "refused" && one.event_id === undefined) blocked.add(lane);
  }
  return null;
}

/** After a reload: what was on the wire is sent again under the same client id; nobody can undo what was held. */
export const revive = (outbox: Outbox): Outbox =>
  outbox.map((one) => (one.state === "sending" || one.state === "held" ? { ...one, state: "waiting" as const } : one));
