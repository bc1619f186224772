// An e-mail: who to whom, subject, text with quotes and signature folded; the formatted original in a frame that runs nothing.

import { lazy, memo, Suspense, useState } from "react";
import type { HubEvent } from "../api/types";
import { t, tn } from "../i18n/t";
import { Boundary } from "../look/Boundary";
import { cx } from "../look/cx";
import { Icon } from "../look/Icon";
import { ChannelIcon } from "../look/parts";
import { useAbilities } from "../sync/store";
import type { TimelineState } from "../sync/timeline";
import { Unverified } from "./Burst";
import { CardMenu } from "./CardMenu";
import { Mark, needsPerson, Trouble } from "./DeliveryMark";
import { Files } from "./Files";
import styles from "./Mail.module.css";
import { Moment } from "./Moment";
import { useNames } from "./names";
import { actorName, partsOf, readEvent, type Part, type Said } from "./read";

const Formatted = lazy(() => import("./Formatted"));

interface MailProps {
  event: HubEvent;
  state: TimelineState;
}

export const MailCard = memo(
  function MailCard({ event, state }: MailProps) {
    const { glyph, word } = useAbilities(event.channel_id);
    const names = useNames();
    const [isFormatted, setFormatted] = useState(false);
    const said = readEvent(event);
    if (said.kind !== "said") return null;
    const isOurs = said.by === "us";
    const delivery = state.deliveries.get(event.event_id);
    const who = isOurs ? actorName(event.actor, names, "") : said.name || said.from || state.customer.name;
    return (
      <article className="ev" tabIndex={-1} data-e={event.event_id}>
        <ChannelIcon glyph={glyph} />
        <div>
          <h3 className="hd">
            <b className="clip">
              <bdi>{who}</bdi>
            </b>
            <span className="clip">
              {said.to.length > 0 && <>{t("to {address}", { address: said.to.map(shortAddress).join(", ") })} · </>}
              {word.toLowerCase()}
              {said.cc.length > 0 && ` · ${tn(said.cc.length, "{n} copy", "{n} copies")}`}
              {said.automatic && ` · ${t("automatic: {why}", { why: said.automatic })}`}
            </span>
            {isOurs && !needsPerson(delivery) && (
              <span className="mark">
                <Mark delivery={delivery} />
              </span>
            )}
            <Moment at={event.shown_at} />
          </h3>
          <CardMenu event={event} quotes={event} />
          <div className={cx("say", isOurs && "us", isOurs && needsPerson(delivery) && styles.bad)}>
            {said.unverified && <Unverified />}
            {said.subject !== "" && (
              <p className="semi" dir="auto">
                {said.subject}
              </p>
            )}
            {isFormatted && said.html !== null ? (
              <Boundary instead={<Text said={said} />}>
                <Suspense fallback={<p className="t3">{t("Loading")}</p>}>
                  <Formatted html={said.html} title={t("Formatted e-mail from {name}", { name: who })} />
                </Suspense>
              </Boundary>
            ) : (
              <Text said={said} />
            )}
            {said.html !== null && (
              <button className={cx("fold", styles.switch)} type="button" onClick={() => setFormatted(!isFormatted)}>
                {isFormatted ? t("Plain text") : t("Formatted original")}
              </button>
            )}
            <Files files={said.attachments} />
          </div>
          {isOurs && delivery && needsPerson(delivery) && <Trouble event={event} delivery={delivery} />}
        </div>
      </article>
    );
  },
  (before, now) =>
    before.event === now.event &&
    before.state.customer === now.state.customer &&
    before.state.deliveries.get(before.event.event_id) === now.state.deliveries.get(now.event.event_id),
);

/** The token that threads an answer back to us says nothing to people. */
const shortAddress = (address: string): string => address.replace(/\+[a-z0-9_-]{16,}@/i, "@");

const LINES = 12;

function Text({ said }: { said: Said }) {
  const [isOpen, setOpen] = useState(false);
  const parts = partsOf(said);
  const spoken = parts.filter((part) => part.fold === null);
  const isLong = spoken.reduce((sum, part) => sum + part.text.split("\n").length + part.text.length / 90, 0) > LINES + 4;
  if (parts.length === 0) return said.attachments.length === 0 ? <p className="t3">{t("No text")}</p> : null;
  return (
    <>
      <div className={cx(isLong && !isOpen && styles.short)}>
        {parts.map((part, at) => (part.fold === null ? <Paragraph key={at} text={part.text} /> : null))}
      </div>
      <div className={styles.folds}>
        {isLong && (
          <button className="fold" type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? t("Less") : t("Whole text")}
          </button>
        )}
        <Folded parts={parts.filter((part) => part.fold === "quoted")} words={(n) => tn(n, "{n} quoted message", "{n} quoted messages")} />
        <Folded parts={parts.filter((part) => part.fold === "signature")} words={() => t("Signature")} />
      </div>
    </>
  );
}

const Paragraph = ({ text }: { text: string }) => (
  <p className="pre" dir="auto">
    {text}
  </p>
);

function Folded({ parts, words }: { parts: readonly Part[]; words: (n: number) => string }) {
  const [isOpen, setOpen] = useState(false);
  if (parts.length === 0) return null;
  return (
    <>
      <button className="fold" type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Icon name="dots" className="i14" />
        {words(parts.length)}
      </button>
      {isOpen && (
        <blockquote className={styles.quote}>
          {parts.map((part, at) => (
            <Paragraph key={at} text={part.text} />
          ))}
        </blockquote>
      )}
    </>
  );
}
