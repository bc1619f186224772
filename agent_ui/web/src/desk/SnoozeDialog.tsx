// A time of one's own for waking up. It shows the day and time that come out of it.

import { useState } from "react";
import { setUi } from "../app/ui";
import { exact } from "../i18n/format";
import { t } from "../i18n/t";
import { Dialog } from "../look/Dialog";
import { serverClock } from "../sync/ticker";
import { snooze } from "./commands";
import { current } from "./current";
import styles from "./Transfer.module.css";

const HOUR = 3_600_000;

function local(time: number): string {
  const day = new Date(time - new Date(time).getTimezoneOffset() * 60_000);
  return day.toISOString().slice(0, 16);
}

export default function SnoozeDialog() {
  const [text, setText] = useState(() => local(serverClock.now() + 24 * HOUR));
  const until = new Date(text);
  const isValid = !Number.isNaN(until.getTime()) && until.getTime() > serverClock.now();
  const close = (): void => setUi({ dialog: null });
  return (
    <Dialog title={t("Snooze until")} onClose={close} size={360}>
      <form
        aria-label={t("Snooze until")}
        onSubmit={(event) => {
          event.preventDefault();
          const one = current();
          if (one === null || !isValid) return;
          close();
          void snooze(one, until);
        }}
      >
        <label className="label" htmlFor="snooze-until">
          {t("Day and time")}
        </label>
        <input id="snooze-until" data-autofocus className="input" type="datetime-local" value={text} onChange={(event) => setText(event.target.value)} />
        <p className="hint" role="status">
          {isValid ? t("Wakes {time}", { time: exact(until.getTime()) }) : t("This time is over.")}
        </p>
        <div className={styles.acts}>
          <span className="grow" />
          <button className="btn" type="button" onClick={close}>
            {t("Cancel")}
          </button>
          <button className="btn fill" type="submit" disabled={!isValid}>
            {t("Snooze")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
