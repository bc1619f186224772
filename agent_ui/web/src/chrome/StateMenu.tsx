// My state with its timer, the states to choose from, and the one that comes next while I am busy.

import type { AgentState } from "../api/types";
import { cancelNext, setState, stateChoices } from "../desk/commands";
import { elapsed, ms } from "../i18n/format";
import { t } from "../i18n/t";
import { cx } from "../look/cx";
import { Icon, type IconName } from "../look/Icon";
import { Menu, MenuItem, MenuLine } from "../look/Menu";
import { missWords } from "../timeline/read";
import { useHub } from "../sync/store";
import { useNow } from "../sync/ticker";
import styles from "./AppBar.module.css";

export interface StateShown {
  icon: IconName;
  tone: "ok" | "warn" | "bad" | "acc" | "mute";
  words: string;
}

const REASONS: Record<string, () => string> = {
  break: () => t("Break"),
  lunch: () => t("Lunch"),
  meeting: () => t("Meeting"),
  training: () => t("Training"),
};

export const reasonWords = (reason: string): string => REASONS[reason]?.() ?? reason;

/** What an agent is doing, in words: the chosen status, and busy where there is work in hand. */
export function stateWords(agent: AgentState): StateShown {
  switch (agent.status) {
    case "available":
      if (!agent.reachable) return { icon: "off", tone: "warn", words: t("Unreachable") };
      return agent.load > 0
        ? { icon: "checkc", tone: "acc", words: t("Busy") }
        : { icon: "checkc", tone: "ok", words: t("Available") };
    case "away":
      return { icon: "clock", tone: "mute", words: agent.reason ? t("Away · {reason}", { reason: reasonWords(agent.reason) }) : t("Away") };
    case "missed":
      return { icon: "alert", tone: "bad", words: agent.cause ? t("Missed · {cause}", { cause: missWords(agent.cause) }) : t("Missed") };
    case "offline":
      return { icon: "off", tone: "mute", words: t("Offline") };
  }
}

export function mine(agent: AgentState): StateShown {
  // My own link is shown beside it; here the state I chose counts.
  return agent.status === "available" ? { icon: "checkc", tone: "ok", words: t("Available") } : stateWords(agent);
}

export function nextWords(agent: AgentState): string {
  if (agent.next === null) return "";
  const words = agent.next === "offline" ? t("Offline") : agent.next_reason ? reasonWords(agent.next_reason) : t("Away");
  return t("{state} next", { state: words });
}

function Since({ moment }: { moment: string }) {
  const now = useNow();
  return <span className="t3">{elapsed(now - ms(moment))}</span>;
}

export function StateMenu() {
  const agent = useHub((state) => state.me?.agent ?? null);
  if (agent === null) return null;
  const shown = mine(agent);
  const next = nextWords(agent);
  return (
    <Menu
      name="state"
      label={t("My state")}
      width={240}
      before={agent.status === "missed" ? <p className="menu-label">{t("You missed an offer. Offers go on when you are available again.")}</p> : undefined}
      target={(props) => (
        <button {...props} className={cx("bar-it", styles.state, agent.status === "missed" && styles.missed)} type="button" data-tone={shown.tone}>
          <Icon name={shown.icon} />
          <span className="vh">{t("My state:")} </span>
          <span className="semi clip">{shown.words}</span>
          {agent.since !== null && <Since moment={agent.since} />}
          {next !== "" && <span className={styles.next}>{next}</span>}
          <Icon name="down" className="i14" />
        </button>
      )}
    >
      {stateChoices().map((choice, at) => {
        const isNow = agent.status === choice.status && (choice.status !== "away" || agent.reason === choice.reason);
        const isNext = agent.next === choice.status && agent.next_reason === choice.reason;
        return (
          <MenuItem key={choice.words} checked={isNow} onClick={() => void setState(choice.status, choice.reason)}>
            <Icon name={isNow ? "check" : choice.status === "available" ? "checkc" : choice.status === "away" ? "clock" : "off"} />
            {choice.words}
            {isNext && <span className={styles.next}>{t("next")}</span>}
            <kbd aria-hidden="true">Q {at + 1}</kbd>
          </MenuItem>
        );
      })}
      {agent.next !== null && (
        <>
          <MenuLine />
          <MenuItem onClick={() => void cancelNext()}>
            <Icon name="x" />
            {t("Cancel “{next}”", { next })}
          </MenuItem>
        </>
      )}
    </Menu>
  );
}
