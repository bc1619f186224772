import { describe, expect, test } from "vitest";
import { ACTIONS } from "./actions";
import { chord, conflicts, meaning, type Press, type Situation } from "./match";
import { shownKeys } from "./names";

const press = (key: string, news: Partial<Press> = {}): Press => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  isComposing: false,
  keyCode: 0,
  repeat: false,
  altGraph: false,
  ...news,
});

const free: Situation = { isTyping: false, isModal: false, isMac: false, setting: "on", sequence: null };
const means = (one: Press, now: Partial<Situation> = {}) => meaning(one, { ...free, ...now }, ACTIONS);

describe("keys", () => {
  test("a letter acts where nothing is typed", () => {
    expect(means(press("r"))).toEqual({ kind: "action", id: "reply" });
  });

  test("capitals by Caps Lock are the same letter, Shift is another chord", () => {
    expect(means(press("E"))).toEqual({ kind: "action", id: "resolve" });
    expect(means(press("E", { shiftKey: true }))).toEqual({ kind: "action", id: "resolve-next" });
  });

  test("a sign counts by its character, whatever makes it on this layout", () => {
    expect(means(press("?", { shiftKey: true }))).toEqual({ kind: "action", id: "sheet" });
    expect(means(press("/", { shiftKey: true }))).toEqual({ kind: "action", id: "search" });
  });

  test("the palette opens everywhere, also while typing, by Ctrl or on a Mac by Cmd", () => {
    expect(means(press("k", { ctrlKey: true }), { isTyping: true })).toEqual({ kind: "action", id: "palette" });
    expect(means(press("k", { metaKey: true }), { isTyping: true, isMac: true })).toEqual({ kind: "action", id: "palette" });
    expect(means(press("k", { metaKey: true }))).toEqual({ kind: "nothing" });
  });

  test("an offer is accepted from anywhere, and held down only once", () => {
    expect(means(press("F2"), { isTyping: true, isModal: true })).toEqual({ kind: "action", id: "accept" });
    expect(means(press("F2", { shiftKey: true }), { isTyping: true })).toEqual({ kind: "action", id: "decline" });
    expect(means(press("F2", { repeat: true }))).toEqual({ kind: "nothing" });
  });

  test("a sequence waits for its second key, takes a digit before any other use, and is given up by another key", () => {
    expect(means(press("q"))).toEqual({ kind: "wait", sequence: "q" });
    expect(means(press("2"), { sequence: "q" })).toEqual({ kind: "action", id: "state-2" });
    expect(means(press("i"), { sequence: "g" })).toEqual({ kind: "action", id: "go-all" });
    expect(means(press("x"), { sequence: "g" })).toEqual({ kind: "cancel" });
  });

  test("only the palette: all other keys are silent; off: all are", () => {
    expect(means(press("k", { ctrlKey: true }), { setting: "palette" })).toEqual({ kind: "action", id: "palette" });
    expect(means(press("F2"), { setting: "palette" })).toEqual({ kind: "nothing" });
    expect(means(press("r"), { setting: "palette" })).toEqual({ kind: "nothing" });
    expect(means(press("k", { ctrlKey: true }), { setting: "off" })).toEqual({ kind: "nothing" });
  });

  test("no two actions share a key, and none is the start of a sequence", () => {
    expect(conflicts(ACTIONS)).toEqual([]);
  });

  test("a conflict is found", () => {
    expect(conflicts([{ id: "a", keys: ["g"] }, { id: "b", keys: ["g i", "g"] }])).toEqual(["g: a and b", "g starts g i"]);
  });

  test("no shortcut uses Alt, or Ctrl+Shift with a letter", () => {
    const keys = ACTIONS.flatMap((one) => one.keys);
    expect(keys.filter((key) => /Alt|Mod\+Shift\+[a-z]$/i.test(key))).toEqual([]);
  });
});

describe("typing on any layout fires nothing", () => {
  // What people type with AltGr, dead keys and input methods, and plain characters in a field.
  const typed: [layout: string, press: Press][] = [
    ["PL ą", press("ą", { altGraph: true, ctrlKey: true, altKey: true })],
    ["PL ć", press("ć", { altGraph: true })],
    ["PL €", press("€", { altGraph: true })],
    ["DE @", press("@", { altGraph: true, ctrlKey: true, altKey: true })],
    ["DE {", press("{", { altGraph: true })],
    ["FR #", press("#", { altGraph: true })],
    ["FR dead ^", press("Dead")],
    ["ES |", press("|", { altGraph: true })],
    ["HU &", press("&", { ctrlKey: true, altKey: true })],
    ["LV ī with Alt", press("ī", { altKey: true })],
    ["AR ر", press("ر")],
    ["IME composing", press("r", { isComposing: true })],
    ["IME 229", press("Process", { keyCode: 229 })],
    ["Mac Option+E", press("´", { altKey: true })],
  ];

  test.each(typed)("%s outside a field", (_layout, one) => {
    expect(means(one)).toEqual({ kind: "nothing" });
  });

  test.each([..."abcdefghijklmnopqrstuvwxyz0123456789?/,.ąßéñőāر"])("%s in a field", (key) => {
    expect(means(press(key), { isTyping: true })).toEqual({ kind: "nothing" });
  });

  test("a lone modifier is no chord", () => {
    expect(chord(press("Shift", { shiftKey: true }), false)).toBeNull();
  });
});

test("keys are written as people know them", () => {
  expect(shownKeys("Mod+Enter", false)).toBe("Ctrl ↵");
  expect(shownKeys("Mod+k", true)).toBe("⌘K");
  expect(shownKeys("Shift+F2", false)).toBe("⇧F2");
  expect(shownKeys("g i", false)).toBe("G I");
});
