// Events as the timeline shows them: days, one card per burst or chat session, mails, notes, and the machine's events
// folded in runs. Pure; the same events give the same blocks.

import type { HubEvent } from "../api/types";
import type { Showing } from "../app/ui";
import { dayKey } from "../i18n/format";
import { readEvent } from "./read";

export type BurstItem = { event: HubEvent } | { run: readonly HubEvent[] };

export type Block =
  | { kind: "day"; key: string; at: string }
  | { kind: "unread"; key: string; since: number }
  | { kind: "mail"; key: string; event: HubEvent }
  | { kind: "note"; key: string; event: HubEvent }
  | { kind: "unreadable"; key: string; event: HubEvent }
  | { kind: "burst"; key: string; channel_id: string; items: readonly BurstItem[] }
  | { kind: "run"; key: string; events: readonly HubEvent[] };

export type Work = "call" | "chat" | "async" | "email";

export interface BlockOptions {
  work: (channel_id: string | null | undefined) => Work;
  /** Time up to which everything was read; null: no line. */
  readUpTo: number | null;
  showSystem: boolean;
}

/** The events of one part of a timeline. Edits, deletions and reactions go with the messages they are about. */
export function chosen(events: readonly HubEvent[], showing: Showing, work: BlockOptions["work"]): readonly HubEvent[] {
  if (showing === "all" || showing === "talk") return events;
  return events.filter((event) => {
    const reading = readEvent(event);
    if (showing === "notes") return reading.kind === "note";
    if (showing === "files") return (reading.kind === "said" || reading.kind === "note") && reading.attachments.length > 0;
    return reading.kind !== "note" && reading.kind !== "system" && work(event.channel_id) === "email";
  });
}

const GAP_MS = 5 * 60_000;
/** A card that never ends would defeat the window over the blocks. */
const LONGEST = 30;

interface OpenBurst {
  block: Block & { kind: "burst" };
  items: BurstItem[];
  interaction: string | null;
  last: number;
  count: number;
}

export function blocksOf(events: readonly HubEvent[], options: BlockOptions): Block[] {
  const blocks: Block[] = [];
  let day = "";
  let burst: OpenBurst | null = null;
  let run: HubEvent[] = [];
  let isUnreadShown = options.readUpTo === null;

  const flushRun = (): void => {
    const first = run[0];
    if (first !== undefined) blocks.push({ kind: "run", key: first.event_id, events: run });
    run = [];
  };
  const closeBurst = (): void => {
    burst = null;
    flushRun();
  };

  for (const event of events) {
    const reading = readEvent(event);
    if (reading.kind === "delivery" || isOnMessage(event)) continue;
    if (reading.kind === "system" && !options.showSystem) continue;
    const today = dayKey(event.shown_at);
    if (today !== day) {
      closeBurst();
      blocks.push({ kind: "day", key: `day:${today}`, at: event.shown_at });
      day = today;
    }
    if (!isUnreadShown && reading.kind === "said" && reading.by === "customer" && Date.parse(event.shown_at) > (options.readUpTo ?? 0)) {
      closeBurst();
      blocks.push({ kind: "unread", key: "unread", since: options.readUpTo ?? 0 });
      isUnreadShown = true;
    }
    if (reading.kind === "system") {
      run.push(event);
    } else if (reading.kind === "note" || reading.kind === "unreadable") {
      closeBurst();
      blocks.push({ kind: reading.kind, key: event.event_id, event });
    } else if (options.work(event.channel_id) === "email") {
      closeBurst();
      blocks.push({ kind: "mail", key: event.event_id, event });
    } else {
      burst = join(event, burst, run, options) ?? open(event);
    }
  }
  flushRun();
  return blocks;

  function join(event: HubEvent, now: OpenBurst | null, between: HubEvent[], { work }: BlockOptions): OpenBurst | null {
    if (now === null || now.block.channel_id !== (event.channel_id ?? "") || now.count >= LONGEST) return null;
    const at = Date.parse(event.shown_at);
    const isSession = work(event.channel_id) === "chat" && event.interaction_id !== null && now.interaction === event.interaction_id;
    if (!isSession && (at - now.last >= GAP_MS || between.length > 0)) return null;
    if (between.length > 0) {
      now.items.push({ run: between });
      run = [];
    }
    now.items.push({ event });
    now.last = at;
    now.count += 1;
    return now;
  }

  function open(event: HubEvent): OpenBurst {
    flushRun();
    const items: BurstItem[] = [{ event }];
    const block = { kind: "burst" as const, key: event.event_id, channel_id: event.channel_id ?? "", items };
    blocks.push(block);
    return { block, items, interaction: event.interaction_id ?? null, last: Date.parse(event.shown_at), count: 1 };
  }
}

/** Edits, deletions and reactions are drawn on the message they are about. */
function isOnMessage(event: HubEvent): boolean {
  const { kind } = readEvent(event);
  return kind === "edit" || kind === "deletion" || kind === "reaction";
}

export interface Afterwards {
  edited: string | null;
  isDeleted: boolean;
  reactions: readonly string[];
}

/** What happened to messages later, by the provider's id of the message. */
export function afterwards(events: readonly HubEvent[]): ReadonlyMap<string, Afterwards> {
  const all = new Map<string, Afterwards>();
  for (const event of events) {
    const reading = readEvent(event);
    if (reading.kind !== "edit" && reading.kind !== "deletion" && reading.kind !== "reaction") continue;
    const now = all.get(reading.message) ?? { edited: null, isDeleted: false, reactions: [] };
    if (reading.kind === "edit") all.set(reading.message, { ...now, edited: reading.text });
    else if (reading.kind === "deletion") all.set(reading.message, { ...now, isDeleted: true });
    else all.set(reading.message, { ...now, reactions: reading.emoji === null ? [] : [...now.reactions, reading.emoji] });
  }
  return all;
}

export function eventsOf(block: Block): readonly HubEvent[] {
  switch (block.kind) {
    case "mail":
    case "note":
    case "unreadable":
      return [block.event];
    case "run":
      return block.events;
    case "burst":
      return block.items.flatMap((item) => ("event" in item ? [item.event] : item.run));
    default:
      return [];
  }
}

/** Where an event stands; -1 where it is not among these. */
export const blockOf = (blocks: readonly Block[], event_id: string): number =>
  blocks.findIndex((block) => eventsOf(block).some((event) => event.event_id === event_id));
