import { waitTone } from "../desk/RowLink";
import { elapsed, number } from "../i18n/format";
import { t } from "../i18n/t";
import { cx } from "../look/cx";
import { Status } from "../look/parts";
import { useNow } from "../sync/ticker";
import type { QueueNow } from "./numbers";
import styles from "./Wall.module.css";

interface QueuesProps {
  table: readonly QueueNow[];
  chosen: string | null;
  onChoose: (queue: string | null) => void;
}

export function Queues({ table, chosen, onChoose }: QueuesProps) {
  return (
    <section className={styles.pane} aria-label={t("Queues")}>
      <header>
        <h2>{t("Queues")}</h2>
        <span className="t3">{t("{n}, longest wait first", { n: table.length })}</span>
      </header>
      <table>
        <colgroup>
          <col style={{ inlineSize: "26%" }} />
          <col span={7} />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">{t("Queue")}</th>
            <th scope="col">{t("Wait")}</th>
            <th scope="col">{t("Longest")}</th>
            <th scope="col">{t("Chat")}</th>
            <th scope="col">{t("Mail")}</th>
            <th scope="col">{t("In hand")}</th>
            <th scope="col">{t("Free")}</th>
            <th scope="col">{t("Today")}</th>
          </tr>
        </thead>
        <tbody>
          {table.map((one) => (
            <tr key={one.queue.queue_id} className={cx(one.queue.queue_id === chosen && styles.cur)}>
              <td>
                <button
                  className="med clip"
                  type="button"
                  aria-pressed={one.queue.queue_id === chosen}
                  onClick={() => onChoose(one.queue.queue_id === chosen ? null : one.queue.queue_id)}
                >
                  {one.queue.name}
                </button>
              </td>
              <td>
                <Zero n={one.waiting} />
              </td>
              <td>
                <Longest since={one.longest} work={Object.keys(one.byWork)[0] ?? "chat"} />
              </td>
              <td>
                <Zero n={(one.byWork["chat"] ?? 0) + (one.byWork["async"] ?? 0)} />
              </td>
              <td>
                <Zero n={one.byWork["email"] ?? 0} />
              </td>
              <td>
                <Zero n={one.live} />
              </td>
              <td>{one.waiting > 0 && one.free === 0 ? <Status icon="alertc" tone="warn">{number(0)}</Status> : <Zero n={one.free} />}</td>
              <td>
                <Zero n={one.queue.answered_today} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const Zero = ({ n }: { n: number }) => (n === 0 ? <span className="t3">0</span> : <>{number(n)}</>);

function Longest({ since, work }: { since: number | null; work: string }) {
  const now = useNow();
  if (since === null) return <>–</>;
  const span = now - since;
  const tone = waitTone(span / 1000, work);
  if (tone === "ok") return <>{elapsed(span)}</>;
  return (
    <Status icon="alert" tone={tone}>
      {elapsed(span)}
    </Status>
  );
}
