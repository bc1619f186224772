// One person, one timeline: head, brief, events, composer. The white sheet.

import { useEffect, useState } from "react";
import { usePlace } from "../app/router";
import { setUi, useUi } from "../app/ui";
import { Composer } from "../composer/Composer";
import { useCurrent } from "../desk/current";
import { takeNext } from "../desk/commands";
import { customerName } from "../desk/names";
import { t } from "../i18n/t";
import { Icon } from "../look/Icon";
import { Empty, Keys, Skeleton } from "../look/parts";
import { hub, useHub } from "../sync/store";
import { leaveTimeline, load, openTimeline } from "../sync/timelines";
import { Brief } from "./Brief";
import { Chips } from "./Chips";
import { Head } from "./Head";
import { Log } from "./Log";
import styles from "./Timeline.module.css";

export function Timeline() {
  const { customer } = usePlace();
  return (
    <main className={styles.sheet} id="timeline" aria-label={t("Timeline")} tabIndex={-1}>
      {customer === null ? <NothingOpen /> : <Open customer={customer} />}
    </main>
  );
}

function NothingOpen() {
  return (
    <>
      <h1 className="vh">{t("Desk")}</h1>
      <Empty icon="desk" title={t("No conversation is open")}>
        <p>{t("Choose one from the list, or take the one that waits longest.")}</p>
        <button className="btn" type="button" onClick={() => void takeNext()}>
          {t("Take next")} <Keys of="w" />
        </button>
      </Empty>
    </>
  );
}

function Open({ customer }: { customer: string }) {
  const phase = useHub((state) => state.phase === "ready" || state.me !== null);
  const view = useHub((state) => state.timelines.get(customer));
  const one = useCurrent();
  useEffect(() => {
    if (!phase) return;
    openTimeline(customer);
    return () => leaveTimeline(customer);
  }, [customer, phase]);
  useEffect(() => () => setUi({ showing: "all" }), []);
  const showing = useUi((all) => all.showing);
  const state = view?.state ?? null;
  return (
    <>
      <Head customer={customer} />
      {state !== null ? (
        <>
          <Brief state={state} />
          {state.events.length > 0 && <Chips />}
          <Log key={showing} customer={customer} state={state} showing={showing} />
        </>
      ) : view?.problem ? (
        <div className={styles.failed}>
          <div className="erow" role="alert">
            <p className="st bad">
              <Icon name="alert" />
              {t("Couldn’t load the timeline")}
            </p>
            <p className="t2">{view.problem.message}</p>
            <div className="acts">
              <button className="btn sm" type="button" onClick={() => void load(customer)}>
                {t("Retry")}
              </button>
            </div>
          </div>
        </div>
      ) : (
        <Loading />
      )}
      <Composer customer={customer} one={one} />
    </>
  );
}

const PATIENCE_MS = 100;

/** Nothing for the first moment: a quick answer should not flicker. */
function Loading() {
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!isShown) return <div className={styles.loading} />;
  return (
    <div className={styles.loading} aria-busy="true">
      <p className="vh" role="status">
        {t("Loading")}
      </p>
      <div className={styles.skbrief}>
        <Skeleton width="44px" />
        <Skeleton width="58%" />
        <Skeleton width="56px" />
        <Skeleton width="52%" />
        <Skeleton width="32px" />
        <Skeleton width="66%" />
      </div>
      <div className={styles.sklog}>
        <Skeleton width="34%" />
        <Skeleton width="78%" height="64px" />
        <Skeleton width="28%" />
        <Skeleton width="54%" height="36px" />
      </div>
    </div>
  );
}

export const nameOf = (customer: string): string => {
  const state = hub().timelines.get(customer)?.state;
  if (state) return customerName(state.customer.name, state.customer.customer_id, state.customer.addresses[0]);
  for (const row of hub().desk.rows.values()) {
    if (row.interaction.customer_id === customer) return customerName(row.customer_name, customer, row.interaction.address);
  }
  return "";
};
