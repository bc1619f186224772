import { describe, expect, test } from "vitest";
import type { HubEvent } from "../api/types";
import { answered, event, said, START } from "../testing/given";
import { afterwards, blockOf, blocksOf, chosen, eventsOf, type Block, type BlockOptions } from "./blocks";
import { around, moved, newer, newest, older, MOST } from "./window";

const options: BlockOptions = {
  work: (channel) => (channel === "mail" ? "email" : channel === "sms" ? "async" : "chat"),
  readUpTo: null,
  showSystem: true,
};

const shape = (blocks: readonly Block[]): string[] =>
  blocks.map((block) => (block.kind === "burst" ? `burst ${block.items.map((item) => ("event" in item ? "m" : "s")).join("")}` : block.kind));

const system = (news: Partial<HubEvent> & { after?: number } = {}): HubEvent => event("offer.made", {}, news);

describe("blocks", () => {
  test("a chat session is one card, with the machine's events inside it", () => {
    const events = [said("a", { after: 1 }), system({ after: 2 }), system({ after: 3 }), answered("b", { after: 4 }), said("c", { after: 4000 })];
    expect(shape(blocksOf(events, options))).toEqual(["day", "burst msmm"]);
  });

  test("the machine's events after the last message stand below the card, as one run", () => {
    const events = [said("a", { after: 1 }), system({ after: 2 }), system({ after: 3 })];
    expect(shape(blocksOf(events, options))).toEqual(["day", "burst m", "run"]);
  });

  test("messages of an async channel belong together for five minutes", () => {
    const sms = (after: number): HubEvent => said("x", { after, channel_id: "sms" });
    expect(shape(blocksOf([sms(0), sms(299), sms(600)], options))).toEqual(["day", "burst mm", "burst m"]);
  });

  test("a mail and a note end a card and stand alone", () => {
    const events = [said("a", { after: 1 }), event("note.added", { text: "n" }, { after: 2 }), said("b", { after: 3 }), said("m", { after: 4, channel_id: "mail" })];
    expect(shape(blocksOf(events, options))).toEqual(["day", "burst m", "note", "burst m", "mail"]);
  });

  test("a day begins with its name", () => {
    expect(shape(blocksOf([said("a", { after: 0 }), said("b", { after: 90_000 })], options))).toEqual(["day", "burst m", "day", "burst m"]);
  });

  test("the unread line stands before the first customer message after the mark, once", () => {
    const events = [said("a", { after: 1 }), answered("b", { after: 2 }), said("c", { after: 30 }), said("d", { after: 40 })];
    expect(shape(blocksOf(events, { ...options, readUpTo: START + 10_000 }))).toEqual(["day", "burst mm", "unread", "burst mm"]);
  });

  test("deliveries, edits and reactions are no blocks of their own", () => {
    const events = [said("a", { after: 1 }), event("delivery.updated", {}, { after: 2 }), event("message.edited", { message: "x" }, { after: 3 }), said("b", { after: 4 })];
    expect(shape(blocksOf(events, options))).toEqual(["day", "burst mm"]);
  });

  test("without the machine's events only talk is left", () => {
    expect(shape(blocksOf([system({ after: 1 }), said("a", { after: 2 })], { ...options, showSystem: false }))).toEqual(["day", "burst m"]);
  });

  test("a card that grows too long is cut", () => {
    const events = Array.from({ length: 100 }, (_, n) => said(String(n), { after: n }));
    expect(shape(blocksOf(events, options))).toEqual(["day", ...[30, 30, 30, 10].map((n) => `burst ${"m".repeat(n)}`)]);
  });

  test("no event is lost or shown twice", () => {
    const events = Array.from({ length: 200 }, (_, n) =>
      n % 7 === 0 ? system({ after: n * 100 }) : n % 11 === 0 ? event("note.added", { text: "n" }, { after: n * 100 }) : said("x", { after: n * 100, channel_id: n % 5 === 0 ? "mail" : "chat" }),
    );
    const shown = blocksOf(events, options).flatMap(eventsOf);
    expect(shown.map((one) => one.event_id)).toEqual(events.map((one) => one.event_id));
  });

  test("an event is found in its card", () => {
    const [a, s, b] = [said("a", { after: 1 }), system({ after: 2 }), said("b", { after: 3 })];
    const blocks = blocksOf([a, s, b], options);
    expect([a, s, b].map((one) => blockOf(blocks, one.event_id))).toEqual([1, 1, 1]);
    expect(blockOf(blocks, "none")).toBe(-1);
  });

  test("what happened to a message later is known by the provider's id", () => {
    const all = afterwards([
      event("message.edited", { message: "m1", text: "new" }),
      event("message.deleted", { message: "m2" }),
      event("reaction.added", { message: "m1", emoji: "👍" }),
      event("reaction.added", { message: "m3", emoji: "👍" }),
      event("reaction.added", { message: "m3", emoji: null }),
    ]);
    expect(Object.fromEntries(all)).toEqual({
      m1: { edited: "new", isDeleted: false, reactions: ["👍"] },
      m2: { edited: null, isDeleted: true, reactions: [] },
      m3: { edited: null, isDeleted: false, reactions: [] },
    });
  });
});

