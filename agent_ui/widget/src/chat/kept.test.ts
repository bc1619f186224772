import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Kept } from "./kept";

beforeEach(() => localStorage.clear());
afterEach(() => vi.restoreAllMocks());

describe("storage", () => {
  it("gives the fallback for nothing, and for content it can't read (garbled)", () => {
    localStorage.setItem("x:bad", "{");
    expect([new Kept("x:").read("bad", "none"), new Kept("x:").read("no", 1)]).toEqual(["none", 1]);
  });

  it("lists and removes its own keys only", () => {
    const kept = new Kept("x:");
    kept.write("out:a", 1);
    kept.write("visit", 2);
    new Kept("y:").write("out:b", 3);
    expect(kept.keys("out:")).toEqual(["out:a"]);
    kept.remove("out:a");
    expect(kept.keys("")).toEqual(["visit"]);
  });

  it("goes on in memory while storage is full, and shows the newer value, not the stored one", () => {
    const kept = new Kept("x:");
    kept.write("draft", "old");
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    kept.write("draft", "new");
    expect(kept.read("draft", "")).toBe("new");
    expect(kept.keys("draft")).toEqual(["draft"]);
  });

  it("works where storage is forbidden", () => {
    for (const name of ["getItem", "setItem", "removeItem", "key"] as const) {
      vi.spyOn(Storage.prototype, name).mockImplementation(() => {
        throw new DOMException("no", "SecurityError");
      });
    }
    const kept = new Kept("x:");
    kept.write("a", 1);
    expect([kept.read("a", 0), kept.read("b", 0), kept.keys("a")]).toEqual([1, 0, ["a"]]);
    kept.remove("a");
    expect(kept.read("a", 0)).toBe(0);
  });
});
