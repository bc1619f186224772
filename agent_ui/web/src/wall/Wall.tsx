// The supervisor's first page: six numbers, queues, who waits, agents. Every number is counted from rows that are shown.

import { useEffect, useMemo, useState } from "react";
import * as api from "../api/calls";
import type { ChannelState } from "../api/types";
import { t } from "../i18n/t";
import { cx } from "../look/cx";
import { Empty } from "../look/parts";
import { abilitiesOf, hub, isSupervisor, setHub, useHub } from "../sync/store";
import { Agents } from "./Agents";
import { Alerts } from "./Alerts";
import { queuesNow, waitingNow } from "./numbers";
import { Queues } from "./Queues";
import { Tiles } from "./Tiles";
import { Waiting } from "./Waiting";
import styles from "./Wall.module.css";

const REFRESH_MS = 5000;

/** Numbers of the day are not in the stream's patches: they are read again every few seconds. */
function useDayNumbers(): number {
  const [at, setAt] = useState(0);
  useEffect(() => {
    let isGone = false;
    const read = (): void => {
      Promise.all([api.queues(), api.channels()]).then(
        ([queues, channels]) => {
          if (isGone) return;
          setAt(Date.now());
          setHub({
            queues: new Map(queues.map((queue) => [queue.queue_id, queue])),
            channels: sameChannels(channels),
          });
        },
        () => undefined,
      );
    };
    read();
    const timer = setInterval(read, REFRESH_MS);
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, []);
  return at;
}

/** A channel that did not change stays the same object, so that nothing is drawn again for it. */
function sameChannels(news: readonly ChannelState[]): ReadonlyMap<string, ChannelState> {
  const old = hub().channels;
  return new Map(
    news.map((one) => {
      const known = old.get(one.channel_id);
      return [one.channel_id, known !== undefined && JSON.stringify(known) === JSON.stringify(one) ? known : one] as const;
    }),
  );
}

export default function Wall() {
  const allowed = useHub(isSupervisor);
  if (!allowed) {
    return (
      <main className={styles.page} id="timeline" tabIndex={-1}>
        <Empty icon="lock" title={t("The wallboard is for supervisors")} />
      </main>
    );
  }
  return <Board />;
}

function Board() {
  const readAt = useDayNumbers();
  const rows = useHub((state) => state.desk.rows);
  const agents = useHub((state) => state.desk.agents);
  const queues = useHub((state) => state.queues);
  const channels = useHub((state) => state.channels);
  const isStale = useHub((state) => state.link.word !== "live" && state.link.word !== "catching_up");
  const [chosen, setChosen] = useState<string | null>(null);
  const waiting = useMemo(() => waitingNow(rows), [rows]);
  const table = useMemo(
    () => queuesNow(queues.values(), rows, agents, (id) => abilitiesOf({ ...hub(), channels }, id).work),
    [queues, rows, agents, channels],
  );
  const shown = chosen === null ? waiting : waiting.filter((one) => one.row.interaction.queue_id === chosen);
  return (
    <main className={cx(styles.page, "scroll", isStale && styles.stale)} id="timeline" aria-label={t("Wallboard")} tabIndex={-1}>
      <h1 className="vh">{t("Wallboard")}</h1>
      <Tiles waiting={waiting} table={table} readAt={readAt} isStale={isStale} />
      <Alerts channels={channels} />
      <div className={styles.tables}>
        <Queues table={table} chosen={chosen} onChoose={setChosen} />
        <Agents agents={agents} />
      </div>
      <Waiting list={shown} queue={chosen} />
    </main>
  );
}
