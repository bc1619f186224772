import type { Row } from "../api/types";
import { address, conversation, go } from "../app/router";
import { setUi } from "../app/ui";
import { customerName } from "../desk/names";
import { waitTone } from "../desk/RowLink";
import { elapsed } from "../i18n/format";
import { t, tn } from "../i18n/t";
import { cx } from "../look/cx";
import { ChannelIcon, Status } from "../look/parts";
import { hub, queueName, useAbilities, useHub } from "../sync/store";
import { useNow } from "../sync/ticker";
import type { WaitNow } from "./numbers";
import styles from "./Wall.module.css";

const MOST_WAITING = 40;

export function Waiting({ list, queue }: { list: readonly WaitNow[]; queue: string | null }) {
  const name = useHub((state) => queueName(state, queue));
  return (
    <section className={cx(styles.pane, styles.waiting)} aria-label={t("Waiting")}>
      <header>
        <h2>{queue === null ? t("Waiting") : t("Waiting in {queue}", { queue: name })}</h2>
        <span className="t3">{tn(list.length, "{n} in routing order", "{n} in routing order")}</span>
      </header>
      {list.length === 0 ? (
        <p className={styles.none}>{t("Nobody waits.")}</p>
      ) : (
        <ul>
          {list.slice(0, MOST_WAITING).map((one) => (
            <WaitingItem key={one.row.interaction.interaction_id} row={one.row} since={one.since} />
          ))}
        </ul>
      )}
    </section>
  );
}

function WaitingItem({ row, since }: { row: Row; since: number }) {
  const now = useNow();
  const { glyph, work, word } = useAbilities(row.interaction.channel_id);
  const span = now - since;
  const tone = waitTone(span / 1000, work);
  const offered = useHub((state) => (row.interaction.offered_to === null ? "" : (state.desk.agents.get(row.interaction.offered_to)?.name ?? "")));
  const to = conversation(row.interaction.customer_id, row.interaction.interaction_id);
  return (
    <li>
      <a
        className={styles.wi}
        href={address(to)}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          setUi({ tab: "team" });
          go(to);
        }}
      >
        <ChannelIcon glyph={glyph} />
        <span className="med clip">
          <bdi>{customerName(row.customer_name, row.interaction.customer_id, row.interaction.address)}</bdi>
          <span className="vh">, {word}, {t("waits")}</span>
        </span>
        {tone === "ok" ? (
          <span className="med">{elapsed(span)}</span>
        ) : (
          <Status icon={tone === "bad" ? "alert" : "clock"} tone={tone}>
            {elapsed(span)}
          </Status>
        )}
        <span className={cx(styles.d, "clip")} dir="auto">
          {offered !== "" ? t("offered to {name}", { name: offered }) : row.interaction.subject || row.interaction.preview || queueName(hub(), row.interaction.queue_id)}
        </span>
      </a>
    </li>
  );
}
