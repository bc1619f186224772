import type { ChannelState } from "../api/types";
import { t, tn } from "../i18n/t";
import { cx } from "../look/cx";
import { Status } from "../look/parts";
import styles from "./Wall.module.css";

/** Channels that do not work, in their provider's own words. */
export function Alerts({ channels }: { channels: ReadonlyMap<string, ChannelState> }) {
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
