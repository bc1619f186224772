// The frames of the web chat, as the hub's channel takes and gives them.

export interface FileInfo {
  media_id: string;
  name: string;
  type: string;
  size: number;
}

export interface Shown {
  position: number;
  event_id: string;
  by: "customer" | "agent";
  text: string;
  at: string;
  name?: string;
  client_id?: string;
  status?: string;
  attachments?: FileInfo[];
}

export interface Outgoing {
  client_id: string;
  text: string;
  attachments?: string[];
  page?: string;
  name?: string;
  email?: string;
  contact?: boolean;
}

/** A user of the host site, proven by its server. */
export interface Identity {
  user: string;
  proof: string;
  name?: string;
}

export type TalkState = "none" | "waiting" | "live" | "closed";

export interface Ack {
  t: "ack";
  client_id: string;
  position: number;
  duplicate?: boolean;
}

export interface Wait {
  t: "wait";
  client_id: string;
  after: number;
  code: string;
}

export interface Refused {
  t: "refused";
  client_id: string;
  code: string;
  words: string;
}

export type HubFrame =
  | Ack
  | Wait
  | Refused
  | { t: "history"; messages: Shown[]; position: number; resync?: boolean; more?: boolean }
  | { t: "status"; state: TalkState; agent?: string }
  | { t: "typing"; on: boolean; name?: string }
  | { t: "pong"; n: number }
  | { t: "error"; code: string; words: string };

export type ClientFrame =
  | { t: "hello"; token: string; after: number | null }
  | ({ t: "message" } & Outgoing)
  | { t: "marks"; delivered: number; read: number }
  | { t: "typing"; on: boolean }
  | { t: "ping"; n: number };

export interface Opened {
  token: string;
  count_token: string;
  known: boolean;
  name: string;
  title: string;
  subtitle: string;
  greeting: string;
  text_limit: number;
  upload_types: string[];
  upload_bytes: number;
}

export interface Polled {
  messages: Shown[];
  position: number;
  state: TalkState;
  agent: string;
  resync: boolean;
  typing: string | null;
}
