// Sends what the outbox holds: one at a time per conversation, again after a lost link, never twice (client id).

import * as api from "../api/calls";
import { asProblem, type Problem } from "../api/http";
import type { HubEvent } from "../api/types";
import { announce } from "../app/announce";
import { restoreDraft, type Conflict } from "../composer/drafts";
import { t } from "../i18n/t";
import { keep, read } from "./keep";
import { add, change, next, remove, revive, settle, type Outbox, type Pending } from "./outbox";
import { hub, myId, setHub } from "./store";
import { serverClock } from "./ticker";

const key = (): string => `outbox:${myId()}`;

function set(outbox: Outbox): void {
  if (outbox === hub().outbox) return;
  setHub({ outbox });
  keep(key(), outbox);
}

export function reviveOutbox(): void {
  const kept = hub().outbox.length > 0 ? hub().outbox : revive(read<Outbox>(key(), []));
  setHub({ outbox: kept });
}

export const settleOutbox = (events: readonly HubEvent[]): void => set(settle(hub().outbox, events));

export function queue(entry: Pending): void {
  set(add(hub().outbox, entry));
  void flush();
}

let isFlushing = false;

/** `leaving`: the page goes away, so what is held goes now and the browser finishes it. */
export async function flush(leaving = false): Promise<void> {
  if (leaving) {
    for (const one of hub().outbox) {
      if (one.state === "held" || one.state === "waiting") void post(one, true).catch(() => undefined);
    }
    return;
  }
  if (isFlushing || hub().phase !== "ready" || hub().outbox.length === 0) return;
  const word = hub().link.word;
  if (word === "offline" || word === "signed_out" || word === "gave_up") return;
  isFlushing = true;
  try {
    for (let one = next(hub().outbox, serverClock.now()); one !== null; one = next(hub().outbox, serverClock.now())) {
      if (!(await attempt(one))) break;
    }
  } finally {
    isFlushing = false;
  }
}

/** False: try again later, with the next beat. */
async function attempt(one: Pending): Promise<boolean> {
  set(change(hub().outbox, one.client_id, { state: "sending" }));
  try {
    const result = await post(one, false);
    const event_id = result.event_ids[0];
    set(event_id === undefined ? remove(hub().outbox, one.client_id) : change(hub().outbox, one.client_id, { event_id }));
    settleShown();
    return true;
  } catch (error) {
    const problem = asProblem(error);
    if (problem.isPassing) {
      set(change(hub().outbox, one.client_id, { state: "waiting" }));
      return false;
    }
    if (problem.status === 401) {
      set(change(hub().outbox, one.client_id, { state: "waiting" }));
      return false;
    }
    refuse(one, problem);
    return true;
  }
}

function refuse(one: Pending, problem: Problem): void {
  if (problem.code === "changed") {
    set(remove(hub().outbox, one.client_id));
    restoreDraft(one, conflictOf(problem, one));
    announce(t("Not sent: someone answered first. Your text is back in the reply."), "assertive");
    return;
  }
  set(change(hub().outbox, one.client_id, { state: "refused", words: problem.message }));
  announce(t("Not sent: {words}", { words: problem.message }), "assertive");
}

/** The answer may have come after the event: look at what is shown already. */
function settleShown(): void {
  const recent = hub().desk.recent;
  const shown = [...hub().timelines.values()].flatMap((view) => view.state?.events.slice(-20) ?? []);
  settleOutbox([...recent.slice(-50), ...shown]);
}

function conflictOf(problem: Problem, one: Pending): Conflict {
  const since = problem.detail["since"];
  const events = Array.isArray(since) ? (since.filter((event) => typeof event === "object") as HubEvent[]) : [];
  return { pending: one, events };
}

function post(one: Pending, keepalive: boolean) {
  if (one.kind === "note") {
    const { client_id, customer_id, interaction_id, text, mentions } = one;
    return api.addNote({ client_id, customer_id, interaction_id, text, mentions: mentions ?? [] }, { keepalive });
  }
  return api.sendMessage(
    {
      client_id: one.client_id,
      interaction_id: one.interaction_id ?? "",
      text: one.text,
      last_seen: one.last_seen,
      anyway: one.anyway,
      then: one.then,
      attachments: one.attachments,
      ...(one.subject ? { subject: one.subject } : {}),
      ...(one.cc?.length ? { cc: one.cc } : {}),
    },
    { keepalive },
  );
}

/** Back to the composer: undo, or edit after a refusal. */
export function takeBack(client_id: string): void {
  const one = hub().outbox.find((entry) => entry.client_id === client_id);
  if (one === undefined || (one.state !== "held" && one.state !== "refused" && one.state !== "waiting")) return;
  set(remove(hub().outbox, client_id));
  restoreDraft(one, null);
}

export function again(client_id: string): void {
  set(change(hub().outbox, client_id, { state: "waiting" }));
  void flush();
}

export const discard = (client_id: string): void => set(remove(hub().outbox, client_id));
