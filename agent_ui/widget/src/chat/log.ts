// The conversation as this page has it. Pure: history frames in, messages in order out, nothing doubled.

import type { Shown } from "./protocol";

export interface Log {
  messages: readonly Shown[];
  /** What to ask after next. */
  position: number;
}

export const EMPTY: Log = { messages: [], position: 0 };

export interface News {
  messages: readonly Shown[];
  position: number;
  resync?: boolean;
}

/** A message that came before is replaced: its status may have changed. */
export function merge(log: Log, news: News): Log {
  const known = new Map((news.resync ? [] : log.messages).map((one) => [one.position, one]));
  for (const one of news.messages) known.set(one.position, one);
  return {
    messages: [...known.values()].sort((a, b) => a.position - b.position),
    position: news.resync ? news.position : Math.max(log.position, news.position),
  };
}

/** Position of the newest message of ours in the log, 0 for none. */
export const lastOfAgents = (log: Log): number => log.messages.findLast((one) => one.by === "agent")?.position ?? 0;

export const unread = (log: Log, read: number): number =>
  log.messages.filter((one) => one.by === "agent" && one.position > read && one.status !== "read").length;
