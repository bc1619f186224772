import { describe, expect, test } from "vitest";
import { at, interaction } from "../testing/given";
import { pickInteraction } from "./current";
import { snoozeChoices } from "./snooze";
import { unreadOf } from "./unread";

describe("the interaction an answer belongs to", () => {
  const mine = interaction({ interaction_id: "mine" });
  const queued = interaction({ interaction_id: "queued", state: "queued", agent_id: null, last_at: at(90) });
  const closed = interaction({ interaction_id: "closed", state: "closed", last_at: at(99) });

  test("is the one named in the address", () => {
    expect(pickInteraction([mine, closed], "closed", "me")).toBe(closed);
  });

  test("is mine in hand before any other, and an open one before a closed one", () => {
    expect(pickInteraction([closed, queued, mine], null, "me")).toBe(mine);
    expect(pickInteraction([closed, queued], null, "me")).toBe(queued);
    expect(pickInteraction([], null, "me")).toBeNull();
  });
});

describe("unread", () => {
  test("counts customer messages after the mark, never more than are unanswered", () => {
    expect(unreadOf(interaction({ messages: 8, unanswered: 2 }), { messages: 7, at: 0 })).toBe(1);
    expect(unreadOf(interaction({ messages: 8, unanswered: 1 }), { messages: 2, at: 0 })).toBe(1);
    expect(unreadOf(interaction({ messages: 8, unanswered: 3 }), undefined)).toBe(3);
  });

  test("is nothing when we spoke last", () => {
    expect(unreadOf(interaction({ messages: 8, unanswered: 3, preview_by: "agent" }), undefined)).toBe(0);
  });
});

describe("snooze choices", () => {
  test("every time lies in the future, Monday is the next one, and one has no time", () => {
    for (let day = 0; day < 7; day++) {
      const now = new Date(2026, 10, 23 + day, 16, 30).getTime();
      const choices = snoozeChoices(now);
      expect(choices.map((one) => one.until === null || one.until.getTime() > now)).toEqual([true, true, true, true, true]);
      expect(choices[2]?.until?.getDay()).toBe(1);
      expect(choices.filter((one) => one.until === null)).toHaveLength(1);
    }
  });
});
