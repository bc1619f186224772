// On which channel and to which address an answer goes. Switching carries the text over; one undo brings all back.

import { create } from "zustand";
import type { Address, ChannelState, Customer, Interaction, Moment } from "../api/types";
import { conversation, go, here } from "../app/router";
import { focusOn, setUi } from "../app/ui";
import { openOn } from "../desk/commands";
import { current, interactionsOf } from "../desk/current";
import { abilitiesOf, hub, type HubState } from "../sync/store";
import { clearDraft, draftKey, draftOf, edit, isEmpty } from "./drafts";

export interface Way {
  channel: ChannelState;
  address: Address;
  lastUsed: Moment | null;
  /** An open interaction that already goes this way. */
  interaction: Interaction | null;
}

/** Where this person can be reached: what was used before, newest first, then known mail addresses. */
export function waysOf(interactions: readonly Interaction[], customer: Customer | null, channels: HubState["channels"]): Way[] {
  const ways = new Map<string, Way>();
  for (const one of [...interactions].sort((a, b) => (a.last_at < b.last_at ? 1 : -1))) {
    const channel = channels.get(one.channel_id);
    if (channel === undefined) continue;
    const key = `${one.channel_id} ${one.address.kind} ${one.address.value}`;
    const known = ways.get(key);
    const open = one.state === "closed" ? null : one;
    if (known === undefined) ways.set(key, { channel, address: one.address, lastUsed: one.last_at, interaction: open });
    else if (known.interaction === null && open !== null) ways.set(key, { ...known, interaction: open });
  }
  for (const channel of channels.values()) {
    if (channel.abilities.work !== "email") continue;
    for (const address of customer?.addresses ?? []) {
      const key = `${channel.channel_id} ${address.kind} ${address.value}`;
      if (address.kind === "email" && !ways.has(key)) {
        ways.set(key, { channel, address: { kind: address.kind, value: address.value }, lastUsed: null, interaction: null });
      }
    }
  }
  return [...ways.values()];
}

export function currentWays(): Way[] {
  const { customer } = here();
  if (customer === null) return [];
  return waysOf(interactionsOf(hub(), customer), hub().timelines.get(customer)?.state?.customer ?? null, hub().channels);
}

interface Switched {
  /** The place to go back to and where the text is now. */
  from: string;
  to: string;
  word: string;
}

export const useSwitched = create<{ last: Switched | null }>(() => ({ last: null }));

function carry(from: string, to: string): void {
  const [source, target] = [draftKey(from, "reply"), draftKey(to, "reply")];
  const text = draftOf(source);
  if (isEmpty(text) || !isEmpty(draftOf(target))) return;
  edit(target, { text: text.text, attachments: text.attachments });
  clearDraft(source);
}

export async function pickChannel(n: number): Promise<void> {
  const way = currentWays()[n];
  const { customer } = here();
  const now = current();
  if (way === undefined || customer === null) return;
  setUi({ mode: "reply", menu: null });
  if (way.interaction !== null && way.interaction.interaction_id === now?.interaction_id) {
    focusOn("reply");
    return;
  }
  const to = way.interaction?.interaction_id ?? (await openOn(customer, way.channel.channel_id, way.address.value));
  if (to === null) return;
  go(conversation(customer, to));
  focusOn("reply");
  if (now === null) return;
  carry(now.interaction_id, to);
  useSwitched.setState({ last: { from: now.interaction_id, to, word: abilitiesOf(hub(), now.channel_id).word } });
}

export function undoSwitch(): void {
  const { last } = useSwitched.getState();
  const { customer } = here();
  useSwitched.setState({ last: null });
  if (last === null || customer === null) return;
  carry(last.to, last.from);
  go(conversation(customer, last.from));
  focusOn("reply");
}
