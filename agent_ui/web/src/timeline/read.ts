// The one place that knows what an event's data looks like. Everything else works with readings. Pure.

import type { Address, Attachment, HubEvent, MissCause, Span } from "../api/types";
import { t } from "../i18n/t";

export interface Said {
  kind: "said";
  by: "customer" | "us";
  text: string;
  html: string | null;
  subject: string;
  attachments: readonly Attachment[];
  quoted: readonly Span[];
  signature: Span | null;
  name: string;
  from: string;
  to: readonly string[];
  cc: readonly string[];
  automatic: string | null;
  unverified: boolean;
  isDuplicate: boolean;
  page: string | null;
  resendOf: string | null;
}

export type Reading =
  | Said
  | { kind: "note"; text: string; mentions: readonly string[]; attachments: readonly Attachment[] }
  | { kind: "unreadable"; reason: string; raw: string | null; size: number; subject: string }
  | { kind: "edit"; message: string; text: string }
  | { kind: "deletion"; message: string }
  | { kind: "reaction"; message: string; emoji: string | null }
  /** Shown on the message itself. */
  | { kind: "delivery" }
  | { kind: "system" };

type Data = Record<string, unknown>;

const text = (data: Data, name: string): string => (typeof data[name] === "string" ? data[name] : "");
const maybe = (data: Data, name: string): string | null => (typeof data[name] === "string" ? data[name] : null);
const list = <T>(data: Data, name: string): readonly T[] => (Array.isArray(data[name]) ? (data[name] as T[]) : []);
const count = (data: Data, name: string): number => (typeof data[name] === "number" ? data[name] : 0);

const isSpan = (value: unknown): value is Span =>
  Array.isArray(value) && typeof value[0] === "number" && typeof value[1] === "number" && value[0] <= value[1];

/** Only what people can use: the id of a web visit says nothing. */
export function addressWords(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || !("value" in value)) return "";
  const { kind, value: words } = value as Address;
  if (kind === "visitor") return "";
  return kind === "external" ? words.replace(/^[^:]*:/, "") : words;
}

const READERS: Record<string, (data: Data) => Reading> = {
  "message.received": (data) => ({
    kind: "said",
    by: "customer",
    text: text(data, "text"),
    html: maybe(data, "html"),
    subject: text(data, "subject"),
    attachments: list<Attachment>(data, "attachments"),
    quoted: list<unknown>(data, "quoted").filter(isSpan),
    signature: isSpan(data["signature"]) ? data["signature"] : null,
    name: text(data, "name"),
    from: addressWords(data["sender"]),
    to: list<unknown>(data, "to").map(addressWords),
    cc: list<string>(data, "cc"),
    automatic: maybe(data, "automatic"),
    unverified: data["unverified"] === true,
    isDuplicate: typeof data["duplicate_of"] === "string",
    page: maybe(data, "page"),
    resendOf: null,
  }),
  "message.queued": (data) => ({
    kind: "said",
    by: "us",
    text: text(data, "text"),
    html: maybe(data, "html"),
    subject: text(data, "subject"),
    attachments: list<Attachment>(data, "attachments"),
    quoted: [],
    signature: null,
    name: "",
    from: "",
    to: [addressWords(data["to"])].filter(Boolean),
    cc: list<string>(data, "cc"),
    automatic: null,
    unverified: false,
    isDuplicate: false,
    page: null,
    resendOf: maybe(data, "resend_of"),
  }),
  "note.added": (data) => ({
    kind: "note",
    text: text(data, "text"),
    mentions: list<string>(data, "mentions"),
    attachments: list<Attachment>(data, "attachments"),
  }),
  "payload.unreadable": (data) => ({
    kind: "unreadable",
    reason: text(data, "reason"),
    raw: maybe(data, "raw"),
    size: count(data, "size"),
    subject: text(data, "subject"),
  }),
  "message.edited": (data) => ({ kind: "edit", message: text(data, "message"), text: text(data, "text") }),
  "message.deleted": (data) => ({ kind: "deletion", message: text(data, "message") }),
  "reaction.added": (data) => ({ kind: "reaction", message: text(data, "message"), emoji: maybe(data, "emoji") }),
  "delivery.updated": () => ({ kind: "delivery" }),
  "timer.due": () => ({ kind: "delivery" }),
};

const SYSTEM: Reading = { kind: "system" };
const known = new WeakMap<HubEvent, Reading>();

