// The one registry: handler, palette entry, shortcut sheet and conflict test all read this list.

import { go, here } from "../app/router";
import { focusOn, setUi, ui, type ListTab } from "../app/ui";
import { setting, useSettings } from "../app/settings";
import {
  accept,
  decline,
  myOffers,
  resolve,
  setState,
  snooze,
  stateChoices,
  step,
  take,
  takeNext,
  undoLast,
} from "../desk/commands";
import { current } from "../desk/current";
import { isWaiting } from "../desk/order";
import { snoozeChoices } from "../desk/snooze";
import { pickChannel } from "../composer/switch";
import { t } from "../i18n/t";
import { hub, isSupervisor } from "../sync/store";
import { serverClock } from "../sync/ticker";
import type { Binding } from "./match";
import { remapped } from "./remap";

export type Group = "everywhere" | "desk" | "conversation";

export interface Action extends Binding {
  group: Group;
  words: () => string;
  run: () => void;
  /** Possible now. */
  when?: () => boolean;
  /** Picked by a digit after the first key: shown in the strip, not on the sheet. */
  isChoice?: boolean;
  /** The form that has the focus handles it. */
  byForm?: boolean;
}

const hasConversation = (): boolean => here().page === "desk" && here().customer !== null;
const inHand = (): boolean => {
  const state = current()?.state;
  return state === "live" || state === "wrap_up" || state === "snoozed";
};

function withCurrent(what: (one: NonNullable<ReturnType<typeof current>>) => void): () => void {
  return () => {
    const one = current();
    if (one !== null) what(one);
  };
}

const tab = (name: ListTab) => (): void => {
  setUi({ tab: name, filter: null });
  if (here().page !== "desk") go("/desk");
  focusOn("list");
};

const digits = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

function write(mode: "reply" | "note"): void {
  setUi({ mode });
  focusOn(mode);
}

export function togglePanel(): void {
  if (matchMedia("(min-width: 1280px)").matches) setUi({ panel: !ui().panel });
  else setUi({ drawer: !ui().drawer });
}

/** To the list: a pane of its own on a phone, a drawer where it is less narrow, else a column. */
export function toList(): void {
  if (matchMedia("(max-width: 599px)").matches) go("/desk");
  if (matchMedia("(min-width: 600px) and (max-width: 1023px)").matches && here().customer !== null) setUi({ list: true });
  else focusOn("list");
}

/** One step out: menu, dialog, sequence, composer, selection. Never deletes. */
function stepOut(): void {
  const { sequence, menu, dialog, drawer, list, filter } = ui();
  if (sequence !== null) setUi({ sequence: null });
  else if (menu !== null) setUi({ menu: null });
  else if (dialog !== null) setUi({ dialog: null });
  else if (drawer || list) setUi({ drawer: false, list: false });
  else if (filter !== null) setUi({ filter: null });
  else if (document.activeElement instanceof HTMLElement && document.activeElement !== document.body) document.activeElement.blur();
}

