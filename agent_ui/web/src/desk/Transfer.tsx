// Hand over to a person or a queue: one field, the reason filled in from the brief.

import { useMemo, useState, type KeyboardEvent } from "react";
import { here } from "../app/router";
import { setUi, useUi } from "../app/ui";
import { t, tn } from "../i18n/t";
import { cx } from "../look/cx";
import { Dialog } from "../look/Dialog";
import { Icon } from "../look/Icon";
import { Avatar, Keys, Status } from "../look/parts";
import { stateWords } from "../chrome/StateMenu";
import { hub, myId, queueName, useHub } from "../sync/store";
import { transfer } from "./commands";
import { current } from "./current";
import { isWaiting } from "./order";
import styles from "./Transfer.module.css";

interface Target {
  key: string;
  name: string;
  queue: string | null;
  agent: string | null;
}

export default function Transfer() {
  const kind = useUi((state) => state.dialog);
  const one = current();
  const agents = useHub((state) => state.desk.agents);
  const queues = useHub((state) => state.queues);
  const [words, setWords] = useState("");
  const [chosen, setChosen] = useState<string | null>(null);
  const [reason, setReason] = useState(() => briefWords());
  const targets = useMemo(() => {
    const wanted = words.trim().toLowerCase();
    const all: Target[] = [
      ...[...queues.values()].map((queue) => ({ key: `q ${queue.queue_id}`, name: queue.name, queue: queue.queue_id, agent: null })),
      ...[...agents.values()]
        .filter((agent) => agent.active && agent.agent_id !== myId())
        .map((agent) => ({ key: `a ${agent.agent_id}`, name: agent.name, queue: one?.queue_id ?? agent.queues[0] ?? null, agent: agent.agent_id })),
    ];
    return all.filter((target) => wanted === "" || target.name.toLowerCase().includes(wanted));
  }, [words, agents, queues, one?.queue_id]);
  const target = targets.find((entry) => entry.key === chosen) ?? targets[0];
  const close = (): void => setUi({ dialog: null });

  if (one === null) return null;

  async function confirm(): Promise<void> {
    if (one === null || target === undefined || target.queue === null) return;
    close();
    await transfer(one, target.queue, target.agent, reason.trim(), target.name);
  }

  function onKey(event: KeyboardEvent): void {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void confirm();
    }
  }

  function onSearchKey(event: KeyboardEvent): void {
    const at = targets.findIndex((entry) => entry.key === target?.key);
    const next = event.key === "ArrowDown" ? targets[at + 1] : event.key === "ArrowUp" ? targets[at - 1] : undefined;
    if (next) {
      event.preventDefault();
      setChosen(next.key);
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && target) {
      event.preventDefault();
      setChosen(target.key);
      document.getElementById("transfer-reason")?.focus();
    }
  }

  return (
    <Dialog title={kind === "assign" ? t("Assign to…") : t("Transfer")} onClose={close}>
      {/* The form hears Mod+Enter from each of its fields. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <form
        aria-label={t("Transfer")}
        onKeyDown={onKey}
        onSubmit={(event) => {
          event.preventDefault();
          void confirm();
        }}
      >
        <input
          className="input"
          data-autofocus
          role="combobox"
          aria-label={t("Person or queue")}
          aria-expanded="true"
          aria-controls="transfer-targets"
          aria-activedescendant={target ? `transfer ${target.key}`.replaceAll(" ", "-") : undefined}
          placeholder={t("Person or queue")}
          value={words}
          onChange={(event) => setWords(event.target.value)}
          onKeyDown={onSearchKey}
        />
        <div className={cx(styles.targets, "scroll")} id="transfer-targets" role="listbox" aria-label={t("Person or queue")} tabIndex={-1}>
          {targets.map((entry) => (
            <div
              key={entry.key}
              id={`transfer ${entry.key}`.replaceAll(" ", "-")}
              role="option"
              aria-selected={entry.key === target?.key}
              tabIndex={-1}
              className={cx(entry.key === target?.key && styles.on)}
              onPointerDown={() => setChosen(entry.key)}
            >
              {entry.agent === null ? <QueueTarget id={entry.queue ?? ""} /> : <AgentTarget id={entry.agent} />}
            </div>
          ))}
        </div>
        {targets.length === 0 && (
          <p className="hint" role="status">
            {t("Nobody of that name")}
          </p>
        )}
        <label className="label" htmlFor="transfer-reason">
          {t("Why, and what is known")}
        </label>
        <textarea id="transfer-reason" className="input" rows={4} dir="auto" maxLength={2000} value={reason} onChange={(event) => setReason(event.target.value)} />
        {isWaiting({ interaction: one, customer_name: "", person_id: "" }) && (
          <p className="hint">{t("It still waits in the queue: take it first.")}</p>
        )}
        <div className={styles.acts}>
          <span className="grow" />
          <button className="btn" type="button" onClick={close}>
            {t("Cancel")}
          </button>
          <button className="btn fill" type="submit" disabled={target === undefined || target.queue === null}>
            {target ? t("Transfer to {target}", { target: target.name }) : t("Transfer")} <Keys of="Mod+Enter" />
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** The brief goes along, so that the customer repeats nothing. */
function briefWords(): string {
  const brief = hub().timelines.get(here().customer ?? "")?.state?.brief ?? [];
  const words: Record<string, string> = { wants: t("Wants"), promised: t("Promised"), open: t("Open"), last: t("Last") };
  return brief
    .filter((line) => line.text !== "" && line.kind !== "last")
    .map((line) => `${words[line.kind] ?? ""}: ${line.text}`)
    .join("\n");
}

function QueueTarget({ id }: { id: string }) {
  const queue = useHub((state) => state.queues.get(id));
  const waiting = useHub((state) => [...state.desk.rows.values()].filter((row) => row.interaction.queue_id === id && isWaiting(row)).length);
  return (
    <>
      <Icon name="users" />
      <span className="med clip">{queue?.name ?? id}</span>
      <span className="grow" />
      <span className="t3 xs">{tn(waiting, "{n} waiting", "{n} waiting")}</span>
    </>
  );
}

function AgentTarget({ id }: { id: string }) {
  const agent = useHub((state) => state.desk.agents.get(id));
  const where = useHub((state) => (agent?.queues ?? []).slice(0, 2).map((queue) => queueName(state, queue)).join(", "));
  if (agent === undefined) return null;
  const shown = stateWords(agent);
  return (
    <>
      <Avatar name={agent.name} size="s" />
      <span className="med clip">{agent.name}</span>
      <span className="t3 xs clip">{where}</span>
      <span className="grow" />
      <Status icon={shown.icon} tone={shown.tone} className="xs">
        {shown.words}
      </Status>
      <span className="t3 xs nowrap">{t("{n} free", { n: Math.max(0, agent.capacity - agent.load) })}</span>
    </>
  );
}
