// The hub's structs (hub/people.py, interactions.py, events.py, commands.py) as the wire shows them.
// What the HTTP interface gives comes from its OpenAPI document (api.d.ts, generated); the live frames stand here by hand.
// Datetimes are RFC 3339 text; a field left out has its default.

import type { components } from "./api";

type Schemas = components["schemas"];

export type Moment = string;
export type Role = "agent" | "supervisor" | "admin";
export type Presence = "offline" | "available" | "away" | "missed";
export type MissCause = "ignored" | "tab_asleep" | "no_microphone" | "socket_down" | "device_lost";
export type DeliveryStatus = "queued" | "sending" | "uncertain" | "sent" | "failed" | "delivered" | "read";
export type InteractionState =
  | "created"
  | "scheduled"
  | "queued"
  | "offered"
  | "accepting"
  | "live"
  | "snoozed"
  | "wrap_up"
  | "closed";
export type OfferState = "made" | "accepting" | "accepted" | "declined" | "timed_out" | "rescinded";
export type DraftKind = "reply" | "note";
export type Span = [start: number, end: number];

export type Address = Schemas["Address"];

export type Attachment = Schemas["Attachment"];

/** The envelope. `data` is the JSON of the event's own type; read it through `src/timeline/read.ts`. */
export interface HubEvent {
  event_id: string;
  position?: number;
  type: string;
  customer_id?: string | null;
  interaction_id?: string | null;
  channel_id?: string | null;
  external_id?: string | null;
  actor: string;
  occurred_at: Moment;
  recorded_at: Moment;
  shown_at: Moment;
  cause?: string | null;
  data: Record<string, unknown>;
}

export interface MessageData {
  text?: string;
  html?: string | null;
  subject?: string | null;
  attachments?: Attachment[];
  // received
  sender?: Address;
  name?: string | null;
  quoted?: Span[];
  signature?: Span | null;
  to?: string[] | Address;
  cc?: string[];
  automatic?: string | null;
  unverified?: boolean;
  page?: string | null;
  // queued
  client_id?: string | null;
  resend_of?: string | null;
}

export type AgentState = Schemas["AgentState"];

export type KnownAddress = Schemas["KnownAddress"];

export type Customer = Schemas["Customer"];

export type Delivery = Schemas["Delivery"];

export type Interaction = Schemas["Interaction"];

export type Offer = Omit<Schemas["Offer"], "why"> & { why: Record<string, unknown> };

export type Row = Schemas["Row"];

export type Draft = Schemas["Draft"];

export type BriefLine = Schemas["BriefLine"];

export type TimelinePage = Omit<Schemas["TimelinePage"], "events"> & { events: HubEvent[] };

export type QueueState = Schemas["QueueState"];

export interface Abilities {
  word: string;
  glyph: "chat" | "mail" | "sms" | "call" | "whatsapp" | "telegram" | "system";
  work: "call" | "chat" | "async" | "email";
  text_limit: number;
  text_unit: "characters" | "bytes" | "utf16";
  splits: boolean;
  subject: boolean;
  html: boolean;
  copies: boolean;
  media_types: string[];
  media_bytes: number;
  typing: boolean;
  undo_seconds: number;
}

export type ChannelState = Omit<Schemas["ChannelState"], "abilities"> & { abilities: Partial<Abilities> };

export type Snapshot = Omit<Schemas["Snapshot"], "offers"> & { offers: Offer[] };

export interface Patch {
  after: number;
  position: number;
  events?: HubEvent[];
  rows?: Row[];
  offers?: Offer[];
  agents?: AgentState[];
  deliveries?: Delivery[];
  customers?: Customer[];
}

export type Me = Schemas["Me"];

export type Weights = Partial<Record<Abilities["work"], number>>;

export type Boot = Omit<Schemas["Boot"], "snapshot" | "channels" | "weights"> & {
  snapshot: Snapshot;
  channels: ChannelState[];
  weights: Weights;
};

export type Result = Schemas["Result"];

export interface PresenceAgent {
  agent_id: string;
  name: string;
  doing: "reading" | "writing";
}

export type ServerFrame =
  | { t: "welcome"; position: number; server_time: Moment }
  | ({ t: "patch" } & Patch)
  | { t: "caught_up"; position: number }
  | { t: "resync"; reason?: string }
  | { t: "pong"; n: number; server_time: Moment; head: number }
  | { t: "presence"; customer_id: string; agents: PresenceAgent[] }
  | { t: "typing"; interaction_id: string; by: "customer"; on: boolean }
  | { t: "signed_out" };

export type ClientFrame =
  | { t: "hello"; after: number | null }
  | { t: "ping"; n: number }
  | { t: "view"; customer_id: string | null }
  | { t: "typing"; interaction_id: string; kind: DraftKind; on: boolean };