export const ACTIONS: readonly Action[] = [
  { id: "palette", keys: ["Mod+k"], group: "everywhere", words: () => t("Search or command"), run: () => setUi({ dialog: "palette" }) },
  { id: "send", keys: ["Mod+Enter"], group: "everywhere", words: () => t("Send or confirm the form"), run: () => undefined, byForm: true },
  {
    id: "send-next",
    keys: ["Mod+Shift+Enter"],
    group: "everywhere",
    words: () => t("Send, resolve, next"),
    run: () => undefined,
    byForm: true,
  },
  { id: "out", keys: ["Escape"], group: "everywhere", words: () => t("One step out"), run: stepOut },
  {
    id: "sheet",
    keys: ["Mod+/", "?"],
    group: "everywhere",
    words: () => t("Keyboard shortcuts"),
    run: () => setUi({ dialog: ui().dialog === "shortcuts" ? null : "shortcuts" }),
  },
  {
    id: "accept",
    keys: ["F2"],
    group: "everywhere",
    words: () => t("Accept the top offer"),
    when: () => myOffers().length > 0,
    run: () => {
      const offer = myOffers()[0];
      if (offer) void accept(offer);
    },
  },
  {
    id: "decline",
    keys: ["Shift+F2"],
    group: "everywhere",
    words: () => t("Decline the top offer"),
    when: () => myOffers().length > 0,
    run: () => {
      const offer = myOffers()[0];
      if (offer) void decline(offer);
    },
  },
  { id: "next", keys: ["j", "ArrowDown"], group: "desk", words: () => t("Next conversation"), run: () => step(1) },
  { id: "previous", keys: ["k", "ArrowUp"], group: "desk", words: () => t("Previous conversation"), run: () => step(-1) },
  { id: "take-next", keys: ["w"], group: "desk", words: () => t("Next one waiting for me"), run: () => void takeNext() },
  { id: "open", keys: ["o"], group: "desk", words: () => t("Read the conversation"), when: hasConversation, run: () => focusOn("timeline") },
  {
    id: "back",
    keys: ["u"],
    group: "desk",
    words: () => t("Back to the list"),
    run: toList,
  },
  {
    id: "search",
    keys: ["/"],
    group: "desk",
    words: () => t("Search in this list"),
    run: () => {
      setUi({ filter: ui().filter ?? "" });
      focusOn("filter");
    },
  },
  {
    id: "mine",
    keys: ["i"],
    group: "desk",
    words: () => t("Assign to me"),
    when: () => {
      const row = hub().desk.rows.get(current()?.interaction_id ?? "");
      return row !== undefined && isWaiting(row);
    },
    run: withCurrent((one) => void take(one)),
  },
  { id: "assign", keys: ["a"], group: "desk", words: () => t("Assign to…"), when: inHand, run: () => setUi({ dialog: "assign" }) },
  { id: "go-all", keys: ["g i"], group: "desk", words: () => t("Go to All"), run: tab("all") },
  { id: "go-mine", keys: ["g m"], group: "desk", words: () => t("Go to Mine"), run: tab("mine") },
  { id: "go-team", keys: ["g t"], group: "desk", words: () => t("Go to Team"), run: tab("team") },
  { id: "go-snoozed", keys: ["g s"], group: "desk", words: () => t("Go to Snoozed"), run: tab("snoozed") },
  { id: "go-wall", keys: ["g w", "g q"], group: "desk", words: () => t("Go to Wallboard"), when: () => isSupervisor(hub()), run: () => go("/wall") },
  { id: "go-me", keys: ["g ,"], group: "desk", words: () => t("Go to Settings"), run: () => go("/me") },
  { id: "state", keys: [], group: "desk", words: () => t("Change my state"), run: () => setUi({ menu: "state" }) },
  ...digits.map((n): Action => ({
    id: `state-${n}`,
    keys: [`q ${n}`],
    group: "desk",
    isChoice: true,
    words: () => stateChoices()[n - 1]?.words ?? "",
    when: () => n <= stateChoices().length,
    run: () => {
      const choice = stateChoices()[n - 1];
      if (choice) void setState(choice.status, choice.reason);
    },
  })),
  { id: "reply", keys: ["r"], group: "conversation", words: () => t("Reply"), when: hasConversation, run: () => write("reply") },
  { id: "note", keys: ["n"], group: "conversation", words: () => t("Note"), when: hasConversation, run: () => write("note") },
  ...digits.map((n): Action => ({
    id: `channel-${n}`,
    keys: [`c ${n}`],
    group: "conversation",
    isChoice: true,
    words: () => t("Reply on channel {n}", { n }),
    when: hasConversation,
    run: () => void pickChannel(n - 1),
  })),
  { id: "transfer", keys: ["t"], group: "conversation", words: () => t("Transfer"), when: inHand, run: () => setUi({ dialog: "transfer" }) },
  { id: "resolve", keys: ["e"], group: "conversation", words: () => t("Resolve"), when: inHand, run: withCurrent((one) => void resolve(one)) },
  {
    id: "resolve-next",
    keys: ["Shift+e"],
    group: "conversation",
    words: () => t("Resolve and next"),
    when: inHand,
    run: withCurrent((one) => void resolve(one, true)),
  },
  ...digits.slice(0, 5).map((n): Action => ({
    id: `snooze-${n}`,
    keys: [`h ${n}`],
    group: "conversation",
    isChoice: true,
    words: () => snoozeChoices(serverClock.now())[n - 1]?.words ?? "",
    when: () => current()?.state === "live",
    run: withCurrent((one) => void snooze(one, snoozeChoices(serverClock.now())[n - 1]?.until ?? null)),
  })),
  {
    id: "snooze-6",
    keys: ["h 6"],
    group: "conversation",
    isChoice: true,
    words: () => t("Pick a time…"),
    when: () => current()?.state === "live",
    run: () => setUi({ dialog: "snooze" }),
  },
  { id: "brief", keys: ["s"], group: "conversation", words: () => t("Brief: open or close"), when: hasConversation, run: () => setUi({ brief: !ui().brief }) },
  { id: "why", keys: ["y"], group: "conversation", words: () => t("Why me?"), when: hasConversation, run: () => setUi({ why: !ui().why }) },
  { id: "panel", keys: ["v"], group: "conversation", words: () => t("Customer panel on or off"), when: hasConversation, run: togglePanel },
  {
    id: "events",
    keys: ["b"],
    group: "conversation",
    words: () => t("System events on or off"),
    when: hasConversation,
    run: () => setting({ systemEvents: !useSettings.getState().systemEvents }),
  },
  { id: "undo", keys: ["z"], group: "conversation", words: () => t("Undo the last action"), run: undoLast },
];

const byId = new Map(ACTIONS.map((action) => [action.id, action]));

/** The registry with the keys this person has chosen. */
export const bindings = (): readonly Action[] => remapped(ACTIONS, useSettings.getState().ownKeys);

export const action = (id: string): Action | undefined => byId.get(id);

export function perform(id: string): void {
  const found = byId.get(id);
  if (found && (found.when?.() ?? true)) found.run();
}

/** What may follow the first key of a sequence. */
export function choices(sequence: string): { key: string; words: string }[] {
  return bindings().filter((one) => one.when?.() ?? true).flatMap((one) =>
    one.keys
      .filter((keys) => keys.startsWith(`${sequence} `))
      .slice(0, 1)
      .map((keys) => ({ key: keys.slice(sequence.length + 1), words: one.words() })),
  );
}

