import { describe, expect, test } from "vitest";
import type { Abilities } from "../api/types";
import { channel, customer, interaction, at } from "../testing/given";
import { accepts, measure, sizeOf } from "./limits";
import { addressesIn } from "./submit";
import { waysOf } from "./switch";

const abilities = (news: Partial<Abilities> = {}): Abilities => ({
  word: "SMS",
  glyph: "sms",
  work: "async",
  text_limit: 10,
  text_unit: "characters",
  splits: false,
  subject: false,
  html: false,
  copies: false,
  media_types: ["*/*"],
  media_bytes: 1000,
  typing: false,
  undo_seconds: 0,
  ...news,
});

describe("how much text a channel takes", () => {
  test("counts in the channel's own unit", () => {
    expect(sizeOf("é👍", "characters")).toBe(2);
    expect(sizeOf("é👍", "utf16")).toBe(3);
    expect(sizeOf("é👍", "bytes")).toBe(6);
  });

  test("too long is over, unless the channel splits", () => {
    expect(measure("x".repeat(11), abilities())).toMatchObject({ isOver: true, parts: 2 });
    expect(measure("x".repeat(11), abilities({ splits: true }))).toMatchObject({ isOver: false, parts: 2 });
    expect(measure("x".repeat(10), abilities())).toMatchObject({ isOver: false, parts: 1 });
  });

  test("a large limit is shown only when it is near", () => {
    expect(measure("hello", abilities({ text_limit: 8000 })).isShown).toBe(false);
    expect(measure("x".repeat(6000), abilities({ text_limit: 8000 })).isShown).toBe(true);
  });
});

test("kinds of files are matched exactly, by group, or all", () => {
  expect(accepts("image/png", abilities({ media_types: ["image/*"] }))).toBe(true);
  expect(accepts("application/pdf", abilities({ media_types: ["image/*", "application/pdf"] }))).toBe(true);
  expect(accepts("text/html", abilities({ media_types: ["image/*"] }))).toBe(false);
});

test("copies may be separated by commas, semicolons or blanks", () => {
  expect(addressesIn("a@x, b@y;c@z  nobody")).toEqual(["a@x", "b@y", "c@z"]);
});

describe("ways to reach a customer", () => {
  const channels = new Map([
    ["chat", channel()],
    ["mail", channel({ channel_id: "mail", kind: "email", name: "support@x", abilities: { word: "E-mail", work: "email" } })],
  ]);

  test("what was used before, newest first, then known mail addresses; an open interaction is kept", () => {
    const ways = waysOf(
      [
        interaction({ interaction_id: "closed", state: "closed", last_at: at(50) }),
        interaction({ interaction_id: "open", last_at: at(10) }),
        interaction({ interaction_id: "m", channel_id: "mail", address: { kind: "email", value: "a@x" }, state: "closed", last_at: at(20) }),
      ],
      customer({ addresses: [{ kind: "email", value: "a@x", verified: null }, { kind: "email", value: "b@x", verified: null }, { kind: "visitor", value: "v9", verified: null }] }),
      channels,
    );
    expect(ways.map((way) => [way.channel.channel_id, way.address.value, way.interaction?.interaction_id ?? null])).toEqual([
      ["chat", "v1", "open"],
      ["mail", "a@x", null],
      ["mail", "b@x", null],
    ]);
  });

  test("a channel that is gone is no way", () => {
    expect(waysOf([interaction({ channel_id: "gone" })], null, channels)).toEqual([]);
  });
});
