import { describe, expect, it } from "vitest";

import { EMPTY, lastOfAgents, merge, unread } from "./log";
import type { Shown } from "./protocol";

const said = (position: number, by: "customer" | "agent" = "agent", status = "sent"): Shown => ({
  position,
  event_id: `e${position}`,
  by,
  text: `m${position}`,
  at: "2026-11-24T14:54:00Z",
  status,
});

describe("the log", () => {
  it("keeps order and doubles nothing, however frames overlap (duplicated, reordered)", () => {
    let log = merge(EMPTY, { messages: [said(3), said(5)], position: 5 });
    log = merge(log, { messages: [said(1, "customer"), said(3), said(5)], position: 5 });
    expect(log.messages.map((one) => one.position)).toEqual([1, 3, 5]);
  });

  it("never goes back to an older position", () => {
    const log = merge(merge(EMPTY, { messages: [], position: 9 }), { messages: [said(4)], position: 4 });
    expect(log.position).toBe(9);
  });

  it("throws away what it had when the hub says so (resync)", () => {
    const log = merge(merge(EMPTY, { messages: [said(1)], position: 1 }), { messages: [said(8)], position: 8, resync: true });
    expect(log.messages.map((one) => one.position)).toEqual([8]);
  });

  it("takes the newer status of a message", () => {
    const log = merge(merge(EMPTY, { messages: [said(2)], position: 2 }), { messages: [said(2, "agent", "read")], position: 3 });
    expect(log.messages[0]?.status).toBe("read");
  });

  it("counts what was not seen", () => {
    const log = merge(EMPTY, { messages: [said(1), said(2, "customer"), said(3), said(4, "agent", "read")], position: 4 });
    expect([unread(log, 1), lastOfAgents(log)]).toEqual([1, 4]);
  });
});
