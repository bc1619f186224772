// Continue brief: what they want, what was promised, what is open. "Nothing" is a value; each clause shows its source.

import type { BriefLine } from "../api/types";
import { jumpTo, setUi, useUi } from "../app/ui";
import { clock, dayKey, exact, shortDay } from "../i18n/format";
import { t, tn } from "../i18n/t";
import { cx } from "../look/cx";
import { Icon } from "../look/Icon";
import type { TimelineState } from "../sync/timeline";
import { useMinute } from "../sync/ticker";
import styles from "./Brief.module.css";

const WORDS: Record<BriefLine["kind"], () => string> = {
  wants: () => t("Wants"),
  promised: () => t("Promised"),
  open: () => t("Open"),
  last: () => t("Last"),
};

const ALWAYS: readonly BriefLine["kind"][] = ["wants", "promised", "open"];

export function Brief({ state }: { state: TimelineState }) {
  const isOpen = useUi((ui) => ui.brief);
  const kinds = isOpen ? [...ALWAYS, "last" as const] : ALWAYS;
  const sources = new Set(state.brief.flatMap((line) => line.events)).size;
  const wants = state.brief.find((line) => line.kind === "wants")?.text ?? "";
  const more = (
    <button className="lnk" type="button" aria-expanded={isOpen} onClick={() => setUi({ brief: !isOpen })}>
      {isOpen ? t("Less") : t("More")}
    </button>
  );
  return (
    <section className={cx(styles.brief, isOpen && styles.open)} aria-label={t("Continue brief")}>
      <div className={styles.head}>
        <h2>{t("Continue brief")}</h2>
        <span className="grow" />
        <span>{t("{sources} · rules", { sources: tn(sources, "from {n} event", "from {n} events") })}</span>
        {more}
      </div>
      <button className={styles.fold} type="button" aria-expanded={isOpen} onClick={() => setUi({ brief: !isOpen })}>
        <span className="grow">
          <span className="med clip" dir="auto">
            {wants === "" ? t("Wants: nothing open") : t("Wants {what}", { what: wants })}
          </span>
          <span className="xs t3">{tn(sources, "{n} event", "{n} events")}</span>
        </span>
        <Icon name="down" />
      </button>
      <dl>
        {kinds.map((kind) => (
          <Line key={kind} kind={kind} lines={state.brief.filter((line) => line.kind === kind && line.text !== "")} state={state} />
        ))}
      </dl>
    </section>
  );
}

function Line({ kind, lines, state }: { kind: BriefLine["kind"]; lines: readonly BriefLine[]; state: TimelineState }) {
  return (
    <>
      <dt>{WORDS[kind]()}</dt>
      <dd>
        {lines.length === 0 && <span className="t3">{t("nothing")}</span>}
        {lines.map((line, at) => (
          <span key={`${line.text}${at}`} className={styles.clause}>
            {at > 0 && <span className="t3">· </span>}
            <span className={cx("clip", kind === "wants" && at === 0 && "semi")} dir="auto">
              {line.text}
            </span>
            {line.events.slice(0, 3).map((id) => (
              <Source key={id} id={id} state={state} />
            ))}
          </span>
        ))}
      </dd>
    </>
  );
}

/** Named by when it was said: that is what people look for. */
function Source({ id, state }: { id: string; state: TimelineState }) {
  const now = useMinute();
  const event = state.events.find((one) => one.event_id === id);
  const at = event?.shown_at;
  const words = at === undefined ? t("source") : dayKey(at) === dayKey(now) ? clock(at) : shortDay(at, now);
  return (
    <button className="src" type="button" {...(at === undefined ? {} : { title: exact(at) })} onClick={() => jumpTo(id)}>
      <span className="vh">{t("Source:")} </span>
      {words}
    </button>
  );
}
