// The hub's structs (hub/people.py, interactions.py, events.py, commands.py) as the wire shows them.
// What the HTTP interface gives comes from its OpenAPI document (api.d.ts, generated); the live frames stand here by hand.
// Datetimes are RFC 3339 text.

import type { components } from "./api";

type Schemas = components["schemas"];
/** The document's struct with some fields typed more closely. */
type With<T, Fields> = Omit<T, keyof Fields> & Fields;
/** Recorded things (hub/events.py) are written without the fields that have their default; all other structs come whole. */
type Sparse<T, Defaulted extends keyof T> = Omit<T, Defaulted> & Partial<Pick<T, Defaulted>>;

export type Moment = string;
export type Role = AgentState["roles"][number];
export type Presence = AgentState["status"];
export type MissCause = NonNullable<AgentState["cause"]>;
export type DeliveryStatus = Delivery["status"];
export type InteractionState = Interaction["state"];
export type OfferState = Offer["state"];
export type DraftKind = Draft["kind"];
export type Span = [start: number, end: number];

export type Address = Schemas["Address"];

export type Attachment = Sparse<Schemas["Attachment"], "content_id" | "inline">;

/** The envelope. `data` is the JSON of the event's own type; read it through `src/timeline/read.ts`. */
export type HubEvent = With<
  Sparse<Schemas["Event"], "cause" | "channel_id" | "customer_id" | "external_id" | "interaction_id" | "position" | "v">,
  { data: Record<string, unknown> }
>;

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

export type Offer = With<Schemas["Offer"], { why: Record<string, unknown> }>;

export type Row = Schemas["Row"];

export type Draft = With<Schemas["Draft"], { attachments: Attachment[] }>;

export type BriefLine = Schemas["BriefLine"];

export type TimelinePage = With<Schemas["TimelinePage"], { events: HubEvent[]; drafts: Draft[] }>;

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

export type ChannelState = With<Schemas["ChannelState"], { abilities: Partial<Abilities> }>;

export type Snapshot = With<Schemas["Snapshot"], { offers: Offer[] }>;

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

export type Boot = With<
  Schemas["Boot"],
  { snapshot: Snapshot; channels: ChannelState[]; drafts: Draft[]; weights: Weights }
>;

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
