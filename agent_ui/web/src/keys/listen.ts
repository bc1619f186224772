// Listens to the keyboard for the whole page and hands each press to the registry.

import { useEffect } from "react";
import { useSettings } from "../app/settings";
import { setUi, ui } from "../app/ui";
import { action, bindings, perform } from "./actions";
import { meaning, type Press, type Situation } from "./match";
import { isMac } from "./names";

const TYPING = "input:not([type=checkbox]):not([type=radio]):not([type=button]), textarea, select, [contenteditable=''], [contenteditable=true]";
const MODAL = "[role=dialog][aria-modal=true], [role=menu], [role=listbox]";
const SEQUENCE_MS = 5000;

let forget: ReturnType<typeof setTimeout> | undefined;

function situation(target: EventTarget | null): Situation {
  const element = target instanceof Element ? target : null;
  return {
    isTyping: element?.closest(TYPING) !== null && element !== null,
    isModal: ui().dialog !== null || ui().menu !== null || (element?.closest(MODAL) ?? null) !== null,
    isMac: isMac(),
    setting: useSettings.getState().keys,
    sequence: ui().sequence,
  };
}

export const pressOf = (event: KeyboardEvent): Press => ({
  key: event.key,
  code: event.code,
  ctrlKey: event.ctrlKey,
  metaKey: event.metaKey,
  altKey: event.altKey,
  shiftKey: event.shiftKey,
  isComposing: event.isComposing,
  keyCode: event.keyCode,
  repeat: event.repeat,
  altGraph: event.getModifierState("AltGraph"),
});

/** Arrow keys and Escape have a meaning of their own inside some parts. */
function isTakenThere(event: KeyboardEvent): boolean {
  const target = event.target instanceof Element ? event.target : null;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    return target?.closest("[data-arrows]") !== null && target !== null;
  }
  return false;
}

/** Escape is not a character: it leaves a text field, so it works in all of them. */
function escape(event: KeyboardEvent): void {
  if (event.isComposing || useSettings.getState().keys === "off") return;
  // Menus and dialogs close themselves and give the focus back; one may be closed by this very key, so the path counts.
  if (ui().dialog !== null || ui().menu !== null) return;
  if (event.composedPath().some((node) => node instanceof Element && node.matches(MODAL))) return;
  perform("out");
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || isTakenThere(event)) return;
  if (event.key === "Escape") {
    escape(event);
    return;
  }
  const found = meaning(pressOf(event), situation(event.target), bindings());
  if (found.kind === "nothing") return;
  clearTimeout(forget);
  if (found.kind === "wait") {
    event.preventDefault();
    setUi({ sequence: found.sequence });
    forget = setTimeout(() => setUi({ sequence: null }), SEQUENCE_MS);
    return;
  }
  setUi({ sequence: null });
  if (found.kind === "cancel" || action(found.id)?.byForm) return;
  event.preventDefault();
  perform(found.id);
}

export function useKeys(): void {
  useEffect(() => {
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}
