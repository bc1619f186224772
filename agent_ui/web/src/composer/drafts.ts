// What is being written. A draft is its own object: kept here at every key, on the hub within a second, at once when the
// tab goes. Nothing but its author takes text out of it.

import { create } from "zustand";
import * as api from "../api/calls";
import { Problem } from "../api/http";
import type { Attachment, Draft, DraftKind, HubEvent } from "../api/types";
import { forget, keep, keysWith, read } from "../sync/keep";
import type { Pending } from "../sync/outbox";
import { hub, myId } from "../sync/store";

export interface Writing {
  text: string;
  subject: string;
  cc: string;
  attachments: Attachment[];
  version: number;
  /** Position of the stream when it was begun, or when its author last said so; 0: not known. */
  began: number;
  /** Not on the hub yet. */
  isDirty: boolean;
  savedAt: number;
  savedWhere: "nowhere" | "here" | "hub";
}

export interface Conflict {
  pending: Pending;
  events: HubEvent[];
}

interface Drafts {
  all: ReadonlyMap<string, Writing>;
  conflicts: ReadonlyMap<string, Conflict>;
}

export const useDrafts = create<Drafts>(() => ({ all: new Map(), conflicts: new Map() }));

export const NOTHING: Writing = {
  text: "",
  subject: "",
  cc: "",
  attachments: [],
  version: 0,
  began: 0,
  isDirty: false,
  savedAt: 0,
  savedWhere: "nowhere",
};

/** `place`: the interaction, or `customer:<id>` for a note where no interaction is. */
export const draftKey = (place: string, kind: DraftKind): string => `${place}/${kind}`;

const SAVE_MS = 700;
const timers = new Map<string, ReturnType<typeof setTimeout>>();
const writing = new Set<string>();
const storageKey = (key: string): string => `draft:${myId()}:${key}`;

export const draftOf = (key: string): Writing => useDrafts.getState().all.get(key) ?? NOTHING;

function put(key: string, draft: Writing): void {
  useDrafts.setState((state) => ({ all: new Map(state.all).set(key, draft) }));
  if (isEmpty(draft) && !draft.isDirty) forget(storageKey(key));
  else keep(storageKey(key), draft);
}

export const isEmpty = (draft: Writing): boolean => draft.text.trim() === "" && draft.attachments.length === 0;

export function edit(key: string, news: Partial<Pick<Writing, "text" | "subject" | "cc" | "attachments">>): void {
  const now = draftOf(key);
  const began = isEmpty(now) ? hub().desk.position : now.began;
  put(key, { ...now, ...news, began, isDirty: true, savedAt: Date.now(), savedWhere: "here" });
  clearTimeout(timers.get(key));
  timers.set(key, setTimeout(() => void save(key), SAVE_MS));
}

/** Its author has seen what came since it was begun. */
export const catchUp = (key: string): void => put(key, { ...draftOf(key), began: hub().desk.position });

/** Writes in order: one at a time per draft, the newest text last. */
async function save(key: string): Promise<void> {
  if (writing.has(key)) return;
  const [place = "", kind = "reply"] = key.split("/") as [string, DraftKind];
  const draft = draftOf(key);
  if (!draft.isDirty || place.startsWith("customer:")) return;
  writing.add(key);
  try {
    const version = await write(place, kind, draft);
    const now = draftOf(key);
    const isSame = now.text === draft.text && now.attachments === draft.attachments;
    put(key, { ...now, version, isDirty: !isSame, ...(isSame ? { savedAt: Date.now(), savedWhere: "hub" } : {}) });
  } catch (error) {
    if (error instanceof Problem && error.status === 409) adoptVersion(key, error);
  } finally {
    writing.delete(key);
  }
  if (draftOf(key).isDirty) {
    clearTimeout(timers.get(key));
    timers.set(key, setTimeout(() => void save(key), SAVE_MS * 3));
  }
}

async function write(place: string, kind: DraftKind, draft: Writing): Promise<number> {
  if (isEmpty(draft)) {
    await api.dropDraft(place, kind);
    return 0;
  }
  const { text, attachments, version } = draft;
  return (await api.saveDraft({ interaction_id: place, kind, text, attachments, version })).version;
}

/** Another tab of mine saved it meanwhile: what is typed here wins, on top of its version. */
function adoptVersion(key: string, problem: Problem): void {
  const version = problem.detail["version"];
  put(key, { ...draftOf(key), version: typeof version === "number" ? version : draftOf(key).version + 1 });
}

/** At sign-in: what is kept here and not yet on the hub wins, else the hub's. */
export function adoptDrafts(agent: string, drafts: readonly Draft[]): void {
  const all = new Map<string, Writing>();
  for (const draft of drafts) {
    all.set(draftKey(draft.interaction_id, draft.kind), {
      ...NOTHING,
      text: draft.text,
      attachments: draft.attachments,
      version: draft.version,
      savedAt: draft.saved_at === null ? 0 : Date.parse(draft.saved_at),
      savedWhere: "hub",
    });
  }
  const prefix = `draft:${agent}:`;
  for (const stored of keysWith(prefix)) {
    const kept = read<Writing | null>(stored, null);
    const key = stored.slice(prefix.length);
    if (kept === null) continue;
    const server = all.get(key);
    if (kept.isDirty || kept.version >= (server?.version ?? 0) || server === undefined) {
      all.set(key, { ...NOTHING, ...kept, version: Math.max(kept.version, server?.version ?? 0) });
      if (kept.isDirty) setTimeout(() => void save(key), SAVE_MS);
    }
  }
  for (const [key, draft] of useDrafts.getState().all) if (draft.isDirty) all.set(key, draft);
  useDrafts.setState({ all });
}

/** Sent: the text is the outbox's now. */
export function clearDraft(key: string): void {
  put(key, { ...NOTHING, version: draftOf(key).version, isDirty: draftOf(key).version > 0 });
  clearTimeout(timers.get(key));
  timers.set(key, setTimeout(() => void save(key), 50));
}

/** A message comes back from the outbox; what was typed since stays behind it. */
export function restoreDraft(pending: Pending, conflict: Conflict | null): void {
  const place = pending.interaction_id ?? `customer:${pending.customer_id}`;
  const key = draftKey(place, pending.kind);
  const now = draftOf(key);
  const text = now.text.trim() === "" ? pending.text : `${pending.text}\n\n${now.text}`;
  edit(key, {
    text,
    subject: pending.subject ?? now.subject,
    attachments: [...pending.attachments, ...now.attachments],
  });
  if (conflict !== null) setConflict(place, conflict);
}

export function setConflict(place: string, conflict: Conflict | null): void {
  const conflicts = new Map(useDrafts.getState().conflicts);
  if (conflict === null) conflicts.delete(place);
  else conflicts.set(place, conflict);
  useDrafts.setState({ conflicts });
}

/** The tab is hidden or goes: everything unsaved at once, the browser finishes it. */
export function saveAllNow(): void {
  for (const [key, draft] of useDrafts.getState().all) {
    const [place = "", kind = "reply"] = key.split("/") as [string, DraftKind];
    if (!draft.isDirty || isEmpty(draft) || place.startsWith("customer:")) continue;
    const { text, attachments, version } = draft;
    void api.saveDraft({ interaction_id: place, kind, text, attachments, version }, true).then(
      (saved) => {
        const now = draftOf(key);
        const isSame = now.text === text;
        put(key, { ...now, version: saved.version, isDirty: !isSame, savedWhere: isSame ? "hub" : "here" });
      },
      () => undefined,
    );
  }
}
