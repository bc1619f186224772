import { describe, expect, test } from "vitest";
import { answered, event, pending, START } from "../testing/given";
import { add, next, revive, settle } from "./outbox";

describe("outbox", () => {
  test("the same client id twice is one entry", () => {
    const one = add([], pending());
    expect(add(one, pending({ text: "again" }))).toBe(one);
  });

  test("an entry is done when the event with its client id comes", () => {
    const outbox = [pending(), pending({ client_id: "k2" })];
    const came = event("message.queued", { text: "Hello", client_id: "k1" });
    expect(settle(outbox, [came]).map((one) => one.client_id)).toEqual(["k2"]);
  });

  test("an entry is done when the event that the answer named comes, though it carries no client id", () => {
    const came = answered("Hello");
    expect(settle([pending({ event_id: came.event_id })], [came])).toEqual([]);
  });

  test("events of others leave the same outbox object", () => {
    const outbox = [pending()];
    expect(settle(outbox, [answered("Bye")])).toBe(outbox);
  });

  test("messages of one conversation go one after the other", () => {
    const outbox = [pending({ state: "sending" }), pending({ client_id: "k2" })];
    expect(next(outbox, START)).toBeNull();
  });

  test("another conversation is not held up", () => {
    const outbox = [pending({ state: "sending" }), pending({ client_id: "k2", interaction_id: "i2" })];
    expect(next(outbox, START)?.client_id).toBe("k2");
  });

  test("a refused message holds back nothing", () => {
    expect(next([pending({ state: "refused" }), pending({ client_id: "k2" })], START)?.client_id).toBe("k2");
  });

  test("a held message waits until its undo is over", () => {
    const held = [pending({ state: "held", until: START + 5000 })];
    expect(next(held, START + 4999)).toBeNull();
    expect(next(held, START + 5000)?.client_id).toBe("k1");
  });

  test("a later message does not overtake a held one", () => {
    expect(next([pending({ state: "held", until: START + 5000 }), pending({ client_id: "k2" })], START)).toBeNull();
  });

  test("after a reload what was on the wire is sent again under the same id, and what was refused stays refused", () => {
    const kept = revive([pending({ state: "sending" }), pending({ client_id: "k2", state: "held" }), pending({ client_id: "k3", state: "refused" })]);
    expect(kept.map((one) => [one.client_id, one.state])).toEqual([
      ["k1", "waiting"],
      ["k2", "waiting"],
      ["k3", "refused"],
    ]);
  });
});
