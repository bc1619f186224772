// From a draft to the outbox.

import { newId } from "../api/calls";
import type { Interaction } from "../api/types";
import { setUi } from "../app/ui";
import { goNext, orderInput } from "../desk/commands";
import { nextWaiting } from "../desk/order";
import { eventPosition } from "../sync/timeline";
import { queue } from "../sync/send";
import { abilitiesOf, hub } from "../sync/store";
import { serverClock } from "../sync/ticker";
import { clearDraft, draftKey, draftOf, isEmpty, setConflict } from "./drafts";
import { rested } from "./typing";

/** The last position that was on this screen when it was sent. */
function lastSeen(customer: string): number {
  const timeline = hub().timelines.get(customer)?.state;
  const newest = timeline?.events.reduce((most, event) => Math.max(most, eventPosition(event)), 0) ?? 0;
  return Math.max(hub().desk.position, timeline?.position ?? 0, newest);
}

export interface Sending {
  anyway?: boolean;
  then?: "keep" | "close";
}

export function sendReply(one: Interaction, customer: string, how: Sending = {}): boolean {
  const id = one.interaction_id;
  const key = draftKey(id, "reply");
  const draft = draftOf(key);
  if (isEmpty(draft)) return false;
  const { undo_seconds } = abilitiesOf(hub(), one.channel_id);
  const now = serverClock.now();
  const next = how.then === "close" ? nextWaiting(orderInput(), id) : null;
  queue({
    client_id: newId(),
    kind: "reply",
    customer_id: customer,
    interaction_id: id,
    text: draft.text.trim(),
    attachments: draft.attachments,
    last_seen: lastSeen(customer),
    anyway: how.anyway ?? false,
    then: how.then ?? "keep",
    at: now,
    ...(undo_seconds > 0 ? { state: "held" as const, until: now + undo_seconds * 1000 } : { state: "waiting" as const }),
    ...(draft.subject.trim() ? { subject: draft.subject.trim() } : {}),
    ...(draft.cc.trim() ? { cc: addressesIn(draft.cc) } : {}),
  });
  clearDraft(key);
  setConflict(id, null);
  rested(id, "reply");
  if (how.then === "close") goNext(next);
  return true;
}

export const addressesIn = (text: string): string[] => text.split(/[\s,;]+/).filter((part) => part.includes("@"));

export function sendNote(place: string, customer: string, interaction_id: string | null): boolean {
  const key = draftKey(place, "note");
  const draft = draftOf(key);
  if (draft.text.trim() === "") return false;
  queue({
    client_id: newId(),
    kind: "note",
    customer_id: customer,
    interaction_id,
    text: draft.text.trim(),
    mentions: mentionsIn(draft.text),
    attachments: [],
    last_seen: lastSeen(customer),
    anyway: false,
    then: "keep",
    at: serverClock.now(),
    state: "waiting",
  });
  clearDraft(key);
  if (interaction_id !== null) rested(interaction_id, "note");
  return true;
}

/** "@Marta" names every agent called so. */
export function mentionsIn(text: string): string[] {
  const lower = text.toLowerCase();
  return [...hub().desk.agents.values()]
    .filter((agent) => {
      const first = agent.name.split(/\s+/)[0] ?? "";
      return [agent.name, first].some((name) => name !== "" && lower.includes(`@${name.toLowerCase()}`));
    })
    .map((agent) => agent.agent_id);
}

export const discardDraft = (place: string): void => {
  clearDraft(draftKey(place, "reply"));
  setConflict(place, null);
  setUi({ mode: "reply" });
};
