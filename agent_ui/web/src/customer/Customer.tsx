// Who this is: name, addresses and how sure they are, what is open, what was last. A column, or a drawer where it is narrow.

import { useEffect, useRef, useState, type FormEvent } from "react";
import * as api from "../api/calls";
import type { Customer as CustomerRecord, Interaction, KnownAddress } from "../api/types";
import { act } from "../app/act";
import { conversation, go } from "../app/router";
import { setUi, useUi } from "../app/ui";
import { interactionsOf } from "../desk/current";
import { customerName } from "../desk/names";
import { clock, shortDay } from "../i18n/format";
import { t, tn } from "../i18n/t";
import { togglePanel } from "../keys/actions";
import { cx } from "../look/cx";
import { useDrawer } from "../look/drawer";
import { Icon, type IconName } from "../look/Icon";
import { Avatar, ChannelIcon, Skeleton, Status } from "../look/parts";
import { agentName, hub, myId, queueName, useAbilities, useHub } from "../sync/store";
import { useMinute } from "../sync/ticker";
import { addressWords } from "../timeline/read";
import styles from "./Customer.module.css";

export function Customer({ customer }: { customer: string }) {
  const isPanel = useUi((state) => state.panel);
  const isDrawer = useUi((state) => state.drawer);
  const state = useHub((all) => all.timelines.get(customer)?.state ?? null);
  const asOf = useHub((all) => (all.link.word === "offline" || all.link.word === "gave_up" ? all.link.asOf : 0));
  useHub((all) => all.desk.rows);
  const box = useRef<HTMLElement>(null);
  useDrawer(isDrawer, box, () => setUi({ drawer: false }));
  useEffect(() => () => setUi({ drawer: false }), []);
  return (
    <aside
      ref={box}
      tabIndex={-1}
      className={cx(styles.cust, "scroll")}
      aria-label={t("Customer")}
      data-panel={isPanel ? "on" : "off"}
      data-drawer={isDrawer ? "on" : "off"}
    >
      {state === null ? (
        <Loading />
      ) : (
        <>
          <Who one={state.customer} asOf={asOf} />
          <ul aria-label={t("Addresses")}>
            {state.customer.addresses.map((one) => (
              <AddressLine key={`${one.kind} ${one.value}`} one={one} />
            ))}
          </ul>
          <Items customer={customer} />
          <Fields fields={state.customer.fields} />
        </>
      )}
    </aside>
  );
}

const Loading = () => (
  <div className={styles.loading} aria-busy="true">
    <Skeleton width="40px" height="40px" round />
    <Skeleton width="62%" />
    <Skeleton width="80%" />
    <Skeleton width="70%" />
    <Skeleton width="46%" />
  </div>
);

function Who({ one, asOf }: { one: CustomerRecord; asOf: number }) {
  const { customer_id: id, name, version } = one;
  const shown = customerName(name, id, one.addresses[0]);
  const [isEditing, setEditing] = useState(false);
  return (
    <div className={styles.who}>
      <Avatar name={shown} size="l" />
      <div className="grow">
        {isEditing ? (
          <NameForm key={version} id={id} name={name} onDone={() => setEditing(false)} />
        ) : (
          <>
            <h2 className="clip">
              <bdi>{shown}</bdi>
            </h2>
            <button className="lnk sm" type="button" onClick={() => setEditing(true)}>
              {name === "" ? t("Add name") : t("Change name")}
            </button>
          </>
        )}
        {asOf > 0 && <p className="t3 xs">{t("as of {time}", { time: clock(asOf) })}</p>}
      </div>
      <button className="ib" type="button" aria-label={t("Hide customer panel")} onClick={togglePanel}>
        <Icon name="panel" />
      </button>
    </div>
  );
}

function NameForm({ id, name, onDone }: { id: string; name: string; onDone: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const wanted = String(new FormData(event.currentTarget).get("name")).trim();
    if (wanted === "" || wanted === name || (await act(() => api.rename(id, wanted), { done: t("Name changed") })) !== null) onDone();
  }

  return (
    <form className={styles.name} aria-label={t("Name of the customer")} onSubmit={(event) => void submit(event)}>
      <input
        ref={field}
        className="input"
        name="name"
        aria-label={t("Name")}
        defaultValue={name}
        maxLength={200}
        dir="auto"
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          onDone();
        }}
      />
      <button className="btn sm" type="submit">
        {t("Save")}
      </button>
    </form>
  );
}

const KIND_ICON: Record<string, IconName> = { phone: "phone", email: "mail", visitor: "chat", user: "user" };

function AddressLine({ one }: { one: KnownAddress }) {
  const words = addressWords(one) || t("Web visit");
  return (
    <li className={styles.line}>
      <Icon name={KIND_ICON[one.kind] ?? "api"} />
      <span className="clip">
        <bdi>{words}</bdi>
      </span>
      {one.verified !== null ? (
        <Status icon="check" tone="ok" className={styles.end}>
          {t("verified")}
        </Status>
      ) : (
        <span className={styles.end}>{t("not verified")}</span>
      )}
    </li>
  );
}

const LAST = 5;

function Items({ customer }: { customer: string }) {
  const all = [...interactionsOf(hub(), customer)].sort((a, b) => (a.last_at < b.last_at ? 1 : -1));
  const open = all.filter((one) => one.state !== "closed");
  const last = all.filter((one) => one.state === "closed").slice(0, LAST);
  return (
    <>
      <h3>{t("Open items")}</h3>
      {open.length === 0 && <p className="t3">{t("Nothing is open")}</p>}
      <ul>
        {open.map((one) => (
          <Item key={one.interaction_id} one={one} words={openWords(one)} />
        ))}
      </ul>
      <h3>{t("Last interactions")}</h3>
      {last.length === 0 && <p className="t3">{t("None before")}</p>}
      <ul>
        {last.map((one) => (
          <Item key={one.interaction_id} one={one} words={lastWords(one)} />
        ))}
      </ul>
    </>
  );
}

function openWords(one: Interaction): string {
  const state = hub();
  if (one.state === "snoozed") return t("asleep");
  if (one.state === "live" || one.state === "wrap_up") {
    return one.agent_id === myId(state) ? t("with you") : agentName(state, one.agent_id ?? "");
  }
  return queueName(state, one.queue_id) || t("waiting");
}

function lastWords(one: Interaction): string {
  if (one.outcome === "abandoned") return t("left before an answer");
  return one.agent_id === null ? t("not answered") : agentName(hub(), one.agent_id);
}

function Item({ one, words }: { one: Interaction; words: string }) {
  const { glyph, word } = useAbilities(one.channel_id);
  const now = useMinute();
  return (
    <li>
      <button className={styles.item} type="button" onClick={() => go(conversation(one.customer_id, one.interaction_id))}>
        <ChannelIcon glyph={glyph} />
        <span className="clip">
          {one.subject ? <bdi dir="auto">{one.subject}</bdi> : `${word} · ${tn(one.messages, "{n} message", "{n} messages")}`} · {words}
        </span>
        <span className={styles.end}>{shortDay(one.last_at, now)}</span>
      </button>
    </li>
  );
}

function Fields({ fields }: { fields: Record<string, string> }) {
  const entries = Object.entries(fields);
  if (entries.length === 0) return null;
  return (
    <>
      <h3>{t("Fields")}</h3>
      <dl className={styles.kv}>
        {entries.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd dir="auto">{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
