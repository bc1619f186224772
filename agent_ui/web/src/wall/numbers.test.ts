import { describe, expect, test } from "vitest";
import { agent, at, row, rows, START } from "../testing/given";
import { activity, agentsNow, History, queuesNow, waitingNow } from "./numbers";

const queue = (queue_id: string) => ({ queue_id, name: queue_id, waiting: 0, offered: 0, live: 0, longest_since: null, answered_today: 0, members: [] });

describe("the wallboard's numbers", () => {
  const all = rows(
    row({ interaction_id: "a", state: "queued", age_start: at(20) }),
    row({ interaction_id: "b", state: "offered", age_start: at(10) }),
    row({ interaction_id: "c", state: "live" }),
    row({ interaction_id: "d", state: "snoozed" }),
    row({ interaction_id: "e", state: "queued", queue_id: "other", age_start: at(5), channel_id: "mail" }),
  );

  test("what waits, longest first; an offered one still waits", () => {
    expect(waitingNow(all).map((one) => one.row.interaction.interaction_id)).toEqual(["e", "b", "a"]);
  });

  test("each queue counts its own rows, the longest wait first", () => {
    const table = queuesNow([queue("support"), queue("other"), queue("empty")], all, new Map([["me", agent()]]), (id) => (id === "mail" ? "email" : "chat"));
    expect(table.map((one) => [one.queue.queue_id, one.waiting, one.live, one.asleep, one.byWork, one.longest === null ? null : (one.longest - START) / 1000, one.free])).toEqual([
      ["other", 1, 0, 0, { email: 1 }, 5, 0],
      ["support", 2, 1, 1, { chat: 2 }, 10, 1],
      ["empty", 0, 0, 0, {}, null, 0],
    ]);
  });

  test("agents: those who need help first, those who are gone last", () => {
    const list = [
      agent({ agent_id: "off", name: "O", status: "offline" }),
      agent({ agent_id: "free", name: "F" }),
      agent({ agent_id: "busy", name: "B", load: 3 }),
      agent({ agent_id: "lost", name: "L", reachable: false }),
      agent({ agent_id: "missed", name: "M", status: "missed" }),
      agent({ agent_id: "former", name: "X", active: false }),
    ];
    expect(agentsNow(list).map((one) => [one.agent_id, activity(one)])).toEqual([
      ["missed", "missed"],
      ["lost", "unreachable"],
      ["busy", "busy"],
      ["free", "free"],
      ["off", "offline"],
    ]);
  });
});

test("a line keeps half an hour and one reading per step", () => {
  const history = new History(10_000, 60_000);
  for (let second = 0; second <= 300; second++) history.add(START + second * 1000, second);
  expect(history.points()).toHaveLength(7);
  expect(history.points().at(-1)?.x).toBe(98);
});
