// One person's timeline: pages and live events merged in place by (shown_at, position), each event once. Pure.

import type {
  BriefLine,
  Customer,
  Delivery,
  DeliveryStatus,
  Draft,
  HubEvent,
  Interaction,
  Patch,
  TimelinePage,
} from "../api/types";

export interface TimelineState {
  /** The customer it was opened by. */
  key: string;
  customer: Customer;
  /** All records of the person. */
  members: ReadonlySet<string>;
  events: readonly HubEvent[];
  deliveries: ReadonlyMap<string, Delivery>;
  interactions: ReadonlyMap<string, Interaction>;
  brief: readonly BriefLine[];
  drafts: readonly Draft[];
  /** Cursor of the next older page; null at the beginning. */
  before: string | null;
  position: number;
}

const RANK: Record<DeliveryStatus, number> = {
  queued: 10,
  sending: 20,
  uncertain: 25,
  sent: 30,
  failed: 40,
  delivered: 50,
  read: 60,
};

export const eventPosition = (event: HubEvent): number => event.position ?? 0;

function order(a: HubEvent, b: HubEvent): number {
  return Date.parse(a.shown_at) - Date.parse(b.shown_at) || eventPosition(a) - eventPosition(b);
}

export function mergeEvents(old: readonly HubEvent[], news: readonly HubEvent[]): readonly HubEvent[] {
  const known = new Set(old.map((event) => event.event_id));
  const fresh = new Map<string, HubEvent>();
  for (const event of news) if (!known.has(event.event_id)) fresh.set(event.event_id, event);
  if (fresh.size === 0) return old;
  const added = [...fresh.values()].sort(order);
  const last = old.at(-1);
  const first = added[0];
  // The common case, without sorting it all again.
  if (last === undefined || (first !== undefined && order(last, first) <= 0)) return [...old, ...added];
  return [...old, ...added].sort(order);
}

export function mergeDeliveries(
  old: ReadonlyMap<string, Delivery>,
  news: readonly Delivery[],
): ReadonlyMap<string, Delivery> {
  const useful = news.filter((delivery) => {
    const known = old.get(delivery.event_id);
    if (known === undefined) return true;
    return RANK[delivery.status] > RANK[known.status] || (delivery.status === known.status && delivery.attempt >= known.attempt);
  });
  if (useful.length === 0) return old;
  return new Map([...old, ...useful.map((delivery) => [delivery.event_id, delivery] as const)]);
}

export function mergeInteractions(
  old: ReadonlyMap<string, Interaction>,
  news: readonly Interaction[],
): ReadonlyMap<string, Interaction> {
  const useful = news.filter((one) => one.version >= (old.get(one.interaction_id)?.version ?? 0));
  if (useful.length === 0) return old;
  return new Map([...old, ...useful.map((one) => [one.interaction_id, one] as const)]);
}

function membersOf(page: TimelinePage, key: string): Set<string> {
  const members = new Set([key, page.customer.customer_id, page.customer.person_id]);
  for (const event of page.events) if (event.customer_id) members.add(event.customer_id);
  for (const one of page.interactions) members.add(one.customer_id);
  return members;
}

export function fromPage(key: string, page: TimelinePage, recent: readonly HubEvent[]): TimelineState {
  const members = membersOf(page, key);
  const late = recent.filter((event) => eventPosition(event) > page.position && belongs(members, event));
  return {
    key,
    customer: page.customer,
    members,
    events: mergeEvents(mergeEvents([], page.events), late),
    deliveries: new Map(page.deliveries.map((one) => [one.event_id, one])),
    interactions: new Map(page.interactions.map((one) => [one.interaction_id, one])),
    brief: page.brief,
    drafts: page.drafts,
    before: page.before,
    position: page.position,
  };
}

/** An older page in front. */
export function withOlder(timeline: TimelineState, page: TimelinePage): TimelineState {
  return {
    ...timeline,
    events: mergeEvents(timeline.events, page.events),
    deliveries: new Map([...page.deliveries.map((one) => [one.event_id, one] as const), ...timeline.deliveries]),
    before: page.before,
  };
}

/**
 * The newest page again: after a resync, or to get the brief anew. Where it does not touch what is shown, what lies
 * between is missing, so older events are dropped and come back on scrolling up.
 */
export function withNewest(timeline: TimelineState, page: TimelinePage): TimelineState {
  const known = new Set(timeline.events.map((event) => event.event_id));
  const touches = page.before === null || page.events.some((event) => known.has(event.event_id));
  if (!touches) return fromPage(timeline.key, page, []);
  return {
    ...timeline,
    customer: page.customer.version >= timeline.customer.version ? page.customer : timeline.customer,
    members: new Set([...timeline.members, ...membersOf(page, timeline.key)]),
    events: mergeEvents(timeline.events, page.events),
    deliveries: mergeDeliveries(timeline.deliveries, page.deliveries),
    interactions: mergeInteractions(timeline.interactions, page.interactions),
    brief: page.brief,
    drafts: page.drafts,
    position: Math.max(timeline.position, page.position),
  };
}

const belongs = (members: ReadonlySet<string>, event: HubEvent): boolean =>
  typeof event.customer_id === "string" && members.has(event.customer_id);

/** Live news. The same object comes back when nothing of it concerns this person. */
export function patchTimeline(timeline: TimelineState, patch: Patch): TimelineState {
  const rows = (patch.rows ?? []).filter((row) => timeline.members.has(row.interaction.customer_id));
  const mine = (patch.events ?? []).filter((event) => belongs(timeline.members, event));
  const events = mergeEvents(timeline.events, mine);
  const shown = new Set(events.map((event) => event.event_id));
  const deliveries = mergeDeliveries(
    timeline.deliveries,
    (patch.deliveries ?? []).filter((one) => shown.has(one.event_id)),
  );
  const interactions = mergeInteractions(timeline.interactions, rows.map((row) => row.interaction));
  const customer = (patch.customers ?? []).find(
    (one) => one.customer_id === timeline.customer.customer_id && one.version >= timeline.customer.version,
  );
  if (
    events === timeline.events &&
    deliveries === timeline.deliveries &&
    interactions === timeline.interactions &&
    customer === undefined
  ) {
    return timeline;
  }
  return {
    ...timeline,
    events,
    deliveries,
    interactions,
    customer: customer ?? timeline.customer,
    position: Math.max(timeline.position, patch.position),
  };
}

/** Records were joined or parted: only the hub knows the person now. */
export function asksForReload(timeline: TimelineState, patch: Patch): boolean {
  return (patch.events ?? []).some(
    (event) => event.type.startsWith("customers.") && belongs(timeline.members, event),
  );
}
