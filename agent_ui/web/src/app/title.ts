// The tab's title: open offers first, then what is unread in my conversations.

import { useEffect } from "react";
import { unreadOf } from "../desk/unread";
import { t, tn } from "../i18n/t";
import { isOffered } from "../sync/state";
import { myId, useHub } from "../sync/store";

export function useTitle(): void {
  const title = useHub((state) => {
    const me = myId(state);
    const offers = [...state.desk.offers.values()].filter((offer) => offer.agent_id === me && isOffered(offer)).length;
    if (offers > 0) return `(${offers}) ${tn(offers, "{n} offer", "{n} offers")} – Continuo`;
    let unread = 0;
    for (const { interaction } of state.desk.rows.values()) {
      if (interaction.agent_id === me && interaction.state === "live") unread += unreadOf(interaction, state.marks[interaction.interaction_id]);
    }
    return unread > 0 ? `(${unread}) ${t("Desk")} – Continuo` : `${t("Desk")} – Continuo`;
  });
  useEffect(() => {
    document.title = title;
  }, [title]);
}
