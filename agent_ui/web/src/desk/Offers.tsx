// Offers float at the end of the page, never over composer or focus, and take no focus. Each end is said in words.

import { useEffect, useState } from "react";
import type { Offer } from "../api/types";
import { announce } from "../app/announce";
import { useUi } from "../app/ui";
import { elapsed, ms } from "../i18n/format";
import { t } from "../i18n/t";
import { cx } from "../look/cx";
import { Icon } from "../look/Icon";
import { ChannelIcon, Keys, Ring } from "../look/parts";
import { isOffered } from "../sync/state";
import { myId, queueName, useAbilities, useHub } from "../sync/store";
import { useNow } from "../sync/ticker";
import { missWords, rescindWords, whyWords } from "../timeline/read";
import { accept, decline, refusals } from "./commands";
import { customerName } from "./names";
import styles from "./Offers.module.css";

const SHOWN_AFTER_MS = 8000;

export function Offers() {
  const offers = useHub((state) => state.desk.offers);
  const ended = useHub((state) => state.desk.ended);
  const me = useHub(myId);
  const now = useNow();
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const open = [...offers.values()]
    .filter((one) => one.agent_id === me && isOffered(one))
    .sort((a, b) => (a.deadline < b.deadline ? -1 : 1));
  const over = ended.filter(
    (one) => one.agent_id === me && !closed.has(one.offer_id) && outcome(one) !== "" && now - ms(one.ended_at ?? one.deadline) < SHOWN_AFTER_MS,
  );
  return (
    <section className={styles.offers} id="offers" aria-label={t("Offers")} tabIndex={-1}>
      {over.map((one) => (
        <Ended key={one.offer_id} offer={one} onClose={() => setClosed(new Set([...closed, one.offer_id]))} />
      ))}
      {open[0] && <Card key={open[0].offer_id} offer={open[0]} place={1} of={open.length} />}
    </section>
  );
}

/** Declined by my own hand needs no word. */
function outcome(offer: Offer): string {
  const refusal = refusals.get(offer.offer_id);
  if (refusal !== undefined) return refusal;
  if (offer.state === "timed_out") return t("Missed: {cause}. It waits again at its old place.", { cause: missWords(offer.cause) });
  if (offer.state === "rescinded") return t("Withdrawn: {cause}.", { cause: rescindWords(offer.cause) });
  return "";
}

function Card({ offer, place, of }: { offer: Offer; place: number; of: number }) {
  const row = useHub((state) => state.desk.rows.get(offer.interaction_id));
  const queue = useHub((state) => queueName(state, offer.queue_id));
  const { glyph, word } = useAbilities(row?.interaction.channel_id);
  const busy = useUi((state) => state.busy.get(offer.offer_id));
  const name = row === undefined ? "" : customerName(row.customer_name, row.interaction.customer_id, row.interaction.address);
  const why = whyWords(offer.why);
  const words = row?.interaction.preview || row?.interaction.subject || "";
  return (
    <article className={cx("offer", styles.card)} aria-label={t("{channel} offer: {name}", { channel: word, name })} data-testid="offer">
      <div className={styles.top}>
        <div className="grow">
          <p className="sm t3 st mute">
            <ChannelIcon glyph={glyph} />
            {of > 1 ? t("{channel} offer · {place} of {of}", { channel: word, place, of }) : t("{channel} offer", { channel: word })}
          </p>
          <p className={cx("semi clip", styles.name)}>
            <bdi>{name}</bdi>
          </p>
          <p className="sm t3">
            {queue} <Waited since={row?.interaction.age_start ?? offer.made_at} />
          </p>
        </div>
        <Countdown offer={offer} name={name} />
      </div>
      {words !== "" && (
        <p className={cx("q", styles.words)} dir="auto">
          {words}
        </p>
      )}
      {why !== "" && (
        <p className={cx("xs t3", styles.why)}>
          <span className="med t2">{t("Why you:")}</span> {why}
        </p>
      )}
      <div className={styles.acts}>
        <button className="btn fill" type="button" disabled={busy !== undefined} onClick={() => void accept(offer)}>
          {busy ?? t("Accept")} <Keys of="F2" />
        </button>
        <button className="btn" type="button" disabled={busy !== undefined} onClick={() => void decline(offer)}>
          {t("Decline")} <Keys of="Shift+F2" />
        </button>
      </div>
    </article>
  );
}

function Waited({ since }: { since: string }) {
  const now = useNow();
  return <>· {t("waited {time}", { time: elapsed(now - ms(since)) })}</>;
}

const WARN_AT = 10;

function Countdown({ offer, name }: { offer: Offer; name: string }) {
  const now = useNow();
  const total = Math.max(1, Math.round((ms(offer.deadline) - ms(offer.made_at)) / 1000));
  const left = Math.max(0, Math.ceil((ms(offer.deadline) - now) / 1000));
  const isShort = left <= WARN_AT && left > 0 && total > WARN_AT + 2;
  useEffect(() => {
    if (isShort) announce(t("{n} seconds left: {name}", { n: WARN_AT, name }), "assertive");
  }, [isShort, name]);
  return (
    <>
      <span className="vh">{t("seconds left")} </span>
      <Ring left={left} total={total} className={styles.ring} />
    </>
  );
}

function Ended({ offer, onClose }: { offer: Offer; onClose: () => void }) {
  const name = useHub((state) => {
    const row = state.desk.rows.get(offer.interaction_id);
    return row === undefined ? "" : customerName(row.customer_name, row.interaction.customer_id, row.interaction.address);
  });
  const words = outcome(offer);
  useEffect(() => announce(`${name} ${words}`), [name, words]);
  return (
    <div className={cx("offer", styles.ended)} data-testid="offer-ended">
      <Icon name={offer.state === "timed_out" ? "alert" : "off"} className={offer.state === "timed_out" ? styles.bad : "t3"} />
      <p className="sm grow">
        {name !== "" && <bdi className="semi">{name} </bdi>}
        {words}
      </p>
      <button className="ib" type="button" aria-label={t("Dismiss")} onClick={onClose}>
        <Icon name="x" />
      </button>
    </div>
  );
}
