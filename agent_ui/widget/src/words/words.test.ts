import { describe, expect, it } from "vitest";

import { choose, fill, language, words } from ".";
import { ar } from "./ar";
import { de } from "./de";
import { en } from "./en";
import { es } from "./es";
import { fr } from "./fr";
import { pt } from "./pt";

const places = (sentence: string) => sentence.split("{}").length - 1;

describe("the words", () => {
  it.each(Object.entries({ ar, de, es, fr, pt }))("%s has every sentence, with the same places to fill", (_, other) => {
    expect(Object.keys(other)).toEqual(Object.keys(en));
    expect(Object.values(other).map(places)).toEqual(Object.values(en).map(places));
    expect(Object.values(other)).not.toContain("");
  });

  it("puts values in as they are", () => {
    expect(fill("{} of {}", "$&", 2)).toBe("$& of 2");
  });

  it("takes the first language there is, and its direction", async () => {
    await choose(["xx", "ar-EG", "en"]);
    expect([words.retry, language, document.documentElement.dir]).toEqual([ar.retry, "ar-EG", "rtl"]);
    await choose(["en", "pt", "en-GB"]);
    expect([words.retry, document.documentElement.lang, document.documentElement.dir]).toEqual([en.retry, "en-GB", "ltr"]);
  });
});
