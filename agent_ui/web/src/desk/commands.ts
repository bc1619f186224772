// What can be done on the desk, for buttons, menus, keys and palette alike.

import * as api from "../api/calls";
import { asProblem } from "../api/http";
import type { Interaction, Offer, Presence } from "../api/types";
import { act, problemWords, say } from "../app/act";
import { conversation, go, here } from "../app/router";
import { focusOn, setUi, toast, ui } from "../app/ui";
import { wakes } from "../i18n/format";
import { t } from "../i18n/t";
import { abilitiesOf, agentName, hub, myId, myQueues } from "../sync/store";
import { isOffered } from "../sync/state";
import { serverClock } from "../sync/ticker";
import { current } from "./current";
import { nextWaiting, type OrderInput } from "./order";

export function orderInput(): OrderInput {
  const state = hub();
  return {
    rows: state.desk.rows,
    offers: state.desk.offers,
    me: myId(),
    queues: myQueues(state),
    work: (channel) => abilitiesOf(state, channel).work,
  };
}

export function open(interaction_id: string): void {
  const row = hub().desk.rows.get(interaction_id);
  if (row) go(conversation(row.interaction.customer_id, interaction_id));
}

/** One step through the list as it is shown. */
export function step(by: 1 | -1): void {
  const { shown } = ui();
  const now = current()?.interaction_id ?? here().interaction;
  const at = now === null || now === undefined ? -1 : shown.indexOf(now);
  const next = shown[at === -1 ? (by === 1 ? 0 : shown.length - 1) : at + by];
  if (next !== undefined) open(next);
}

export async function takeNext(): Promise<void> {
  const mine = nextWaiting(orderInput(), current()?.interaction_id ?? null);
  if (mine !== null) {
    setUi({ tab: "mine" });
    open(mine);
    return;
  }
  const result = await act(() => api.take(null));
  if (result?.interaction_id) shown(result.interaction_id);
}

/** The answer may come before the row does. */
function shown(interaction_id: string, tries = 20): void {
  setUi({ tab: "mine" });
  if (hub().desk.rows.has(interaction_id)) open(interaction_id);
  else if (tries > 0) setTimeout(() => shown(interaction_id, tries - 1), 100);
}

export async function take(one: Interaction): Promise<void> {
  await act(() => api.take(one.interaction_id), { busy: [one.interaction_id, t("Taking…")] });
}

export async function resolve(one: Interaction, andNext = false): Promise<void> {
  const next = andNext ? nextWaiting(orderInput(), one.interaction_id) : null;
  const id = one.interaction_id;
  const promise = act(() => api.close(id), {
    busy: [id, t("Resolving…")],
    done: t("Resolved"),
    undo: () => void act(() => api.reopen(id), { done: t("Opened again") }),
  });
  if (andNext) goNext(next);
  await promise;
}

export function goNext(next: string | null): void {
  if (next !== null) open(next);
  else go("/desk");
}

export async function snooze(one: Interaction, until: Date | null): Promise<void> {
  const id = one.interaction_id;
  const done =
    until === null ? t("Asleep until the customer writes") : t("Asleep until {time}", { time: wakes(until.getTime(), serverClock.now()) });
  await act(() => api.snooze(id, until), {
    busy: [id, t("Snoozing…")],
    done,
    undo: () => void act(() => api.wake(id), { done: t("Awake again") }),
  });
}

export async function wake(one: Interaction): Promise<void> {
  await act(() => api.wake(one.interaction_id), { busy: [one.interaction_id, t("Waking…")] });
}

export async function reopen(one: Interaction): Promise<void> {
  await act(() => api.reopen(one.interaction_id), { busy: [one.interaction_id, t("Opening again…")], done: t("Opened again") });
}

export async function transfer(one: Interaction, queue: string, to: string | null, reason: string, target: string): Promise<boolean> {
  const result = await act(() => api.transfer(one.interaction_id, queue, to, reason), {
    busy: [one.interaction_id, t("Transferring…")],
    done: t("Transferred to {target}", { target }),
  });
  return result !== null;
}

export async function setState(status: Presence, reason = ""): Promise<void> {
  await act(() => api.setPresence(status, reason));
}

export async function cancelNext(): Promise<void> {
  const status = hub().me?.agent.status ?? "available";
  await act(() => api.setPresence(status, "", true));
}

export interface StateChoice {
  status: Presence;
  reason: string;
  words: string;
}

export const stateChoices = (): StateChoice[] => [
  { status: "available", reason: "", words: t("Available") },
  { status: "away", reason: "break", words: t("Break") },
  { status: "away", reason: "lunch", words: t("Lunch") },
  { status: "away", reason: "meeting", words: t("Meeting") },
  { status: "away", reason: "training", words: t("Training") },
  { status: "offline", reason: "", words: t("Offline") },
];

export function myOffers(): Offer[] {
  return [...hub().desk.offers.values()]
    .filter((offer) => offer.agent_id === myId() && isOffered(offer))
    .sort((a, b) => (a.deadline < b.deadline ? -1 : 1));
}

/** Words about an offer that could not be taken, shown on its card. */
export const refusals = new Map<string, string>();

export async function accept(offer: Offer): Promise<void> {
  setUi({ busy: new Map(ui().busy).set(offer.offer_id, t("Accepting…")) });
  try {
    await api.acceptOffer(offer.offer_id);
    setUi({ tab: "mine" });
    open(offer.interaction_id);
  } catch (error) {
    const problem = asProblem(error);
    if (problem.code === "gone") refusals.set(offer.offer_id, problemWords(problem));
    else say(problem);
  } finally {
    const busy = new Map(ui().busy);
    busy.delete(offer.offer_id);
    setUi({ busy });
  }
}

export async function decline(offer: Offer): Promise<void> {
  await act(() => api.declineOffer(offer.offer_id), { busy: [offer.offer_id, t("Declining…")] });
}

/** Write first, or on another channel: opens what is needed and goes there. */
export async function openOn(customer: string, channel: string, address: string): Promise<string | null> {
  const result = await act(() => api.openInteraction(customer, channel, address));
  if (result?.interaction_id) {
    go(conversation(customer, result.interaction_id));
    focusOn("reply");
  }
  return result?.interaction_id ?? null;
}

export const ownerWords = (one: Interaction): string => (one.agent_id === null ? "" : agentName(hub(), one.agent_id));

export function undoLast(): void {
  const last = ui().toasts.findLast((one) => one.undo !== undefined);
  if (last?.undo === undefined) {
    toast(t("Nothing to undo"));
    return;
  }
  setUi({ toasts: ui().toasts.filter((one) => one.id !== last.id) });
  last.undo();
}
