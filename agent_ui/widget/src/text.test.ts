import { describe, expect, it } from "vitest";

import { fileSize, kinds, pieces } from "./text";

const urls = (text: string) => pieces(text).flatMap((piece) => piece.url ?? []);

describe("links in a text", () => {
  it("leaves punctuation and brackets around an address alone", () => {
    expect(urls("See (https://a.example/b) or https://c.example/d_(e), now https://f.example.")).toEqual([
      "https://a.example/b",
      "https://c.example/d_(e)",
      "https://f.example",
    ]);
  });

  it("makes no link of anything but http (script, data, bare words)", () => {
    expect(urls("javascript:alert(1) data:text/html,x www.a.example mailto:a@b.example xhttps://a.example")).toEqual([]);
  });

  it("loses no character", () => {
    const text = "a https://b.example/?q=1&r=<x> c\n'https://d.example'… https://";
    expect(pieces(text).map((piece) => piece.text).join("")).toBe(text);
  });
});

describe("files in words", () => {
  it("names kinds as people do", () => {
    expect(kinds(["image/png", "application/pdf", "text/plain", "audio/mpeg"])).toBe("PNG, PDF, TXT, MP3");
  });

  it("gives sizes in the reader's language", () => {
    expect([fileSize(20_000_000, "en"), fileSize(1_240_000, "de"), fileSize(12, "en")]).toEqual(["20 MB", "1,2 MB", "1 kB"]);
  });
});
