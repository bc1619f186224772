import { describe, expect, test } from "vitest";
import { ACTIONS } from "./actions";
import { conflicts } from "./match";
import { holderOf, isFree, ownKey, remapped } from "./remap";

const keysOf = (id: string, own: Record<string, string>) => remapped(ACTIONS, own).find((one) => one.id === id)?.keys;

describe("own keys", () => {
  test("an own key takes the place of all built-in ones of its action; others keep theirs", () => {
    expect(keysOf("next", { j: "l" })).toEqual(["l"]);
    expect(keysOf("next", { j: "" })).toEqual([]);
    expect(keysOf("previous", { j: "l" })).toEqual(["k", "ArrowUp"]);
    expect(ownKey("j", { j: "l" })).toBe("l");
    expect(ownKey("k", { j: "l" })).toBe("k");
  });

  test("a key that another action has, or begins a sequence with, is named", () => {
    expect(holderOf("e", ACTIONS, "next")?.id).toBe("resolve");
    expect(holderOf("g", ACTIONS, "next")?.id).toBe("go-all");
    expect(holderOf("j", ACTIONS, "next")).toBeUndefined();
    expect(holderOf("x", ACTIONS, "next")).toBeUndefined();
  });

  test("keys of the browser and of screen readers stay theirs", () => {
    for (const key of ["Mod+Shift+k", "Escape", "Enter", "Tab", " ", "Shift+Tab"]) expect(isFree(key)).toBe(false);
    for (const key of ["l", "Mod+j", "F4", "Shift+l"]) expect(isFree(key)).toBe(true);
  });

  test("a free key makes no conflict", () => {
    expect(conflicts(remapped(ACTIONS, { j: "l", "Mod+k": "Mod+p" }))).toEqual([]);
  });
});
