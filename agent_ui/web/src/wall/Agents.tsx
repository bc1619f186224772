// Agents as they are now, those who need help first; a supervisor may change a state.

import { useMemo } from "react";
import * as api from "../api/calls";
import type { AgentState } from "../api/types";
import { act } from "../app/act";
import { nextWords, reasonWords, stateWords } from "../chrome/StateMenu";
import { stateChoices } from "../desk/commands";
import { elapsed, ms } from "../i18n/format";
import { t, tn } from "../i18n/t";
import { Icon } from "../look/Icon";
import { Menu, MenuGroup, MenuItem } from "../look/Menu";
import { Avatar, Status } from "../look/parts";
import { useHub } from "../sync/store";
import { useNow } from "../sync/ticker";
import { agentsNow } from "./numbers";
import styles from "./Wall.module.css";

export function Agents({ agents }: { agents: ReadonlyMap<string, AgentState> }) {
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
