// Who it is, what it is about, who else is here, and what can be done.

import { setUi, useUi } from "../app/ui";
import { reopen, resolve, snooze, take, wake } from "../desk/commands";
import { useCurrent } from "../desk/current";
import { snoozeChoices } from "../desk/snooze";
import { wakes } from "../i18n/format";
import { t } from "../i18n/t";
import { toList, togglePanel } from "../keys/actions";
import { cx } from "../look/cx";
import { Icon } from "../look/Icon";
import { Menu, MenuItem, MenuGroup, MenuLine } from "../look/Menu";
import { Avatar, Keys } from "../look/parts";
import type { Interaction } from "../api/types";
import { agentName, myId, queueName, useHub } from "../sync/store";
import { serverClock } from "../sync/ticker";
import styles from "./Head.module.css";
import { nameOf } from "./Timeline";

export function Head({ customer }: { customer: string }) {
  const one = useCurrent();
  useHub((state) => state.timelines.get(customer)?.state?.customer);
  useHub((state) => state.desk.rows.size);
  const name = nameOf(customer);
  const busy = useUi((state) => (one === null ? undefined : state.busy.get(one.interaction_id)));
  return (
    <header className={styles.head}>
      <button className={cx("ib", styles.back)} type="button" aria-label={t("Back to the list")} onClick={toList}>
        <Icon name="left" className="i-flip" />
      </button>
      <div className={styles.title}>
        <h1 className="clip">
          <bdi>{name || t("Customer")}</bdi>
        </h1>
        <p className={cx("sm t2 clip", styles.subject)}>
          {one !== null && <StateWords one={one} />}
          {one?.subject ? <bdi dir="auto">{one.subject}</bdi> : null}
        </p>
      </div>
      <Others customer={customer} />
      {busy !== undefined ? <span className="sm act">{busy}</span> : one !== null && <Main one={one} />}
      {one !== null && <More one={one} />}
      <button className={cx("ib", styles.panel)} type="button" aria-label={t("Customer panel")} onClick={togglePanel}>
        <Icon name="panel" />
      </button>
    </header>
  );
}

/** Whose it is, in words; nothing where it is simply mine. */
function StateWords({ one }: { one: Interaction }) {
  const words = useHub((state) => {
    const owner = one.agent_id === null ? "" : agentName(state, one.agent_id);
    const isMine = one.agent_id === myId(state);
    switch (one.state) {
      case "queued":
      case "offered":
      case "accepting":
        return t("Waits in {queue}", { queue: queueName(state, one.queue_id) });
      case "snoozed":
        return one.wake_at === null ? t("Asleep until they write") : t("Asleep until {time}", { time: wakes(one.wake_at, serverClock.now()) });
      case "closed":
        return t("Closed");
      case "wrap_up":
        return t("Wrap-up");
      default:
        return isMine || owner === "" ? "" : t("Owner {name} · you are helping", { name: owner });
    }
  });
  return words === "" ? null : <span className={styles.state}>{words}</span>;
}

function Others({ customer }: { customer: string }) {
  const others = useHub((state) => state.presence.get(customer));
  const first = others?.find((agent) => agent.doing === "writing") ?? others?.[0];
  if (first === undefined) return null;
  const words = first.doing === "writing" ? t("{name} is writing", { name: first.name }) : t("{name} is reading", { name: first.name });
  return (
    <span className={styles.others} data-testid="presence">
      <Avatar name={first.name} size="s" />
      <Icon name={first.doing === "writing" ? "pen" : "eye"} className="i14" />
      <span>
        {words}
        {others !== undefined && others.length > 1 ? ` +${others.length - 1}` : ""}
      </span>
    </span>
  );
}

function Main({ one }: { one: Interaction }) {
  switch (one.state) {
    case "queued":
    case "created":
      return (
        <button className="btn sm" type="button" onClick={() => void take(one)}>
          {t("Assign to me")} <Keys of="i" />
        </button>
      );
    case "live":
    case "wrap_up":
      return (
        <button className="btn sm" type="button" onClick={() => void resolve(one)}>
          {t("Resolve")} <Keys of="e" />
        </button>
      );
    case "snoozed":
      return (
        <button className="btn sm" type="button" onClick={() => void wake(one)}>
          {t("Wake up")}
        </button>
      );
    case "closed":
      return (
        <button className="btn sm" type="button" onClick={() => void reopen(one)}>
          {t("Open again")}
        </button>
      );
    default:
      return null;
  }
}

function More({ one }: { one: Interaction }) {
  const inHand = one.state === "live" || one.state === "snoozed";
  const now = serverClock.now();
  return (
    <Menu
      name="more"
      label={t("More actions")}
      width={280}
      target={(props) => (
        <button {...props} className="ib" type="button" aria-label={t("More actions")}>
          <Icon name="dots" />
        </button>
      )}
    >
      <MenuItem disabled={!inHand} onClick={() => setUi({ dialog: "transfer" })}>
        <Icon name="arrr" className="i-flip" />
        {t("Transfer")}
        {inHand ? <Keys of="t" /> : <span className="end t3 xs">{t("only from your hands")}</span>}
      </MenuItem>
      {one.state === "live" && (
        <>
          <MenuItem onClick={() => void resolve(one, true)}>
            <Icon name="check" />
            {t("Resolve and next")}
            <Keys of="Shift+e" />
          </MenuItem>
          <MenuLine />
          <MenuGroup label={t("Snooze")}>
          {snoozeChoices(now).map(({ words, until }, at) => (
            <MenuItem key={words} onClick={() => void snooze(one, until)}>
              <Icon name="moon" />
              {words}
              {until !== null && <span className="end t3 xs">{wakes(until.getTime(), now)}</span>}
              <kbd aria-hidden="true">H {at + 1}</kbd>
            </MenuItem>
          ))}
          <MenuItem onClick={() => setUi({ dialog: "snooze" })}>
            <Icon name="clock" />
            {t("Pick a time…")}
            <kbd aria-hidden="true">H 6</kbd>
          </MenuItem>
          </MenuGroup>
        </>
      )}
      <MenuLine />
      <MenuItem onClick={() => void navigator.clipboard?.writeText(location.origin + location.pathname + location.search)}>
        <Icon name="copy" />
        {t("Copy link")}
      </MenuItem>
    </Menu>
  );
}

