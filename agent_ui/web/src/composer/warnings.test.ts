import { describe, expect, test } from "vitest";
import { answered, event, said } from "../testing/given";
import { warningsOf, type Written } from "./warnings";

const written = (text: string, news: Partial<Written> = {}): Written => ({ text, hasFiles: false, began: 0, hasMention: false, ...news });

describe("what is worth knowing before a reply goes out", () => {
  test("nothing, for a plain answer and for no answer at all", () => {
    expect(warningsOf(written("It comes on Friday."), [])).toEqual([]);
    expect(warningsOf(written("  \n"), [])).toEqual([]);
  });

  test("the customer wrote after it was begun; an own answer and an automatic one are no such news", () => {
    const before = said("Hello");
    const after = said("Forget it, I found it");
    const began = before.position ?? 0;
    expect(warningsOf(written("One moment", { began }), [before, after])).toEqual(["customer-wrote"]);
    expect(warningsOf(written("One moment", { began }), [before])).toEqual([]);
    expect(warningsOf(written("One moment", { began }), [answered("Yes")])).toEqual([]);
    const absent = event("message.received", { text: "I am away", automatic: "auto-replied" });
    expect(warningsOf(written("One moment", { began }), [absent])).toEqual([]);
  });

  test("nobody knows when it was begun: it says nothing rather than something wrong", () => {
    expect(warningsOf(written("One moment", { began: 0 }), [said("Hello")])).toEqual([]);
  });

  test.each(["INTERNAL: she pays late", "Don’t tell her yet", "nota interna", "Das bleibt unter uns", "é interno"])("words for the team: %s", (text) => {
    expect(warningsOf(written(text), [])).toEqual(["note-like"]);
  });

  test.each(["Is your internet slow?", "Internationally, yes", "internet/internes"])("words that only begin alike: %s", (text) => {
    expect(warningsOf(written(text), [])).toEqual([]);
  });

  test("a colleague is called by name in a public reply", () => {
    expect(warningsOf(written("@Rui can you look?", { hasMention: true }), [])).toEqual(["note-like"]);
  });

  test.each(["See the attached invoice", "Segue em anexo", "siehe im Anhang", "vous trouverez ci-joint"])("a file is spoken of and is not there: %s", (text) => {
    expect(warningsOf(written(text), [])).toEqual(["file-missing"]);
    expect(warningsOf(written(text, { hasFiles: true }), [])).toEqual([]);
  });
});
