import { describe, expect, test } from "vitest";
import { answered, customer, interaction, page, row, said } from "../testing/given";
import { fromPage, mergeEvents, patchTimeline, withNewest, withOlder } from "./timeline";

const ids = (events: readonly { event_id: string }[]): string[] => events.map((event) => event.event_id);

describe("merging events", () => {
  test("a message that arrives late stands where it was said", () => {
    const [first, late, last] = [said("a", { after: 10 }), said("b", { after: 20 }), said("c", { after: 30 })];
    expect(ids(mergeEvents([first, last], [late]))).toEqual(ids([first, late, last]));
  });

  test("at the same time the position decides", () => {
    const one = said("a", { after: 10, position: 7 });
    const two = said("b", { after: 10, position: 3 });
    expect(ids(mergeEvents([one], [two]))).toEqual([two.event_id, one.event_id]);
  });

  test("an event that is there already changes nothing", () => {
    const events = [said("a", { after: 1 })];
    expect(mergeEvents(events, events)).toBe(events);
  });
});

describe("a person's timeline", () => {
  const [old, one, two, three] = [said("o", { after: 1 }), said("1", { after: 10 }), answered("2", { after: 20 }), said("3", { after: 30 })];

  test("news of the person is shown, news of others leaves the same object", () => {
    const now = fromPage("c1", page({ events: [one] }), []);
    expect(ids(patchTimeline(now, { after: 10, position: 11, events: [two] }).events)).toEqual(ids([one, two]));
    expect(patchTimeline(now, { after: 10, position: 11, events: [said("x", { customer_id: "c9" })] })).toBe(now);
  });

  test("records that are linked into one person belong to it", () => {
    const now = fromPage("c1", page({ customer: customer({ person_id: "c2" }), events: [one] }), []);
    const theirs = said("x", { customer_id: "c2", after: 40 });
    expect(ids(patchTimeline(now, { after: 10, position: 11, events: [theirs] }).events)).toEqual(ids([one, theirs]));
  });

  test("live events that came while the page was read are not lost", () => {
    const late = said("late", { after: 40, position: 99 });
    expect(ids(fromPage("c1", page({ events: [one], position: 50 }), [late]).events)).toEqual(ids([one, late]));
  });

  test("an older page comes in front", () => {
    const now = fromPage("c1", page({ events: [one, two], before: "b" }), []);
    const all = withOlder(now, page({ events: [old], before: null }));
    expect(ids(all.events)).toEqual(ids([old, one, two]));
    expect(all.before).toBeNull();
  });

  test("a newest page that touches what is shown is merged", () => {
    const now = fromPage("c1", page({ events: [old, one], before: "b" }), []);
    const all = withNewest(now, page({ events: [one, two], before: "c" }));
    expect(ids(all.events)).toEqual(ids([old, one, two]));
    expect(all.before).toBe("b");
  });

  test("a newest page that does not touch what is shown replaces it: between them something is missing", () => {
    const now = fromPage("c1", page({ events: [old], before: "b" }), []);
    const all = withNewest(now, page({ events: [two, three], before: "c" }));
    expect(ids(all.events)).toEqual(ids([two, three]));
    expect(all.before).toBe("c");
  });

  test("a delivery never goes backwards, except from failed to delivered", () => {
    const now = fromPage("c1", page({ events: [two], deliveries: [{ event_id: two.event_id, status: "sent", words: "", at: null, retry_at: null, attempt: 1 }] }), []);
    const late = patchTimeline(now, { after: 10, position: 11, deliveries: [{ event_id: two.event_id, status: "queued", words: "", at: null, retry_at: null, attempt: 0 }] });
    expect(late.deliveries.get(two.event_id)?.status).toBe("sent");
    const failed = patchTimeline(now, { after: 10, position: 11, deliveries: [{ event_id: two.event_id, status: "failed", words: "x", at: null, retry_at: null, attempt: 1 }] });
    const delivered = patchTimeline(failed, { after: 11, position: 12, deliveries: [{ event_id: two.event_id, status: "delivered", words: "", at: null, retry_at: null, attempt: 1 }] });
    expect(delivered.deliveries.get(two.event_id)?.status).toBe("delivered");
  });

  test("an older version of an interaction is ignored", () => {
    const now = fromPage("c1", page({ events: [one], interactions: [interaction({ version: 5, state: "live" })] }), []);
    const after = patchTimeline(now, { after: 10, position: 11, rows: [row({ version: 4, state: "queued" })] });
    expect(after.interactions.get("i1")?.state).toBe("live");
  });
});
