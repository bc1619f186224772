// The hub's structs (hub/people.py, interactions.py, events.py, commands.py) as the wire shows them.
// Datetimes are RFC 3339 text; a field left out has its default.

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

export interface Address {
  kind: string;
  value: string;
}

export interface Attachment {
  media_id: string;
  name: string;
  type: string;
  size: number;
  inline?: boolean;
  content_id?: string | null;
}

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

export interface AgentState {
  agent_id: string;
  name: string;
  email: string;
  roles: Role[];
  active: boolean;
  status: Presence;
  reason: string;
  next: string | null;
  next_reason: string;
  reachable: boolean;
  cause: MissCause | null;
  since: Moment | null;
  available_since: Moment | null;
  capacity: number;
  load: number;
  queues: string[];
  version: number;
}

export interface KnownAddress extends Address {
  verified: string | null;
}

export interface Customer {
  customer_id: string;
  person_id: string;
  name: string;
  fields: Record<string, string>;
  addresses: KnownAddress[];
  version: number;
}

export interface Delivery {
  event_id: string;
  status: DeliveryStatus;
  words: string;
  at: Moment | null;
  retry_at: Moment | null;
  attempt: number;
}

export interface Interaction {
  interaction_id: string;
  customer_id: string;
  channel_id: string;
  address: Address;
  state: InteractionState;
  queue_id: string | null;
  agent_id: string | null;
  offer_id: string | null;
  offered_to: string | null;
  priority: string;
  outcome: string;
  reason: string;
  subject: string;
  preview: string;
  preview_by: string;
  created_at: Moment;
  age_start: Moment | null;
  waiting_since: Moment | null;
  wake_at: Moment | null;
  closed_at: Moment | null;
  last_at: Moment;
  unanswered: number;
  messages: number;
  version: number;
}

export interface Offer {
  offer_id: string;
  interaction_id: string;
  agent_id: string;
  queue_id: string;
  state: OfferState;
  weight: number;
  made_at: Moment;
  deadline: Moment;
  ended_at: Moment | null;
  cause: string;
  why: Record<string, unknown>;
}

export interface Row {
  interaction: Interaction;
  customer_name: string;
  person_id: string;
}

export interface Draft {
  interaction_id: string;
  kind: DraftKind;
  agent_id: string;
  text: string;
  html: string | null;
  attachments: Attachment[];
  version: number;
  saved_at: Moment | null;
}

export interface BriefLine {
  kind: "wants" | "promised" | "open" | "last";
  text: string;
  events: string[];
  at: Moment | null;
}

export interface TimelinePage {
  customer: Customer;
  events: HubEvent[];
  deliveries: Delivery[];
  interactions: Interaction[];
  brief: BriefLine[];
  drafts: Draft[];
  before: string | null;
  position: number;
}

export interface QueueState {
  queue_id: string;
  name: string;
  waiting: number;
  offered: number;
  live: number;
  longest_since: Moment | null;
  answered_today: number;
  members: string[];
}

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

export interface ChannelState {
  channel_id: string;
  kind: string;
  name: string;
  abilities: Partial<Abilities>;
  state: "connected" | "degraded" | "broken";
  words: string;
  last_in: Moment | null;
  last_out: Moment | null;
  unreadable: number;
  waiting_out: number;
  uncertain: number;
}

export interface Snapshot {
  position: number;
  rows: Row[];
  offers: Offer[];
  agents: AgentState[];
}

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

export interface Me {
  agent: AgentState;
  roles: Role[];
}

export type Weights = Partial<Record<Abilities["work"], number>>;

export interface Boot {
  me: Me;
  snapshot: Snapshot;
  queues: QueueState[];
  channels: ChannelState[];
  drafts: Draft[];
  server_time: Moment;
  version: string;
  weights: Weights;
}

export interface Result {
  position: number;
  event_ids: string[];
  interaction_id: string | null;
}

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
