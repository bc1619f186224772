import { describe, expect, test } from "vitest";
import { event, said } from "../testing/given";
import { partsOf, readEvent, systemWords, whyLines, whyWords, type Names } from "./read";

const names: Names = { agent: (id) => ({ rui: "Rui Barros" })[id] ?? id, queue: (id) => ({ billing: "Billing pt" })[id ?? ""] ?? id ?? "" };

describe("reading events", () => {
  test("a received message has every field, whatever is left out on the wire", () => {
    expect(readEvent(event("message.received", { text: "Hi" }))).toEqual({
      kind: "said",
      by: "customer",
      text: "Hi",
      html: null,
      subject: "",
      attachments: [],
      quoted: [],
      signature: null,
      name: "",
      from: "",
      to: [],
      cc: [],
      automatic: null,
      unverified: false,
      isDuplicate: false,
      page: null,
      resendOf: null,
    });
  });

  test("wrong types are read as left out", () => {
    const odd = event("message.received", { text: 7, quoted: [[3, 1], "x", [0, 2]], to: "a@b", attachments: null, unverified: "yes" });
    expect(readEvent(odd)).toMatchObject({ text: "", quoted: [[0, 2]], to: [], attachments: [], unverified: false });
  });

  test("the id of a web visit is not shown, the id of another system without its account", () => {
    expect(readEvent(said("x"))).toMatchObject({ from: "" });
    expect(readEvent(event("message.queued", { text: "x", to: { kind: "external", value: "shop:991" } }))).toMatchObject({ to: ["991"] });
  });

  test("a type that this page does not know is the machine's", () => {
    const odd = event("robot.danced", {});
    expect(readEvent(odd)).toEqual({ kind: "system" });
    expect(systemWords(odd, names, "Ana")).toBe("robot danced");
  });
});

describe("folds", () => {
  const parts = (text: string, quoted: [number, number][], signature: [number, number] | null = null) => partsOf({ text, quoted, signature });

  test("quotes and signature are cut out, in order, and nothing is lost", () => {
    const text = "Hello\n-- \nAna\n> old";
    expect(parts(text, [[14, 19]], [6, 13])).toEqual([
      { text: "Hello", fold: null },
      { text: "-- \nAna", fold: "signature" },
      { text: "> old", fold: "quoted" },
    ]);
  });

  test("spans count characters, not UTF-16 units", () => {
    expect(parts("👩‍🔧 ok> q", [[6, 9]])).toEqual([
      { text: "👩‍🔧 ok", fold: null },
      { text: "> q", fold: "quoted" },
    ]);
  });

  test("spans that overlap or lie outside do no harm", () => {
    expect(parts("abcdef", [[2, 4], [3, 99]]).map((part) => part.text)).toEqual(["ab", "cd", "ef"]);
  });

  test("text without folds is one part; blank text is none", () => {
    expect(parts("a\n\nb", [])).toEqual([{ text: "a\n\nb", fold: null }]);
    expect(parts(" \n ", [])).toEqual([]);
  });
});

describe("words for the machine's events", () => {
  test.each([
    ["interaction.queued", { queue_id: "billing" }, "To Billing pt"],
    ["offer.made", { agent_id: "rui" }, "Offered to Rui Barros"],
    ["offer.timed_out", { agent_id: "rui", cause: "tab_asleep" }, "Offer to Rui Barros missed: tab asleep"],
    ["offer.rescinded", { agent_id: "rui", cause: "customer_left" }, "Offer to Rui Barros withdrawn: the customer left"],
    ["offer.declined", { agent_id: "rui", reason: "" }, "Rui Barros declined"],
    ["interaction.transferred", { queue_id: "billing", to: null, reason: "refund" }, "Rui Barros transferred it to Billing pt: refund"],
    ["interaction.accepted", { agent_id: "rui", offer_id: null }, "Rui Barros took it"],
    ["interaction.abandoned", {}, "The customer left before an answer"],
  ])("%s", (type, data, words) => {
    expect(systemWords(event(type, data, { actor: "rui" }), names, "Ana")).toBe(words);
  });

  test("why: rule and room in one line, the whole record below", () => {
    const why = { rule: "longest_idle", load: 4, capacity: 10, waited: 48, free_agents: 3, waiting: 2, position: 41, configuration: "8f2c", kernel: "1.0", trigger: "interaction.queued", idle_since: "2026-11-25T09:00:00Z" };
    expect(whyWords(why)).toBe("Free for the longest time · 6 of 10 units free");
    expect(whyLines(why, () => "09:00:00", (seconds) => `${seconds} s`).map((line) => `${line.term}: ${line.words}`)).toEqual([
      "Rule: Free for the longest time",
      "Waited: 48 s",
      "Load: 4 of 10 units",
      "Idle since: 09:00:00",
      "Agents free: 3",
      "Others waiting: 1",
      "Started by: interaction queued",
      "Position: 41",
      "Configuration: 8f2c",
      "Kernel: 1.0",
    ]);
  });

  test("an empty record says nothing and breaks nothing", () => {
    expect(whyWords({})).toBe("");
    expect(whyLines({}, String, String)).toEqual([]);
  });
});
