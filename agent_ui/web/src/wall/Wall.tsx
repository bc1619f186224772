// The supervisor's first page: six numbers, queues, who waits, agents. Every number is counted from rows that are shown.

import { useEffect, useMemo, useState } from "react";
import * as api from "../api/calls";
import type { AgentState, ChannelState, Row } from "../api/types";
import { act } from "../app/act";
import { conversation, go, address } from "../app/router";
import { setUi } from "../app/ui";
import { nextWords, reasonWords, stateWords } from "../chrome/StateMenu";
import { stateChoices } from "../desk/commands";
import { customerName } from "../desk/names";
import { waitTone } from "../desk/RowLink";
import { clock, elapsed, ms, number } from "../i18n/format";
import { t, tn } from "../i18n/t";
import { cx } from "../look/cx";
import { Icon, type IconName } from "../look/Icon";
import { Menu, MenuGroup, MenuItem } from "../look/Menu";
import { Avatar, ChannelIcon, Empty, Status } from "../look/parts";
import { abilitiesOf, hub, isSupervisor, queueName, setHub, useAbilities, useHub } from "../sync/store";
import { useNow } from "../sync/ticker";
import { agentsNow, activity, History, queuesNow, waitingNow, type QueueNow, type WaitNow } from "./numbers";
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

const histories = { wait: new History(), waiting: new History(), live: new History(), answered: new History(), agents: new History(), person: new History() };

interface TilesProps {
  waiting: readonly WaitNow[];
  table: readonly QueueNow[];
  readAt: number;
  isStale: boolean;
}

