// What the customer said and the hub has not acknowledged. Kept in storage: it survives a reload and goes out once,
// in order; the client id makes a repetition harmless. Pure but for `Kept`.

import type { FileInfo, Outgoing, Shown } from "./protocol";

export interface Waiting {
  message: Outgoing;
  files: FileInfo[];
  at: number;
  state: "queued" | "sending" | "failed";
  words?: string;
}

export type Queue = readonly Waiting[];

export const add = (queue: Queue, one: Waiting): Queue => [...queue, one];

export const change = (queue: Queue, client_id: string, news: Partial<Waiting>): Queue =>
  queue.map((one) => (one.message.client_id === client_id ? { ...one, ...news } : one));

export const remove = (queue: Queue, client_id: string): Queue =>
  queue.filter((one) => one.message.client_id !== client_id);

/** The next to send: the first that is not failed; a failed one holds back nothing. */
export const next = (queue: Queue): Waiting | undefined => queue.find((one) => one.state !== "failed");

/** Messages that stand in the log are done. */
export function settle(queue: Queue, messages: readonly Shown[]): Queue {
  const there = new Set(messages.map((one) => one.client_id).filter((id) => id !== undefined));
  const open = queue.filter((one) => !there.has(one.message.client_id));
  return open.length === queue.length ? queue : open;
}

/** After a reload nothing is on the wire any more. */
export const revive = (queue: Queue): Queue =>
  queue.map((one) => (one.state === "sending" ? { ...one, state: "queued" as const } : one));

/** Storage that may be forbidden or full: then memory does, for as long as the page lives. */
export class Kept {
  private readonly memory = new Map<string, string>();

  constructor(private readonly prefix: string) {}

  read<T>(key: string, fallback: T): T {
    let text: string | null = null;
    try {
      text = localStorage.getItem(this.prefix + key);
    } catch {
      text = null;
    }
    text ??= this.memory.get(key) ?? null;
    if (text === null) return fallback;
    try {
      return JSON.parse(text) as T;
    } catch {
      return fallback;
    }
  }

  write(key: string, value: unknown): void {
    const text = JSON.stringify(value);
    this.memory.set(key, text);
    try {
      localStorage.setItem(this.prefix + key, text);
    } catch {
      // Memory has it.
    }
  }
}
