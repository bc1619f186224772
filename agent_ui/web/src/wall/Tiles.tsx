// Six headline numbers, each with its age, its state in words and its line of the last half hour.

import { activity, History, type QueueNow, type WaitNow } from "./numbers";
import { waitTone } from "../desk/RowLink";
import { clock, elapsed, number } from "../i18n/format";
import { t, tn } from "../i18n/t";
import { cx } from "../look/cx";
import type { IconName } from "../look/Icon";
import { Status } from "../look/parts";
import { abilitiesOf, hub, queueName, useHub } from "../sync/store";
import { useNow } from "../sync/ticker";
import styles from "./Wall.module.css";

const histories = { wait: new History(), waiting: new History(), live: new History(), answered: new History(), agents: new History(), person: new History() };

interface TilesProps {
  waiting: readonly WaitNow[];
  table: readonly QueueNow[];
  readAt: number;
  isStale: boolean;
}

export function Tiles({ waiting, table, readAt, isStale }: TilesProps) {
  const now = useNow();
  const rows = useHub((state) => state.desk.rows);
  const agents = useHub((state) => state.desk.agents);
  const channels = useHub((state) => state.channels);
  const asOf = useHub((state) => state.link.asOf);
  const longest = waiting[0];
  const span = longest === undefined ? 0 : Math.max(0, now - longest.since);
  const work = longest === undefined ? "" : abilitiesOf(hub(), longest.row.interaction.channel_id).work;
  const tone = longest === undefined ? "ok" : waitTone(span / 1000, work);
  const live = [...rows.values()].filter((row) => row.interaction.state === "live" || row.interaction.state === "wrap_up").length;
  const answered = table.reduce((sum, one) => sum + one.queue.answered_today, 0);
  const staff = [...agents.values()].filter((one) => one.active && one.status !== "offline");
  const free = staff.filter((one) => activity(one) === "free").length;
  const busy = staff.filter((one) => activity(one) === "busy").length;
  const person = [...channels.values()].reduce((sum, one) => sum + one.uncertain + one.unreadable, 0);
  const age = isStale && asOf > 0 ? t("as of {time}", { time: clock(asOf) }) : t("now");
  const dayAge = readAt === 0 ? "" : isStale ? t("as of {time}", { time: clock(readAt) }) : t("{n} s ago", { n: Math.max(0, Math.round((Date.now() - readAt) / 1000)) });
  if (!isStale) {
    histories.wait.add(now, span);
    histories.waiting.add(now, waiting.length);
    histories.live.add(now, live);
    histories.answered.add(now, answered);
    histories.agents.add(now, staff.length);
    histories.person.add(now, person);
  }
  return (
    <section className={cx(styles.pane, styles.tiles)} aria-label={t("Six numbers")}>
      <Tile
        name={t("Longest wait")}
        age={age}
        value={longest === undefined ? "–" : elapsed(span)}
        tone={tone}
        state={longest === undefined ? undefined : tone === "bad" ? [t("Over limit"), "alert"] : tone === "warn" ? [t("Near limit"), "alertc"] : [t("Within limit"), "check"]}
        sub={longest === undefined ? t("nobody waits") : queueName(hub(), longest.row.interaction.queue_id)}
        history={histories.wait}
      />
      <Tile name={t("Waiting")} age={age} value={number(waiting.length)} sub={byWork(table)} history={histories.waiting} />
      <Tile name={t("In hand")} age={age} value={number(live)} sub={t("with an agent")} history={histories.live} />
      <Tile name={t("Answered today")} age={dayAge} value={number(answered)} sub={tn(table.length, "in {n} queue", "in {n} queues")} history={histories.answered} />
      <Tile
        name={t("Agents")}
        age={age}
        value={number(staff.length)}
        {...(waiting.length > 0 && free === 0 ? { tone: "warn" as const, state: [t("Nobody free"), "alertc"] as const } : {})}
        sub={here(free, busy, staff.length - free - busy)}
        history={histories.agents}
      />
      <Tile
        name={t("Needs a person")}
        age={dayAge}
        value={number(person)}
        {...(person > 0 ? { tone: "warn" as const, state: [t("Look at it"), "alertc"] as const } : {})}
        sub={t("uncertain or unreadable")}
        history={histories.person}
      />
    </section>
  );
}

function here(free: number, busy: number, away: number): string {
  const words: [number, string][] = [
    [free, t("free")],
    [busy, t("busy")],
    [away, t("away")],
  ];
  const some = words.filter(([n]) => n > 0);
  return some.length === 0 ? t("nobody is here") : some.map(([n, word]) => `${number(n)} ${word}`).join(" · ");
}

function byWork(table: readonly QueueNow[]): string {
  const sum = (kind: string): number => table.reduce((all, one) => all + (one.byWork[kind] ?? 0), 0);
  const words: [number, string, string][] = [
    [sum("call"), "{n} call", "{n} calls"],
    [sum("chat"), "{n} chat", "{n} chats"],
    [sum("async"), "{n} message", "{n} messages"],
    [sum("email"), "{n} mail", "{n} mails"],
  ];
  const some = words.filter(([n]) => n > 0);
  return some.length === 0 ? t("the queues are empty") : some.map(([n, one, many]) => tn(n, one, many)).join(" · ");
}

interface TileProps {
  name: string;
  age: string;
  value: string;
  sub: string;
  tone?: "ok" | "warn" | "bad";
  state?: readonly [words: string, icon: IconName] | undefined;
  history: History;
}

function Tile({ name, age, value, sub, tone, state, history }: TileProps) {
  return (
    <div className={styles.tile} role="group" aria-label={name}>
      <h2>
        {name}
        <span className={styles.age}>{age}</span>
      </h2>
      <p className={styles.val}>
        <b className={cx(tone === "bad" && styles.bad)}>{value}</b>
        {state && (
          <Status icon={state[1]} tone={tone ?? "mute"} className={cx("sm", styles.wide)}>
            {state[0]}
          </Status>
        )}
      </p>
      {state && (
        <p className={cx(styles.sub, styles.narrow)}>
          <Status icon={state[1]} tone={tone ?? "mute"}>
            {state[0]}
          </Status>
        </p>
      )}
      <p className={styles.sub}>{sub}</p>
      <Spark history={history} tone={tone} />
    </div>
  );
}

function Spark({ history, tone }: { history: History; tone: TileProps["tone"] }) {
  const points = history.points();
  const last = points.at(-1);
  if (last === undefined) return <div className={styles.sp} />;
  const line = points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
  return (
    <div className={styles.sp} data-tone={tone} aria-hidden="true">
      <svg className={styles.spark} viewBox="0 0 100 36" preserveAspectRatio="none">
        <path className={styles.area} d={`M0,36 L${line.replaceAll(" ", " L")} L${last.x.toFixed(1)},36Z`} />
        <polyline points={line} />
      </svg>
      <i style={{ insetBlockStart: `${(last.y / 36) * 100}%`, insetInlineStart: `${last.x}%` }} />
    </div>
  );
}
