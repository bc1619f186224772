// Which conversation the screen is about, and which of the person's interactions an answer belongs to.

import type { Interaction } from "../api/types";
import { here, usePlace, type Place } from "../app/router";
import { hub, myId, useHub, type HubState } from "../sync/store";

/** The one named in the address, else the most useful: mine in hand, then any open one, then the latest. */
export function pickInteraction(all: readonly Interaction[], wanted: string | null, me: string): Interaction | null {
  const named = all.find((one) => one.interaction_id === wanted);
  if (named !== undefined) return named;
  const value = (one: Interaction): number => {
    if (one.state === "closed") return 0;
    if (one.agent_id !== me) return 1;
    return one.state === "live" || one.state === "wrap_up" ? 3 : 2;
  };
  let best: Interaction | null = null;
  for (const one of all) {
    if (best === null || value(one) > value(best) || (value(one) === value(best) && one.last_at > best.last_at)) best = one;
  }
  return best;
}

export function interactionsOf(state: HubState, customer: string): readonly Interaction[] {
  const timeline = state.timelines.get(customer)?.state;
  const all = new Map(timeline?.interactions);
  for (const row of state.desk.rows.values()) {
    const { interaction } = row;
    const isTheirs = timeline ? timeline.members.has(interaction.customer_id) : interaction.customer_id === customer;
    if (!isTheirs) continue;
    const known = all.get(interaction.interaction_id);
    if (known === undefined || known.version <= interaction.version) all.set(interaction.interaction_id, interaction);
  }
  return [...all.values()];
}

function pick(state: HubState, place: Place): Interaction | null {
  if (place.customer === null) return null;
  return pickInteraction(interactionsOf(state, place.customer), place.interaction, myId(state));
}

export function useCurrent(): Interaction | null {
  const place = usePlace();
  return useHub((state) => pick(state, place));
}

export const current = (): Interaction | null => pick(hub(), here());
