// The machine's events: one line each, several in a row folded into one that can be opened, with "Why?" where it decided.

import { memo, useState } from "react";
import type { HubEvent } from "../api/types";
import { useUi } from "../app/ui";
import { clockSeconds, elapsed } from "../i18n/format";
import { t, tn } from "../i18n/t";
import { cx } from "../look/cx";
import { Icon, type IconName } from "../look/Icon";
import type { TimelineState } from "../sync/timeline";
import { Moment } from "./Moment";
import { useNames } from "./names";
import { systemWords, whyLines, whyWords } from "./read";
import styles from "./Run.module.css";

const ICONS: [prefix: string, icon: IconName][] = [
  ["offer.", "route"],
  ["decision.", "route"],
  ["interaction.snoozed", "moon"],
  ["interaction.closed", "check"],
  ["interaction.transferred", "arrr"],
  ["interaction.", "route"],
  ["customer", "user"],
  ["address", "user"],
  ["agent.", "users"],
];

const iconOf = (type: string): IconName => ICONS.find(([prefix]) => type.startsWith(prefix))?.[1] ?? "dot";

/** What says most about a run: how it ended up, not how it went. */
const TELLING = ["interaction.closed", "interaction.transferred", "interaction.snoozed", "interaction.accepted", "interaction.reopened", "offer.timed_out", "offer.declined", "offer.made"];

function headline(events: readonly HubEvent[]): HubEvent | undefined {
  for (const type of TELLING) {
    const found = events.findLast((event) => event.type === type);
    if (found) return found;
  }
  return events.at(-1);
}

interface RunProps {
  events: readonly HubEvent[];
  state: TimelineState;
  isInside?: boolean;
}

export const RunLine = memo(
  function RunLine({ events, state, isInside = false }: RunProps) {
    const [isOpen, setOpen] = useState(false);
    const names = useNames();
    const name = state.customer.name || t("The customer");
    const main = headline(events);
    const why = events.findLast((event) => event.type === "offer.made");
    // The key asks about the newest decision; the link about this one.
    const isKeyed = useUi((ui) => ui.why) && isNewestOffer(state, why);
    const [isAsked, setAsked] = useState<boolean | null>(null);
    const isWhyShown = isAsked ?? isKeyed;
    if (main === undefined) return null;
    return (
      <div className={cx(isInside ? styles.inside : "ev")} data-e={events[0]?.event_id}>
        <Icon name={iconOf(main.type)} className="ch-system" />
        <div className={styles.body}>
          <p className="sys">
            <span className="clip">{systemWords(main, names, name)}</span>
            {why && (
              <button className="lnk" type="button" aria-expanded={isWhyShown} onClick={() => setAsked(!isWhyShown)}>
                {t("Why?")}
              </button>
            )}
            {events.length > 1 && (
              <button className="lnk" type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
                {tn(events.length, "{n} routing event", "{n} routing events")}
              </button>
            )}
            {!isInside && (
              <span className={styles.time}>
                <Moment at={main.shown_at} />
              </span>
            )}
          </p>
          {isOpen && (
            <ol className={styles.all}>
              {events.map((event) => (
                <li key={event.event_id} className="sys" data-e={event.event_id}>
                  <time className="xs">{clockSeconds(event.shown_at)}</time>
                  <span>{systemWords(event, names, name)}</span>
                </li>
              ))}
            </ol>
          )}
          {why && isWhyShown && <WhyCard event={why} />}
        </div>
      </div>
    );
  },
  (before, now) =>
    before.isInside === now.isInside &&
    before.state.customer === now.state.customer &&
    before.events.length === now.events.length &&
    before.events[0] === now.events[0] &&
    newestOffer(before.state) === newestOffer(now.state),
);

const newestOffer = (state: TimelineState): HubEvent | undefined => state.events.findLast((one) => one.type === "offer.made");
const isNewestOffer = (state: TimelineState, event: HubEvent | undefined): boolean => event !== undefined && newestOffer(state) === event;

/** The decision record, in words. */
function WhyCard({ event }: { event: HubEvent }) {
  const names = useNames();
  const why = (event.data["why"] ?? {}) as Record<string, unknown>;
  const agent = names.agent(String(event.data["agent_id"] ?? ""));
  const lines = whyLines(why, clockSeconds, (seconds) => elapsed(seconds * 1000));
  return (
    <section className={cx("box", styles.why)} aria-label={t("Why {agent}", { agent })}>
      <p>
        <b className="semi">{t("To {agent}", { agent })}</b>
        {whyWords(why) !== "" && `: ${whyWords(why)}`}
      </p>
      <dl>
        {lines.map((line) => (
          <div key={line.term}>
            <dt>{line.term}</dt>
            <dd>{line.words}</dd>
          </div>
        ))}
      </dl>
      {lines.length === 0 && <p className="t3 sm">{t("No record was kept for this decision.")}</p>}
    </section>
  );
}
