// What is open on this screen. Nothing here is worth keeping over a reload.

import { create } from "zustand";

export type ListTab = "mine" | "team" | "all" | "snoozed";
export type OpenDialog = "palette" | "shortcuts" | "transfer" | null;
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
  /** Pending first key of a sequence. */
  sequence: string | null;
  toasts: readonly Toast[];
  mode: Mode;
  polite: string;
  assertive: string;
}

export const useUi = create<Ui>(() => ({
  tab: "mine",
  dialog: null,
  panel: true,
  drawer: false,
  sequence: null,
  toasts: [],
  mode: "reply",
  polite: "",
  assertive: "",
}));

export const ui = useUi.getState;
export const setUi = useUi.setState;

let count = 0;
const SHOWN_MS = 10_000;

export function toast(text: string, more: Partial<Omit<Toast, "id" | "text">> = {}): void {
  const id = ++count;
  setUi({ toasts: [...ui().toasts.slice(-2), { id, text, tone: "ok", ...more }] });
  setTimeout(() => dismiss(id), SHOWN_MS);
}

export const dismiss = (id: number): void => setUi({ toasts: ui().toasts.filter((one) => one.id !== id) });