/** An event never changes, so it is read once. */
export function readEvent(event: HubEvent): Reading {
  let reading = known.get(event);
  if (reading === undefined) {
    reading = READERS[event.type]?.(event.data) ?? SYSTEM;
    known.set(event, reading);
  }
  return reading;
}

export interface Part {
  text: string;
  fold: "quoted" | "signature" | null;
}

/** The text cut at its folds, in order; nothing of it is lost. */
export function partsOf(said: Pick<Said, "text" | "quoted" | "signature">): Part[] {
  const folds = [
    ...said.quoted.map((span) => ({ span, fold: "quoted" as const })),
    ...(said.signature === null ? [] : [{ span: said.signature, fold: "signature" as const }]),
  ].sort((a, b) => a.span[0] - b.span[0]);
  // The hub counts code points, a string here counts UTF-16 units.
  const signs = Array.from(said.text);
  const parts: Part[] = [];
  let at = 0;
  const push = (from: number, to: number, fold: Part["fold"]): void => {
    const piece = signs.slice(from, to).join("");
    if (piece.trim() !== "") parts.push({ text: piece.replace(/^\n+|\s+$/g, ""), fold });
  };
  for (const { span, fold } of folds) {
    const [start, end] = [Math.max(at, span[0]), Math.min(signs.length, span[1])];
    if (start >= end) continue;
    push(at, start, null);
    push(start, end, fold);
    at = end;
  }
  push(at, signs.length, null);
  return parts;
}

export interface Names {
  agent(id: string): string;
  queue(id: string | null): string;
}

export const MISS_WORDS: Record<MissCause, () => string> = {
  ignored: () => t("not answered"),
  tab_asleep: () => t("tab asleep"),
  no_microphone: () => t("no microphone"),
  socket_down: () => t("connection lost"),
  device_lost: () => t("device lost"),
};

export const missWords = (cause: string): string => MISS_WORDS[cause as MissCause]?.() ?? cause;

const RESCIND_WORDS: Record<string, () => string> = {
  taken: () => t("taken by someone else"),
  customer_left: () => t("the customer left"),
  moved: () => t("moved to another queue"),
  canceled: () => t("canceled"),
  status_set: () => t("state was changed"),
};

export const rescindWords = (cause: string): string => RESCIND_WORDS[cause]?.() ?? cause;

/** Who did it: an agent's name, the customer, a rule, or the system. */
export function actorName(actor: string, names: Names, customer: string): string {
  if (actor === "customer" || actor.startsWith("customer:")) return customer;
  if (actor === "system" || actor.startsWith("system")) return t("System");
  if (actor.startsWith("rule:")) return t("Rule {name}", { name: actor.slice(5) });
  return names.agent(actor.replace(/^agent:/, ""));
}

type Words = (data: Data, who: string, names: Names) => string;

const agentOf = (data: Data, names: Names): string => names.agent(text(data, "agent_id"));
const withReason = (words: string, reason: string): string => (reason === "" ? words : `${words}: ${reason}`);

