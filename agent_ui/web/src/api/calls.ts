// The hub's HTTP interface, one function per route. Every command carries a client id, so it may be repeated.

import { call, upload, type CallOptions } from "./http";
import type {
  AgentState,
  Attachment,
  Boot,
  ChannelState,
  Customer,
  Draft,
  DraftKind,
  Me,
  Presence,
  QueueState,
  Result,
  Snapshot,
  TimelinePage,
} from "./types";

export function newId(): string {
  // randomUUID needs a secure context; a console on plain http in a local network has none.
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const enc = encodeURIComponent;

const command = (path: string, body: object, options: CallOptions = {}): Promise<Result> =>
  call<Result>("POST", path, { ...options, body: { client_id: newId(), ...body } });

export const signIn = (email: string, password: string) => call<Me>("POST", "/api/session", { body: { email, password } });
export const signOut = () => call<void>("DELETE", "/api/session");
export const boot = () => call<Boot>("GET", "/api/boot");
export const snapshot = () => call<Snapshot>("GET", "/api/snapshot");
export const queues = () => call<QueueState[]>("GET", "/api/queues");
export const agents = () => call<AgentState[]>("GET", "/api/agents");
export const channels = () => call<ChannelState[]>("GET", "/api/channels");

export function timeline(customer: string, before: string | null, signal?: AbortSignal): Promise<TimelinePage> {
  const from = before === null ? "" : `&before=${enc(before)}`;
  return call("GET", `/api/customers/${enc(customer)}/timeline?limit=50${from}`, signal ? { signal } : {});
}

export const findCustomers = (text: string, signal: AbortSignal) =>
  call<Customer[]>("GET", `/api/customers?q=${enc(text)}&limit=8`, { signal });

export const rename = (customer_id: string, name: string) =>
  call<Result>("PATCH", `/api/customers/${enc(customer_id)}`, { body: { client_id: newId(), customer_id, name } });

export interface SendBody {
  client_id: string;
  interaction_id: string;
  text: string;
  last_seen: number;
  anyway?: boolean;
  subject?: string;
  cc?: string[];
  attachments?: Attachment[];
  then?: "keep" | "close";
}

export interface NoteBody {
  client_id: string;
  customer_id: string;
  interaction_id: string | null;
  text: string;
  mentions?: string[];
}

export const sendMessage = (body: SendBody, options?: CallOptions) => command("/api/messages", body, options);
export const addNote = (body: NoteBody, options?: CallOptions) => command("/api/notes", body, options);
export const resend = (event_id: string, how: "resend" | "mark_sent" | "mark_failed") =>
  command("/api/messages/resend", { event_id, how });

export const acceptOffer = (offer_id: string) => command("/api/offers/accept", { offer_id });
export const declineOffer = (offer_id: string, reason = "") => command("/api/offers/decline", { offer_id, reason });

export const take = (interaction_id: string | null) => command("/api/interactions/take", { interaction_id });
export const close = (interaction_id: string) => command("/api/interactions/close", { interaction_id });
export const wake = (interaction_id: string) => command("/api/interactions/wake", { interaction_id });
export const reopen = (interaction_id: string) => command("/api/interactions/reopen", { interaction_id });
export const openInteraction = (customer_id: string, channel_id: string, address: string) =>
  command("/api/interactions/open", { customer_id, channel_id, address });

export const snooze = (interaction_id: string, until: Date | null) =>
  command(
    "/api/interactions/snooze",
    until === null
      ? { interaction_id, reason: "waiting_customer" }
      : { interaction_id, reason: "until", until: until.toISOString() },
  );

export const transfer = (interaction_id: string, queue_id: string, to: string | null, reason: string) =>
  command("/api/interactions/transfer", { interaction_id, queue_id, to, reason });

export const setPresence = (status: Presence, reason = "", cancel_next = false) =>
  command("/api/presence", { status, reason, cancel_next });

/** Of another agent, by a supervisor. */
export const forcePresence = (agent_id: string, status: Presence, reason: string) =>
  command("/api/presence", { agent_id, status, reason });

export interface DraftBody {
  interaction_id: string;
  kind: DraftKind;
  text: string;
  attachments: Attachment[];
  version: number;
}

export const saveDraft = (body: DraftBody, keepalive = false) =>
  call<Draft>("PUT", "/api/drafts", { body, keepalive });
export const dropDraft = (interaction: string, kind: DraftKind) =>
  call<void>("DELETE", `/api/drafts/${enc(interaction)}/${kind}`);

export const putMedia = (file: File, onProgress: (share: number) => void, signal: AbortSignal) =>
  upload<Attachment>(`/api/media?name=${enc(file.name)}`, file, onProgress, signal);

export const mediaUrl = (file: Attachment) =>
  `/api/media/${enc(file.media_id)}?name=${enc(file.name)}&type=${enc(file.type)}`;
