import type { Interaction } from "../api/types";
import { take } from "../desk/commands";
import { t } from "../i18n/t";
import { cx } from "../look/cx";
import { Icon } from "../look/Icon";
import { Keys } from "../look/parts";
import { useHub } from "../sync/store";
import styles from "./Composer.module.css";
import type { Lock } from "./lock";

/** What one should know before writing; never in the way of writing. */
export function Tells({ customer, one, lock }: { customer: string; one: Interaction; lock: Lock }) {
  const { writer } = lock;
  const drafts = useHub((state) => state.timelines.get(customer)?.state?.drafts);
  const me = useHub((state) => state.me?.agent.agent_id);
  const agents = useHub((state) => state.desk.agents);
  const others = drafts?.filter((draft) => draft.agent_id !== me && draft.kind === "reply" && draft.text !== "") ?? [];
  const waits = one.state === "queued" || one.state === "created";
  const owner = one.state === "live" && one.agent_id !== null && one.agent_id !== me ? (agents.get(one.agent_id)?.name ?? one.agent_id) : "";
  return (
    <>
      <div role="status">
        {writer !== "" && (
          <div className={styles.tell} data-testid="lock">
            <Icon name="pen" className="i14" />
            <span className="grow">{t("{name} is replying.", { name: writer })}</span>
            {lock.isLocked && (
              <button className="btn sm" type="button" onClick={lock.open}>
                {t("Reply anyway")}
              </button>
            )}
          </div>
        )}
      </div>
      {writer === "" && others[0] !== undefined && (
        <p className={cx(styles.tell, styles.plain)}>
          <Icon name="pen" className="i14" />
          {t("{name} has a draft", { name: agents.get(others[0].agent_id)?.name ?? others[0].agent_id })}
        </p>
      )}
      {owner !== "" && (
        <p className={cx(styles.tell, styles.plain)}>
          <Icon name="user" className="i14" />
          {t("{name} has this. You are helping.", { name: owner })}
        </p>
      )}
      {waits && (
        <div className={cx(styles.tell, styles.plain)}>
          <span className="grow">{t("Nobody has this yet. Take it before you answer.")}</span>
          <button className="btn sm" type="button" onClick={() => void take(one)}>
            {t("Assign to me")} <Keys of="i" />
          </button>
        </div>
      )}
    </>
  );
}
