// Says what happened to those who can't see it, once: an offer at once, a message when there is a pause.

import type { HubEvent, MessageData, Patch } from "../api/types";
import { customerName } from "../desk/names";
import { t } from "../i18n/t";
import { abilitiesOf, hub, myId } from "../sync/store";
import { here } from "./router";
import { useSettings } from "./settings";
import { chime } from "./sound";
import { setUi } from "./ui";

export function announce(text: string, how: "polite" | "assertive" = "polite"): void {
  // The same words twice are two announcements: an invisible sign makes them differ.
  setUi({ [how]: text + flip() });
}

let odd = false;
const flip = (): string => {
  odd = !odd;
  return odd ? "\u200b" : "";
};

export function announcePatch(patch: Patch): void {
  const me = myId();
  for (const offer of patch.offers ?? []) {
    if (offer.agent_id !== me || offer.state !== "made") continue;
    const row = hub().desk.rows.get(offer.interaction_id);
    const word = abilitiesOf(hub(), row?.interaction.channel_id).word;
    const who = row === undefined ? "" : customerName(row.customer_name, row.interaction.customer_id, row.interaction.address);
    const text = t("{channel} offer: {name}. F2 accepts.", { channel: word, name: who });
    announce(text, "assertive");
    alert(text);
  }
  for (const event of patch.events ?? []) if (event.type === "message.received") announceMessage(event);
}

function announceMessage(event: HubEvent): void {
  const data = event.data as MessageData;
  if (data.automatic) return;
  const row = hub().desk.rows.get(event.interaction_id ?? "");
  const name = row?.customer_name || data.name || t("the customer");
  const isOpen = here().customer === event.customer_id;
  if (isOpen) announce(t("New message from {name}: {text}", { name, text: (data.text ?? "").slice(0, 120) }));
  if (row?.interaction.agent_id !== myId()) return;
  if (!isOpen || document.hidden) alert(t("New message from {name}", { name }));
}

function alert(text: string): void {
  const { sound, system } = useSettings.getState();
  if (sound) chime();
  if (system && document.hidden && "Notification" in window && Notification.permission === "granted") {
    new Notification("Continuo", { body: text, tag: text });
  }
}
