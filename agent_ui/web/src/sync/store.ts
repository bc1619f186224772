// What the screens read. Server state lives here once, patched by events; nothing else keeps a copy.

import { create } from "zustand";
import type { Abilities, ChannelState, Me, PresenceAgent, QueueState, Weights } from "../api/types";
import type { Problem } from "../api/http";
import type { Outbox } from "./outbox";
import { FIRST_LINK, type Link } from "./socket";
import { emptyState, type DeskState } from "./state";
import type { TimelineState } from "./timeline";
import { read } from "./keep";

export interface TimelineView {
  state: TimelineState | null;
  isLoading: boolean;
  isLoadingOlder: boolean;
  problem: Problem | null;
  olderProblem: Problem | null;
}

/** How far I had read a conversation: messages counted and the time. */
export interface Mark {
  messages: number;
  at: number;
}

export interface HubState {
  phase: "starting" | "signed_out" | "ready" | "failed";
  problem: Problem | null;
  me: Me | null;
  version: string;
  /** The hub serves a newer console than this one. */
  hasUpdate: boolean;
  queues: ReadonlyMap<string, QueueState>;
  channels: ReadonlyMap<string, ChannelState>;
  weights: Weights;
  desk: DeskState;
  timelines: ReadonlyMap<string, TimelineView>;
  outbox: Outbox;
  link: Link;
  presence: ReadonlyMap<string, readonly PresenceAgent[]>;
  /** Interactions whose customer is typing. */
  typing: ReadonlySet<string>;
  marks: Readonly<Record<string, Mark>>;
}

export const useHub = create<HubState>(() => ({
  phase: "starting",
  problem: null,
  me: null,
  version: "",
  hasUpdate: false,
  queues: new Map(),
  channels: new Map(),
  weights: {},
  desk: emptyState(),
  timelines: new Map(),
  outbox: [],
  link: FIRST_LINK,
  presence: new Map(),
  typing: new Set(),
  marks: read("marks", {}),
}));

export const hub = useHub.getState;
export const setHub = useHub.setState;

export const myId = (state: HubState = hub()): string => state.me?.agent.agent_id ?? "";

const PLAIN: Abilities = {
  word: "Message",
  glyph: "chat",
  work: "async",
  text_limit: 8000,
  text_unit: "characters",
  splits: false,
  subject: false,
  html: false,
  copies: false,
  media_types: ["*/*"],
  media_bytes: 20_000_000,
  typing: false,
  undo_seconds: 0,
};

const abilitiesCache = new WeakMap<ChannelState, Abilities>();

export function abilitiesOf(state: HubState, channel_id: string | null | undefined): Abilities {
  const channel = state.channels.get(channel_id ?? "");
  if (channel === undefined) return PLAIN;
  let known = abilitiesCache.get(channel);
  if (known === undefined) {
    known = { ...PLAIN, word: channel.name, ...channel.abilities };
    abilitiesCache.set(channel, known);
  }
  return known;
}

export const useAbilities = (channel_id: string | null | undefined): Abilities =>
  useHub((state) => abilitiesOf(state, channel_id));

export const agentName = (state: HubState, agent_id: string): string => state.desk.agents.get(agent_id)?.name ?? agent_id;

export const queueName = (state: HubState, queue_id: string | null): string =>
  state.queues.get(queue_id ?? "")?.name ?? queue_id ?? "";

/** The hub's own list of members counts: an agent without queues of its own may be in all of them. */
export function myQueues(state: HubState): ReadonlySet<string> {
  const me = myId(state);
  const mine = [...state.queues.values()].filter((queue) => queue.members.includes(me)).map((queue) => queue.queue_id);
  return new Set([...mine, ...(state.me?.agent.queues ?? [])]);
}

export const isSupervisor = (state: HubState): boolean =>
  state.me?.roles.some((role) => role === "supervisor" || role === "admin") ?? false;
