import { beforeEach, describe, expect, it } from "vitest";

import { add, change, Kept, next, remove, revive, settle, type Queue, type Waiting } from "./queue";

const waiting = (client_id: string, state: Waiting["state"] = "queued"): Waiting => ({
  message: { client_id, text: client_id },
  files: [],
  at: 0,
  state,
});

const shown = (client_id: string) => ({ position: 1, event_id: "e", by: "customer" as const, text: "", at: "", client_id });

describe("the queue", () => {
  it("sends in order; one that was refused holds back nothing", () => {
    let queue: Queue = [waiting("a"), waiting("b")];
    expect(next(queue)?.message.client_id).toBe("a");
    queue = change(queue, "a", { state: "failed" });
    expect(next(queue)?.message.client_id).toBe("b");
  });

  it("lets go of what stands in the log (acknowledgement lost on the way)", () => {
    expect(settle([waiting("a", "sending"), waiting("b")], [shown("a")]).map((one) => one.message.client_id)).toEqual(["b"]);
  });

  it("sends again after a reload what was on the wire, under the same id", () => {
    expect(revive([waiting("a", "sending")])).toEqual([waiting("a")]);
  });

  it("adds and removes", () => {
    expect(remove(add([waiting("a")], waiting("b")), "a")).toEqual([waiting("b")]);
  });
});

describe("storage", () => {
  beforeEach(() => localStorage.clear());

  it("survives a reload", () => {
    new Kept("x:").write("queue", [waiting("a")]);
    expect(new Kept("x:").read("queue", [])).toEqual([waiting("a")]);
  });

  it("gives the fallback for content it can't read (garbled)", () => {
    localStorage.setItem("x:queue", "{");
    expect(new Kept("x:").read("queue", "none")).toBe("none");
  });
});
