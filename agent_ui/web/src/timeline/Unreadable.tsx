import type { HubEvent } from "../api/types";
import { bytes } from "../i18n/format";
import { t } from "../i18n/t";
import { cx } from "../look/cx";
import { Icon } from "../look/Icon";
import { useAbilities } from "../sync/store";
import { Moment } from "./Moment";
import { readEvent } from "./read";
import styles from "./Unreadable.module.css";

/** What came in and could not be read: it is kept, and it says so. */
export function UnreadableCard({ event }: { event: HubEvent }) {
  const { word } = useAbilities(event.channel_id);
  const payload = readEvent(event);
  if (payload.kind !== "unreadable") return null;
  return (
    <article className="ev" tabIndex={-1} data-e={event.event_id}>
      <Icon name="alert" className={styles.icon ?? ""} />
      <div>
        <h3 className="hd">
          <b>{t("{channel}: could not be read", { channel: word })}</b>
          <Moment at={event.shown_at} />
        </h3>
        <div className={cx("box", styles.box)}>
          {payload.subject !== "" && (
            <p className="semi" dir="auto">
              {payload.subject}
            </p>
          )}
          <p>{payload.reason}</p>
          <p className="hint">{t("The original is kept and can be read again later.")}</p>
          {payload.raw !== null && (
            <a className="file" href={`/api/media/${encodeURIComponent(payload.raw)}?name=original.bin&type=application/octet-stream`} download>
              <Icon name="file" className="i14" />
              <b>{t("Original")}</b>
              {payload.size > 0 && bytes(payload.size)}
            </a>
          )}
        </div>
      </div>
    </article>
  );
}
