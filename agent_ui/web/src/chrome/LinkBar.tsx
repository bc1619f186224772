// What the live link does, always as a word; a bar across the page while the screen may not be the truth.

import { clock, clockSeconds } from "../i18n/format";
import { t, tn } from "../i18n/t";
import { cx } from "../look/cx";
import { Icon, type IconName } from "../look/Icon";
import { Status, type Tone } from "../look/parts";
import { retryLink } from "../sync/line";
import type { Link } from "../sync/socket";
import { useHub } from "../sync/store";
import styles from "./LinkBar.module.css";

const WORDS: Record<Link["word"], () => { icon: IconName; tone: Tone; words: string }> = {
  connecting: () => ({ icon: "spin", tone: "mute", words: t("Connecting") }),
  live: () => ({ icon: "dot", tone: "ok", words: t("Live") }),
  reconnecting: () => ({ icon: "spin", tone: "warn", words: t("Reconnecting") }),
  catching_up: () => ({ icon: "catch", tone: "warn", words: t("Catching up") }),
  offline: () => ({ icon: "off", tone: "bad", words: t("Offline") }),
  gave_up: () => ({ icon: "off", tone: "bad", words: t("Offline") }),
  signed_out: () => ({ icon: "off", tone: "bad", words: t("Signed out") }),
};

export function LinkWordShown() {
  const word = useHub((state) => state.link.word);
  const { icon, tone, words } = WORDS[word]();
  return (
    <span className="bar-it" data-testid="link" data-link={word}>
      <Status icon={icon} tone={tone}>
        {words}
      </Status>
    </span>
  );
}

export function LinkBar() {
  const link = useHub((state) => state.link);
  const waiting = useHub((state) => state.outbox.filter((one) => one.state !== "refused").length);
  const shown = barOf(link, waiting);
  return (
    <div role="status" className={styles.holder} data-testid="link-bar">
      {shown !== null && (
        <div className={cx("linkbar", shown.tone)}>
          <Icon name={shown.icon} />
          <span>
            <b>{shown.title}</b> {shown.words}
          </span>
          {shown.share !== undefined && (
            <span className={styles.share} aria-hidden="true">
              <i style={{ inlineSize: `${Math.round(shown.share * 100)}%` }} />
            </span>
          )}
          {shown.canRetry && (
            <>
              <span className="grow" />
              <button className="btn sm" type="button" onClick={retryLink}>
                {t("Try now")}
              </button>
            </>
          )}
        </div>
      )}
    </div>
  );
}

interface Bar {
  tone: "warn" | "bad";
  icon: IconName;
  title: string;
  words: string;
  canRetry?: boolean;
  share?: number;
}

function barOf(link: Link, waiting: number): Bar | null {
  const asOf = link.asOf === 0 ? "" : t("What you see is as of {time}.", { time: clockSeconds(link.asOf) });
  const later = waiting === 0 ? "" : tn(waiting, "{n} message will be sent later.", "{n} messages will be sent later.");
  switch (link.word) {
    case "reconnecting":
      return { tone: "warn", icon: "spin", title: t("Reconnecting…"), words: `${t("Try {n}.", { n: link.tries })} ${asOf} ${later}`, canRetry: true };
    case "catching_up":
      return {
        tone: "warn",
        icon: "catch",
        title: t("Catching up"),
        words: link.behind > 0 ? tn(link.behind, "{n} event…", "{n} events…") : "…",
        ...(link.total > 0 ? { share: 1 - link.behind / link.total } : {}),
      };
    case "offline":
      return {
        tone: "warn",
        icon: "off",
        title: link.asOf === 0 ? t("Offline.") : t("Offline since {time}.", { time: clock(link.asOf) }),
        words: `${t("You can read and write.")} ${later || t("Messages will be sent later.")}`,
      };
    case "gave_up":
      return { tone: "bad", icon: "alert", title: t("The server can’t be reached."), words: `${asOf} ${t("Nothing you wrote is lost.")}`, canRetry: true };
    default:
      return null;
  }
}
