// What can be done with one card. The library's menu is made only while it is open: a timeline has many cards.

import { useEffect, useRef } from "react";
import type { HubEvent } from "../api/types";
import { address, conversation, usePlace } from "../app/router";
import { setUi, useUi } from "../app/ui";
import { quote } from "../composer/quote";
import { useCurrent } from "../desk/current";
import { t } from "../i18n/t";
import { cx } from "../look/cx";
import { Icon } from "../look/Icon";
import { Menu, MenuItem } from "../look/Menu";
import styles from "./CardMenu.module.css";
import { readEvent } from "./read";

interface CardMenuProps {
  event: HubEvent;
  /** The message that a reply quotes; null: nothing of this card goes to the customer. */
  quotes: HubEvent | null;
}

export function CardMenu({ event, quotes }: CardMenuProps) {
  const isOpen = useUi((state) => state.menu === "card" && state.menuOf === event.event_id);
  const button = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(false);
  useEffect(() => {
    if (wasOpen.current && !isOpen && document.activeElement === document.body) button.current?.focus({ preventScroll: true });
    wasOpen.current = isOpen;
  }, [isOpen]);
  return (
    <div className={styles.at}>
      {isOpen ? (
        <Opened event={event} quotes={quotes} />
      ) : (
        <button
          ref={button}
          className={cx("ib", styles.dots)}
          type="button"
          aria-label={t("Actions of this card")}
          aria-haspopup="menu"
          aria-expanded={false}
          onClick={() => setUi({ menu: "card", menuOf: event.event_id })}
        >
          <Icon name="dots" className="i14" />
        </button>
      )}
    </div>
  );
}

function Opened({ event, quotes }: CardMenuProps) {
  const one = useCurrent();
  const { customer } = usePlace();
  const reading = quotes === null ? null : readEvent(quotes);
  const text = reading?.kind === "said" ? reading.text : "";
  const link = location.origin + address(conversation(customer ?? "", event.interaction_id, event.event_id));
  return (
    <Menu
      name="card"
      which={event.event_id}
      label={t("Actions of this card")}
      target={(props) => (
        <button {...props} className={cx("ib", styles.dots)} type="button" aria-label={t("Actions of this card")}>
          <Icon name="dots" className="i14" />
        </button>
      )}
    >
      <MenuItem onClick={() => void navigator.clipboard?.writeText(link)}>
        <Icon name="copy" />
        {t("Copy link")}
      </MenuItem>
      {text !== "" && one !== null && one.state !== "closed" && (
        <MenuItem onClick={() => quote(one.interaction_id, text)}>
          <Icon name="pen" />
          {t("Quote in reply")}
        </MenuItem>
      )}
    </Menu>
  );
}
