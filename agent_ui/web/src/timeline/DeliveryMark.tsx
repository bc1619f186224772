// What became of a message of ours: a word with its icon, and what a person can do where it needs one.

import type { Delivery, DeliveryStatus, HubEvent } from "../api/types";
import * as api from "../api/calls";
import { act } from "../app/act";
import { clockSeconds } from "../i18n/format";
import { t } from "../i18n/t";
import { Icon, type IconName } from "../look/Icon";
import { Status } from "../look/parts";
import styles from "./DeliveryMark.module.css";

const MARKS: Record<DeliveryStatus, () => [icon: IconName, words: string]> = {
  queued: () => ["clock", t("queued")],
  sending: () => ["clock", t("sending")],
  sent: () => ["check", t("sent")],
  delivered: () => ["checks", t("delivered")],
  read: () => ["checks", t("read")],
  uncertain: () => ["alert", t("not certain")],
  failed: () => ["alert", t("not sent")],
};

export const needsPerson = (delivery: Delivery | undefined): boolean =>
  delivery?.status === "failed" || delivery?.status === "uncertain";

export function Mark({ delivery }: { delivery: Delivery | undefined }) {
  const [icon, words] = MARKS[delivery?.status ?? "queued"]();
  const again = delivery?.retry_at && (delivery.status === "queued" || delivery.status === "sending");
  return (
    <>
      <Icon name={icon} />
      {again ? t("tries again at {time}", { time: clockSeconds(delivery.retry_at ?? "") }) : words}
    </>
  );
}

export function Trouble({ event, delivery }: { event: HubEvent; delivery: Delivery }) {
  const isUncertain = delivery.status === "uncertain";
  const settle = (how: "resend" | "mark_sent" | "mark_failed") => (): void => {
    void act(() => api.resend(event.event_id, how));
  };
  return (
    <div className={styles.trouble} role="group" aria-label={t("Delivery")}>
      <Status icon="alert" tone="bad">
        <span>
          {isUncertain ? t("It is not certain that this was sent") : t("Not sent")}
          {delivery.words !== "" && (
            <>
              : <bdi>{delivery.words}</bdi>
            </>
          )}
        </span>
      </Status>
      <button className="btn sm" type="button" onClick={settle("resend")}>
        {isUncertain ? t("Send again") : t("Retry")}
      </button>
      {isUncertain && (
        <>
          <button className="btn sm" type="button" onClick={settle("mark_sent")}>
            {t("It was sent")}
          </button>
          <button className="btn sm bare" type="button" onClick={settle("mark_failed")}>
            {t("It was not")}
          </button>
        </>
      )}
    </div>
  );
}
