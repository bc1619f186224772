import { describe, expect, it } from "vitest";

import { pause } from "./link";

describe("the pause before another try", () => {
  it("grows, is spread by chance, and has an end", () => {
    expect([0, 1, 3, 50].map((tries) => pause(tries, 1))).toEqual([700, 1100, 3500, 15_300]);
    expect(pause(10, 0)).toBe(300);
  });
});
