import { describe, expect, test } from "vitest";
import type { Interaction, Patch } from "../api/types";
import { agent, answered, at, offer, row, snapshot } from "../testing/given";
import { applyPatch, emptyState, fromSnapshot, type Applied, type DeskState } from "./state";

function applied(result: Applied): DeskState {
  if (result.kind !== "applied") throw new Error(`not applied: ${result.kind}`);
  return result.state;
}

const start = (): DeskState => fromSnapshot(snapshot({ rows: [row()], offers: [offer()], agents: [agent()] }));

describe("patches", () => {
  test("a patch that follows is applied", () => {
    const state = applied(applyPatch(start(), { after: 10, position: 12, rows: [row({ version: 2, preview: "new" })] }));
    expect(state.position).toBe(12);
    expect(state.rows.get("i1")?.interaction.preview).toBe("new");
  });

  test("a patch with a gap before it is refused", () => {
    expect(applyPatch(start(), { after: 13, position: 14 })).toEqual({ kind: "gap", missing: 3 });
  });

  test("the same patch twice changes nothing", () => {
    const patch: Patch = { after: 10, position: 12, rows: [row({ version: 2 })] };
    const once = applied(applyPatch(start(), patch));
    expect(applyPatch(once, patch)).toEqual({ kind: "old" });
  });

  test("a patch that overlaps what is known is applied as a whole", () => {
    const state = applied(applyPatch(start(), { after: 8, position: 12, rows: [row({ version: 3 })] }));
    expect(state.rows.get("i1")?.interaction.version).toBe(3);
  });

  test("late news of a row does not overwrite newer ones", () => {
    const now = applied(applyPatch(start(), { after: 10, position: 11, rows: [row({ version: 5, preview: "newest" })] }));
    const after = applied(applyPatch(now, { after: 11, position: 12, rows: [row({ version: 4, preview: "late" })] }));
    expect(after.rows.get("i1")?.interaction.preview).toBe("newest");
  });

  test("a closed row leaves, and late news does not bring it back", () => {
    const closed = applied(applyPatch(start(), { after: 10, position: 11, rows: [row({ version: 5, state: "closed" })] }));
    expect(closed.rows.size).toBe(0);
    const late = applied(applyPatch(closed, { after: 11, position: 12, rows: [row({ version: 4 })] }));
    expect(late.rows.size).toBe(0);
    const reopened = applied(applyPatch(closed, { after: 11, position: 12, rows: [row({ version: 6, state: "queued" })] }));
    expect(reopened.rows.size).toBe(1);
  });

  test("an offer that is over leaves the list, is remembered, and stays over", () => {
    const over = applied(applyPatch(start(), { after: 10, position: 11, offers: [offer({ state: "rescinded", cause: "taken", ended_at: at(3) })] }));
    expect(over.offers.size).toBe(0);
    expect(over.ended.map((one) => one.cause)).toEqual(["taken"]);
    const late = applied(applyPatch(over, { after: 11, position: 12, offers: [offer()] }));
    expect(late.offers.size).toBe(0);
  });

  test("an older version of an agent is ignored", () => {
    const now = applied(applyPatch(start(), { after: 10, position: 11, agents: [agent({ version: 4, status: "away" })] }));
    const after = applied(applyPatch(now, { after: 11, position: 12, agents: [agent({ version: 3, status: "offline" })] }));
    expect(after.agents.get("me")?.status).toBe("away");
  });

  test("only the newest events are remembered", () => {
    let state = emptyState();
    for (let position = 1; position <= 600; position++) {
      state = applied(applyPatch(state, { after: position - 1, position, events: [answered(String(position), { position })] }));
    }
    expect(state.recent).toHaveLength(500);
    expect(state.recent[0]?.position).toBe(101);
  });
});

/** Numbers that look random and are the same in each run. */
function dice(seed: number): (below: number) => number {
  let now = seed;
  return (below) => {
    now = (Math.imul(now, 1664525) + 1013904223) >>> 0;
    return Math.floor((now / 2 ** 32) * below);
  };
}

describe("random history", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])("patches on an old snapshot equal a fresh one, also with repeats and overlaps (seed %i)", (seed) => {
    const roll = dice(seed);
    const truth = new Map<string, Interaction>();
    const states: Interaction["state"][] = ["queued", "offered", "live", "snoozed", "closed"];
    const patches: Patch[] = [];
    let state = fromSnapshot(snapshot({ position: 0 }));
    for (let position = 1; position <= 300; position++) {
      const id = `i${roll(12)}`;
      const version = (truth.get(id)?.version ?? 0) + 1;
      const one = row({ interaction_id: id, version, state: states[roll(states.length)] ?? "live", messages: version });
      truth.set(id, one.interaction);
      patches.push({ after: position - 1, position, rows: [one] });
      const again = patches[roll(patches.length)];
      if (again !== undefined && roll(4) === 0) {
        const result = applyPatch(state, again);
        expect(result.kind === "gap").toBe(again.after > state.position);
        if (result.kind === "applied") state = result.state;
      }
      // Three of four come one by one; the rest come together, as after a lost link.
      if (roll(4) === 0 || state.position === position) continue;
      const missing = patches.filter((patch) => patch.position > state.position - roll(3));
      state = applied(
        applyPatch(state, {
          after: missing[0]?.after ?? 0,
          position,
          rows: missing.flatMap((patch) => patch.rows ?? []),
        }),
      );
    }
    const rest = patches.filter((patch) => patch.position > state.position);
    for (const patch of rest) state = applied(applyPatch(state, patch));
    const fresh = fromSnapshot(snapshot({ position: 300, rows: [...truth.values()].map((one) => row(one)) }));
    expect(Object.fromEntries(state.rows)).toEqual(Object.fromEntries(fresh.rows));
    expect(state.position).toBe(fresh.position);
  });
});
