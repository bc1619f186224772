import { describe, expect, test } from "vitest";
import { at, row, rows } from "../testing/given";
import { counts, frozen, nextWaiting, ordered, type OrderInput } from "./order";

const work: Record<string, string> = { chat: "chat", mail: "email", phone: "call" };

const input = (...all: ReturnType<typeof row>[]): OrderInput => ({
  rows: rows(...all),
  offers: new Map(),
  me: "me",
  queues: new Set(["support"]),
  work: (channel) => work[channel] ?? "async",
});

const ALL = input(
  row({ interaction_id: "quiet", last_at: at(5) }),
  row({ interaction_id: "mail", channel_id: "mail", waiting_since: at(1) }),
  row({ interaction_id: "chat late", waiting_since: at(20) }),
  row({ interaction_id: "chat early", waiting_since: at(10) }),
  row({ interaction_id: "call", channel_id: "phone", waiting_since: at(50) }),
  row({ interaction_id: "offered", state: "offered", agent_id: null, offered_to: "me" }),
  row({ interaction_id: "asleep", state: "snoozed", wake_at: at(900) }),
  row({ interaction_id: "asleep, no time", state: "snoozed" }),
  row({ interaction_id: "waits", state: "queued", agent_id: null, age_start: at(2) }),
  row({ interaction_id: "waits longer", state: "queued", agent_id: null, age_start: at(1) }),
  row({ interaction_id: "elsewhere", state: "queued", agent_id: null, queue_id: "other" }),
  row({ interaction_id: "Rui's", agent_id: "rui" }),
);

describe("desk order", () => {
  test("mine: offers, live calls, live chats by longest wait, then the rest that waits, then the quiet ones", () => {
    expect(ordered("mine", ALL)).toEqual(["offered", "call", "chat early", "chat late", "mail", "quiet"]);
  });

  test("team: what waits in my queues, in routing order", () => {
    expect(ordered("team", ALL)).toEqual(["offered", "waits longer", "waits"]);
  });

  test("snoozed: mine, by when they wake; without a time last", () => {
    expect(ordered("snoozed", ALL)).toEqual(["asleep", "asleep, no time"]);
  });

  test("the numbers on the tabs are those of the rows", () => {
    expect(counts(ALL)).toEqual({ mine: 6, team: 3, all: 12, snoozed: 2 });
  });

  test("the next waiting one is the longest waiting of mine, not the one that is open", () => {
    expect(nextWaiting(ALL, null)).toBe("mail");
    expect(nextWaiting(ALL, "mail")).toBe("chat early");
    expect(nextWaiting(input(row()), null)).toBeNull();
  });

  test("while it is held nothing moves, vanishes or comes in: what is new is counted", () => {
    expect(frozen(["a", "b", "c"], ["d", "c", "a"])).toEqual({ ids: ["a", "b", "c"], fresh: 1 });
  });
});
