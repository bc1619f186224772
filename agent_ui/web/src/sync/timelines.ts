// The open timelines: read, patched, kept for an instant switch back.

import * as api from "../api/calls";
import type { Patch } from "../api/types";
import { asProblem } from "../api/http";
import { say } from "./line";
import { hub, setHub, type TimelineView } from "./store";
import {
  asksForReload,
  eventPosition,
  fromPage,
  patchTimeline,
  withNewest,
  withOlder,
  type TimelineState,
} from "./timeline";

const KEPT = 30;
const NONE: TimelineView = { state: null, isLoading: false, isLoadingOlder: false, problem: null, olderProblem: null };

let viewed: string | null = null;
const asked = new Map<string, ReturnType<typeof setTimeout>>();

function put(key: string, news: Partial<TimelineView>): void {
  const all = new Map(hub().timelines);
  const view = { ...(all.get(key) ?? NONE), ...news };
  // Newest last, so that the oldest is the one to drop.
  all.delete(key);
  all.set(key, view);
  for (const old of all.keys()) {
    if (all.size <= KEPT) break;
    if (old !== viewed) all.delete(old);
  }
  setHub({ timelines: all });
}

/** Shows a customer's timeline: at once from what is kept, else read. */
export function openTimeline(key: string): void {
  viewed = key;
  sayViewed();
  const known = hub().timelines.get(key);
  if (known?.isLoading) return;
  if (known?.state) {
    put(key, {});
    void refresh(key);
  } else {
    void load(key);
  }
}

/** Reads a timeline that is not shown yet, once; live events keep it current from then on. */
export function fetchAhead(key: string): void {
  const known = hub().timelines.get(key);
  if (!known?.state && !known?.isLoading) void load(key);
}

export function leaveTimeline(key: string): void {
  if (viewed !== key) return;
  viewed = null;
  sayViewed();
}

export const sayViewed = (): void => say({ t: "view", customer_id: viewed });

export async function load(key: string): Promise<void> {
  put(key, { isLoading: true, problem: null });
  try {
    const page = await api.timeline(key, null);
    put(key, { state: fromPage(key, page, hub().desk.recent), isLoading: false });
    fillGap(key, page.position);
  } catch (error) {
    put(key, { isLoading: false, problem: asProblem(error) });
  }
}

/** The page was older than all that is remembered of the live events: something between is missing, so read again. */
function fillGap(key: string, position: number): void {
  const oldest = hub().desk.recent[0];
  if (oldest !== undefined && hub().desk.position > position && eventPosition(oldest) > position + 1) askRefresh(key);
}

export async function loadOlder(key: string): Promise<void> {
  const view = hub().timelines.get(key);
  const state = view?.state;
  if (!state || state.before === null || view.isLoadingOlder) return;
  put(key, { isLoadingOlder: true, olderProblem: null });
  try {
    const page = await api.timeline(key, state.before);
    update(key, (now) => withOlder(now, page), { isLoadingOlder: false });
  } catch (error) {
    put(key, { isLoadingOlder: false, olderProblem: asProblem(error) });
  }
}

async function refresh(key: string): Promise<void> {
  try {
    const page = await api.timeline(key, null);
    update(key, (now) => withNewest(now, page));
  } catch {
    // What is shown stays; the link's own bar tells that the hub can't be reached.
  }
}

export async function refreshOpen(): Promise<void> {
  const keys = [...hub().timelines.keys()];
  const others = new Map(hub().timelines);
  for (const key of keys) if (key !== viewed) others.delete(key);
  if (others.size !== keys.length) setHub({ timelines: others });
  if (viewed === null) return;
  if (others.get(viewed)?.state) await refresh(viewed);
  else await load(viewed);
}

/** Soon, once: the brief follows from the events and is made by the hub. */
function askRefresh(key: string): void {
  if (asked.has(key)) return;
  asked.set(
    key,
    setTimeout(() => {
      asked.delete(key);
      if (hub().timelines.get(key)?.state) void refresh(key);
    }, 800),
  );
}

function update(key: string, how: (state: TimelineState) => TimelineState, news: Partial<TimelineView> = {}): void {
  const state = hub().timelines.get(key)?.state;
  if (state) put(key, { ...news, state: how(state), problem: null });
}

export function patchTimelines(patch: Patch): void {
  const before = hub().timelines;
  let after: Map<string, TimelineView> | null = null;
  for (const [key, view] of before) {
    if (view.state === null) continue;
    const state = patchTimeline(view.state, patch);
    if (asksForReload(view.state, patch)) void load(key);
    if (state === view.state) continue;
    after ??= new Map(before);
    after.set(key, { ...view, state });
    if (key === viewed && state.events !== view.state.events) askRefresh(key);
  }
  if (after !== null) setHub({ timelines: after });
}