describe("the window over the blocks", () => {
  const ones = Array.from({ length: 50_000 }, () => 1);
  const mixed = Array.from({ length: 5000 }, (_, n) => (n % 9) + 1);

  test.each([
    ["single events", ones],
    ["cards of several", mixed],
  ])("never many more than the most are drawn, however far one scrolls: %s", (_name, weights) => {
    const drawn = (span: { from: number; to: number }): number => weights.slice(span.from, span.to).reduce((sum, one) => sum + one, 0);
    let span = newest(weights);
    for (let n = 0; n < 30; n++) {
      const before = span.from;
      span = older(span, weights);
      expect(span.from).toBeLessThan(before);
      expect(drawn(span)).toBeLessThanOrEqual(MOST + 10);
    }
    for (let n = 0; n < 60; n++) {
      span = newer(span, weights);
      expect(drawn(span)).toBeLessThanOrEqual(MOST + 10);
    }
    expect(span.to).toBe(weights.length);
  });

  const hundred = ones.slice(0, 100);

  test("at the end it follows what arrives; elsewhere the same blocks stay", () => {
    expect(moved({ from: 50, to: 100 }, 100, 0, [...hundred, 1])).toEqual({ from: 50, to: 101 });
    expect(moved({ from: 10, to: 60 }, 100, 0, [...hundred, 1])).toEqual({ from: 10, to: 60 });
  });

  test("an older page in front moves the numbers, not the blocks", () => {
    expect(moved({ from: 0, to: 60 }, 100, 40, ones.slice(0, 140))).toEqual({ from: 40, to: 100 });
  });

  test("a place in the middle is shown with its surroundings", () => {
    expect(around(500, ones)).toEqual({ from: 475, to: 525 });
    expect(around(3, hundred.slice(0, 10))).toEqual({ from: 0, to: 10 });
  });
});

describe("a part of the timeline", () => {
  const file = { media_id: "m", name: "a.pdf", content_type: "application/pdf", size: 1 };
  const chat = said("chat");
  const mail = said("mail", { channel_id: "mail" });
  const note = event("note.added", { text: "ask finance" });
  const sent = event("message.received", { text: "", attachments: [file] });
  const all = [chat, mail, system({ channel_id: "mail" }), note, sent];

  test("shows only what was asked for, and nothing of the machine in a mail's name", () => {
    expect(chosen(all, "all", options.work)).toBe(all);
    expect(chosen(all, "email", options.work)).toEqual([mail]);
    expect(chosen(all, "notes", options.work)).toEqual([note]);
    expect(chosen(all, "files", options.work)).toEqual([sent]);
    expect(chosen([chat], "files", options.work)).toEqual([]);
  });
});
