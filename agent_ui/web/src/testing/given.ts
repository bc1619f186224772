// Builders for tests: whole objects with sensible defaults, so that a case names only what it is about.

import type { AgentState, ChannelState, Customer, HubEvent, Interaction, Offer, Row, Snapshot, TimelinePage } from "../api/types";
import type { Pending } from "../sync/outbox";

export const START = Date.parse("2026-11-25T09:00:00Z");
export const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();

export function interaction(news: Partial<Interaction> = {}): Interaction {
  return {
    interaction_id: "i1",
    customer_id: "c1",
    channel_id: "chat",
    address: { kind: "visitor", value: "v1" },
    state: "live",
    queue_id: "support",
    agent_id: "me",
    offer_id: null,
    offered_to: null,
    preferred: null,
    excluded: [],
    missed: [],
    left_queue_at: null,
    last_external_id: null,
    priority: "normal",
    outcome: "",
    reason: "",
    subject: "",
    preview: "",
    preview_by: "customer",
    created_at: at(0),
    age_start: at(0),
    waiting_since: null,
    wake_at: null,
    closed_at: null,
    last_at: at(0),
    unanswered: 0,
    messages: 1,
    version: 1,
    ...news,
  };
}

export const row = (news: Partial<Interaction> = {}, customer_name = "Ana Lima"): Row => {
  const one = interaction(news);
  return { interaction: one, customer_name, person_id: one.customer_id };
};

export const rows = (...all: Row[]): ReadonlyMap<string, Row> => new Map(all.map((one) => [one.interaction.interaction_id, one]));

export function offer(news: Partial<Offer> = {}): Offer {
  return {
    offer_id: "o1",
    interaction_id: "i1",
    agent_id: "me",
    queue_id: "support",
    state: "made",
    weight: 3,
    made_at: at(0),
    deadline: at(30),
    ended_at: null,
    cause: "",
    why: {},
    ...news,
  };
}

export function agent(news: Partial<AgentState> = {}): AgentState {
  return {
    agent_id: "me",
    name: "Joana Reis",
    email: "joana@shop.example",
    roles: ["agent"],
    active: true,
    status: "available",
    reason: "",
    next: null,
    next_reason: "",
    reachable: true,
    cause: null,
    since: at(0),
    available_since: at(0),
    capacity: 10,
    load: 0,
    queues: ["support"],
    version: 1,
    ...news,
  };
}

export const snapshot = (news: Partial<Snapshot> = {}): Snapshot => ({ position: 10, rows: [], offers: [], agents: [], ...news });

let count = 0;

export function event(type: string, data: Record<string, unknown> = {}, news: Partial<HubEvent> & { after?: number } = {}): HubEvent {
  const { after = ++count, ...rest } = news;
  return {
    event_id: `e${++count}`,
    position: count,
    type,
    customer_id: "c1",
    interaction_id: "i1",
    channel_id: "chat",
    actor: "customer",
    occurred_at: at(after),
    recorded_at: at(after),
    shown_at: at(after),
    data,
    ...rest,
  };
}

export const said = (text: string, news: Partial<HubEvent> & { after?: number } = {}): HubEvent =>
  event("message.received", { text, sender: { kind: "visitor", value: "v1" } }, news);

export const answered = (text: string, news: Partial<HubEvent> & { after?: number } = {}): HubEvent =>
  event("message.queued", { text, to: { kind: "visitor", value: "v1" }, outbox_id: "x" }, { actor: "me", ...news });

export const customer = (news: Partial<Customer> = {}): Customer => ({
  customer_id: "c1",
  person_id: "c1",
  name: "Ana Lima",
  fields: {},
  addresses: [],
  version: 1,
  ...news,
});

export const page = (news: Partial<TimelinePage> = {}): TimelinePage => ({
  customer: customer(),
  events: [],
  deliveries: [],
  interactions: [],
  brief: [],
  drafts: [],
  before: null,
  position: 10,
  ...news,
});

export const pending = (news: Partial<Pending> = {}): Pending => ({
  client_id: "k1",
  kind: "reply",
  customer_id: "c1",
  interaction_id: "i1",
  text: "Hello",
  attachments: [],
  last_seen: 1,
  anyway: false,
  then: "keep",
  at: START,
  state: "waiting",
  ...news,
});

export const channel = (news: Partial<ChannelState> = {}): ChannelState => ({
  channel_id: "chat",
  kind: "webchat",
  name: "Web chat",
  abilities: { word: "Chat", work: "chat" },
  state: "connected",
  words: "",
  last_in: null,
  last_out: null,
  unreadable: 0,
  waiting_out: 0,
  uncertain: 0,
  ...news,
});
