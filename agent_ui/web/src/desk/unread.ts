// What I have not read of a conversation. The mark is this browser's: how many messages there were when it was last open.

import type { Interaction } from "../api/types";
import { keep } from "../sync/keep";
import { hub, setHub, type Mark } from "../sync/store";

const KEPT = 400;

/** Customer messages that came after the mark; without a mark, those nobody answered. */
export function unreadOf(one: Interaction, mark: Mark | undefined): number {
  if (one.preview_by === "agent") return 0;
  const fresh = mark === undefined ? one.unanswered : one.messages - mark.messages;
  return Math.max(0, Math.min(fresh, one.unanswered));
}

export function markRead(one: Interaction): void {
  const mark = hub().marks[one.interaction_id];
  if (mark !== undefined && mark.messages >= one.messages) return;
  const all = { ...hub().marks };
  delete all[one.interaction_id];
  all[one.interaction_id] = { messages: one.messages, at: Date.parse(one.last_at) };
  const names = Object.keys(all);
  for (const old of names.slice(0, Math.max(0, names.length - KEPT))) delete all[old];
  setHub({ marks: all });
  keep("marks", all);
}