const SYSTEM_WORDS: Record<string, Words> = {
  "customer.first_seen": () => t("First contact"),
  "address.linked": (data) => t("{address} was added", { address: addressWords(data["address"]) }),
  "customers.merged": (data, who) => withReason(t("Two records were joined by {who}", { who }), text(data, "reason")),
  "customers.unmerged": (data, who) => withReason(t("Records were parted by {who}", { who }), text(data, "reason")),
  "customer.updated": (data, who) =>
    text(data, "name") ? t("{who} named the customer {name}", { who, name: text(data, "name") }) : t("{who} changed the customer", { who }),
  "customer.opted_out": () => t("The customer opted out of messages on this channel"),
  "interaction.created": (data) =>
    text(data, "subject") ? t("Opened: {subject}", { subject: text(data, "subject") }) : t("Opened"),
  "interaction.queued": (data, _who, names) => t("To {queue}", { queue: names.queue(maybe(data, "queue_id")) }),
  "interaction.moved": (data, _who, names) => t("Moved to {queue}", { queue: names.queue(maybe(data, "queue_id")) }),
  "interaction.scheduled": () => t("Call back planned"),
  "interaction.accepted": (data, _who, names) =>
    maybe(data, "offer_id") === null
      ? t("{agent} took it", { agent: agentOf(data, names) })
      : t("{agent} accepted", { agent: agentOf(data, names) }),
  "interaction.held": () => t("On hold"),
  "interaction.resumed": (data, _who, names) => t("Back with {agent}", { agent: agentOf(data, names) }),
  "interaction.snoozed": (_data, who) => t("{who} snoozed it", { who }),
  "interaction.transferred": (data, who, names) => {
    const to = maybe(data, "to");
    const target = to === null ? names.queue(maybe(data, "queue_id")) : names.agent(to);
    return withReason(t("{who} transferred it to {target}", { who, target }), text(data, "reason"));
  },
  "interaction.returned": (data, _who, names) => t("Back to {queue}: agent lost", { queue: names.queue(maybe(data, "queue_id")) }),
  "interaction.wrapped": () => t("Wrap-up"),
  "interaction.closed": (_data, who) => t("{who} resolved it", { who }),
  "interaction.reopened": (_data, who) => t("{who} opened it again", { who }),
  "interaction.abandoned": () => t("The customer left before an answer"),
  "interaction.flowed_out": (data) => withReason(t("Left the queue"), text(data, "reason")),
  "interaction.expired": () => t("Closed after a long silence"),
  "interaction.canceled": (data) => withReason(t("Canceled"), text(data, "reason")),
  "offer.made": (data, _who, names) => t("Offered to {agent}", { agent: agentOf(data, names) }),
  "offer.accepted": (data, _who, names) => t("{agent} accepted the offer", { agent: agentOf(data, names) }),
  "offer.declined": (data, _who, names) => withReason(t("{agent} declined", { agent: agentOf(data, names) }), text(data, "reason")),
  "offer.timed_out": (data, _who, names) =>
    t("Offer to {agent} missed: {cause}", { agent: agentOf(data, names), cause: missWords(text(data, "cause")) }),
  "offer.rescinded": (data, _who, names) =>
    t("Offer to {agent} withdrawn: {cause}", { agent: agentOf(data, names), cause: rescindWords(text(data, "cause")) }),
  "decision.voided": (data) => withReason(t("A routing decision did not hold"), text(data, "reason")),
  "label.added": (data, who) => t("{who} added the label {label}", { who, label: text(data, "label") }),
  "disposition.set": (data, who) => t("{who} set the result {code}", { who, code: text(data, "code") }),
};

export function systemWords(event: HubEvent, names: Names, customer: string): string {
  const words = SYSTEM_WORDS[event.type];
  // A type newer than this page: its own name is better than nothing.
  if (words === undefined) return event.type.replace(/[._]/g, " ");
  return words(event.data, actorName(event.actor, names, customer), names);
}

export interface WhyLine {
  term: string;
  words: string;
}

const RULES: Record<string, () => string> = {
  preferred_agent: () => t("Knows this customer: preferred agent"),
  longest_idle: () => t("Free for the longest time"),
};

/** The decision record of an offer, in words; what this version does not know is shown as it is. */
export function whyWords(why: Record<string, unknown>): string {
  const rule = RULES[text(why, "rule")]?.() ?? text(why, "rule");
  const capacity = count(why, "capacity");
  const free = capacity > 0 ? t("{free} of {capacity} units free", { free: capacity - count(why, "load"), capacity }) : "";
  return [rule, free].filter(Boolean).join(" · ");
}

export function whyLines(why: Record<string, unknown>, time: (moment: string) => string, span: (seconds: number) => string): WhyLine[] {
  const lines: WhyLine[] = [];
  const add = (term: string, words: string): void => {
    if (words !== "") lines.push({ term, words });
  };
  add(t("Rule"), RULES[text(why, "rule")]?.() ?? text(why, "rule"));
  if (typeof why["waited"] === "number") add(t("Waited"), span(why["waited"]));
  if (typeof why["load"] === "number") add(t("Load"), t("{load} of {capacity} units", { load: count(why, "load"), capacity: count(why, "capacity") }));
  const idle = maybe(why, "idle_since");
  if (idle !== null) add(t("Idle since"), time(idle));
  if (typeof why["free_agents"] === "number") add(t("Agents free"), String(why["free_agents"]));
  if (typeof why["waiting"] === "number") add(t("Others waiting"), String(Math.max(0, count(why, "waiting") - 1)));
  add(t("Started by"), text(why, "trigger").replace(/[._]/g, " "));
  if (typeof why["position"] === "number") add(t("Position"), String(why["position"]));
  add(t("Configuration"), String(why["configuration"] ?? ""));
  add(t("Kernel"), String(why["kernel"] ?? ""));
  return lines;
}
