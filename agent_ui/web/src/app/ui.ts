// What is open on this screen. Nothing here is worth keeping over a reload.

import { create } from "zustand";

export type ListTab = "mine" | "team" | "all" | "snoozed";
export type OpenDialog = "palette" | "shortcuts" | "transfer" | "assign" | "snooze" | null;
export type OpenMenu = "state" | "capacity" | "profile" | "channels" | "more" | "force" | "card" | null;
export type FocusTarget = "reply" | "note" | "list" | "filter" | "timeline";
/** What the timeline shows. */
export type Showing = "all" | "talk" | "email" | "notes" | "files";
export type Mode = "reply" | "note";

export interface Toast {
  id: number;
  text: string;
  tone: "ok" | "bad";
  errorId?: string;
  undo?: () => void;
}

interface Ui {
  tab: ListTab;
  dialog: OpenDialog;
  /** Customer panel; a drawer on narrow screens, where it starts closed. */
  panel: boolean;
  drawer: boolean;
  /** The list, where it is a drawer over the timeline. */
  list: boolean;
  /** Pending first key of a sequence. */
  sequence: string | null;
  toasts: readonly Toast[];
  mode: Mode;
  menu: OpenMenu;
  /** Which of several menus of this name. */
  menuOf: string;
  /** Conversations in the order the list shows them. */
  shown: readonly string[];
  /** Words to search the list for; null: the field is closed. */
  filter: string | null;
  showing: Showing;
  /** All lines of the brief. */
  brief: boolean;
  /** The newest decision is asked "why?". */
  why: boolean;
  /** Someone asked to move the focus there, and when. */
  focus: { on: FocusTarget; at: number } | null;
  /** An event to scroll to. */
  jump: { event: string; n: number } | null;
  /** What is being done to an interaction, in words, until the hub's answer. */
  busy: ReadonlyMap<string, string>;
  polite: string;
  assertive: string;
}

export const useUi = create<Ui>(() => ({
  tab: "mine",
  dialog: null,
  panel: true,
  drawer: false,
  list: false,
  sequence: null,
  toasts: [],
  mode: "reply",
  menu: null,
  menuOf: "",
  shown: [],
  filter: null,
  showing: "all",
  brief: false,
  why: false,
  focus: null,
  jump: null,
  busy: new Map(),
  polite: "",
  assertive: "",
}));

export const ui = useUi.getState;
export const setUi = useUi.setState;

let wishes = 0;

/** Only what a person did may move the focus. */
export const focusOn = (on: FocusTarget): void => setUi({ focus: { on, at: Date.now() } });
export const jumpTo = (event: string): void => setUi({ showing: "all", jump: { event, n: ++wishes } });

let count = 0;
const SHOWN_MS = 10_000;

export function toast(text: string, more: Partial<Omit<Toast, "id" | "text">> = {}): void {
  const id = ++count;
  setUi({ toasts: [...ui().toasts.slice(-2), { id, text, tone: "ok", ...more }] });
  setTimeout(() => dismiss(id), SHOWN_MS);
}

export const dismiss = (id: number): void => setUi({ toasts: ui().toasts.filter((one) => one.id !== id) });