function Tiles({ waiting, table, readAt, isStale }: TilesProps) {
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
      <Tile name={t("In hand")} age={age} value={number(live)} sub={t("conversations with an agent")} history={histories.live} />
      <Tile name={t("Answered today")} age={dayAge} value={number(answered)} sub={tn(table.length, "in {n} queue", "in {n} queues")} history={histories.answered} />
      <Tile
        name={t("Agents")}
        age={age}
        value={number(staff.length)}
        {...(waiting.length > 0 && free === 0 ? { tone: "warn" as const, state: [t("Nobody free"), "alertc"] as const } : {})}
        sub={t("{free} free · {busy} busy · {away} away", { free, busy, away: staff.length - free - busy })}
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

function byWork(table: readonly QueueNow[]): string {
  const sum = (kind: string): number => table.reduce((all, one) => all + (one.byWork[kind] ?? 0), 0);
  const words: [number, string][] = [
    [sum("call"), t("calls")],
    [sum("chat"), t("chats")],
    [sum("async"), t("messages")],
    [sum("email"), t("mail")],
  ];
  const some = words.filter(([n]) => n > 0);
  return some.length === 0 ? t("the queues are empty") : some.map(([n, word]) => `${number(n)} ${word}`).join(" · ");
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
      <p className={cx(styles.sub, "clip")}>
        {state && (
          <span className={styles.narrow}>
            <Status icon={state[1]} tone={tone ?? "mute"}>
              {state[0]}
            </Status>{" "}
            ·{" "}
          </span>
        )}
        {sub}
      </p>
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

/** Channels that do not work, in their provider's own words. */
function Alerts({ channels }: { channels: ReadonlyMap<string, ChannelState> }) {
  const bad = [...channels.values()].filter((one) => one.state !== "connected" || one.uncertain > 0 || one.unreadable > 0);
  if (bad.length === 0) return null;
  return (
    <section className={cx(styles.pane, styles.alerts)} aria-label={t("Alerts")}>
      <ul>
        {bad.map((one) => (
          <li key={one.channel_id}>
            <Status icon={one.state === "broken" ? "alert" : "alertc"} tone={one.state === "broken" ? "bad" : "warn"}>
              {one.state === "broken" ? t("Broken") : one.state === "degraded" ? t("Degraded") : t("Needs a person")}
            </Status>
            <span className="grow clip">
              <b className="semi">{one.name}</b>{" "}
              <span className="t3">
                {[
                  one.words,
                  one.uncertain > 0 ? tn(one.uncertain, "{n} message not certain to be sent", "{n} messages not certain to be sent") : "",
                  one.unreadable > 0 ? tn(one.unreadable, "{n} could not be read", "{n} could not be read") : "",
                ]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface QueuesProps {
  table: readonly QueueNow[];
  chosen: string | null;
  onChoose: (queue: string | null) => void;
}

function Queues({ table, chosen, onChoose }: QueuesProps) {
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
              <td>{one.waiting > 0 && one.free === 0 ? <Status icon="alertc" tone="warn">{t("none")}</Status> : <Zero n={one.free} />}</td>
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

function Agents({ agents }: { agents: ReadonlyMap<string, AgentState> }) {
  const list = useMemo(() => agentsNow(agents.values()), [agents]);
  const on = list.filter((one) => one.status !== "offline").length;
  return (
    <section className={styles.pane} aria-label={t("Agents")}>
      <header>
        <h2>{t("Agents")}</h2>
        <span className="t3">{t("{on} of {all} here, needs help first", { on, all: list.length })}</span>
      </header>
      <table>
        <colgroup>
          <col style={{ inlineSize: "27%" }} />
          <col style={{ inlineSize: "32%" }} />
          <col />
          <col />
          <col />
          <col style={{ inlineSize: "52px" }} />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">{t("Agent")}</th>
            <th scope="col" className={styles.s}>
              {t("State")}
            </th>
            <th scope="col">{t("Time")}</th>
            <th scope="col" className={styles.s}>
              {t("On")}
            </th>
            <th scope="col">{t("Load")}</th>
            <th scope="col">
              <span className="vh">{t("Actions")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.map((agent) => (
            <AgentRow key={agent.agent_id} agent={agent} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function AgentRow({ agent }: { agent: AgentState }) {
  const shown = stateWords(agent);
  const items = useHub((state) => {
    let count = 0;
    for (const { interaction: one } of state.desk.rows.values()) {
      if (one.agent_id === agent.agent_id && (one.state === "live" || one.state === "wrap_up")) count += 1;
    }
    return count;
  });
  const next = nextWords(agent);
  return (
    <tr>
      <td>
        <span className={styles.agent}>
          <Avatar name={agent.name} size="s" />
          <span className="med clip">
            <bdi>{agent.name}</bdi>
          </span>
        </span>
      </td>
      <td className={styles.s}>
        <Status icon={shown.icon} tone={shown.tone}>
          {shown.words}
        </Status>
        {next !== "" && <span className="t3 xs"> {next}</span>}
      </td>
      <td>
        <Since moment={agent.since} />
      </td>
      <td className={styles.s}>{items === 0 ? "–" : tn(items, "{n} item", "{n} items")}</td>
      <td>{agent.status === "offline" ? "–" : `${agent.load}/${agent.capacity}`}</td>
      <td>
        <Force agent={agent} />
      </td>
    </tr>
  );
}

function Since({ moment }: { moment: string | null }) {
  const now = useNow();
  return <>{moment === null ? "–" : elapsed(now - ms(moment))}</>;
}

/** State of another one: they see by whom and why; with work in hand it waits as the next state. */
function Force({ agent }: { agent: AgentState }) {
  const by = useHub((state) => state.me?.agent.name ?? "");
  return (
    <Menu
      name="force"
      which={agent.agent_id}
      label={t("State of {name}", { name: agent.name })}
      width={200}
      target={(props) => (
        <button {...props} className="ib" type="button" aria-label={t("Change the state of {name}", { name: agent.name })}>
          <Icon name="dots" />
        </button>
      )}
    >
      <MenuGroup label={t("Set to")}>
        {stateChoices().map((choice) => (
          <MenuItem
            key={choice.words}
            onClick={() =>
              void act(() => api.forcePresence(agent.agent_id, choice.status, choice.reason || t("by {name}", { name: by })), {
                done: t("{name}: {state}", { name: agent.name, state: choice.reason ? reasonWords(choice.reason) : choice.words }),
              })
            }
          >
            <Icon name={choice.status === "available" ? "checkc" : choice.status === "away" ? "clock" : "off"} />
            {choice.words}
          </MenuItem>
        ))}
      </MenuGroup>
    </Menu>
  );
}

const MOST_WAITING = 40;

function Waiting({ list, queue }: { list: readonly WaitNow[]; queue: string | null }) {
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

