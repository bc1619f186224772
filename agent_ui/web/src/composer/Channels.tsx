// The channel and address an answer goes to, always named; the others with their state and the digit that picks them.

import { useMemo } from "react";
import type { Abilities, Interaction } from "../api/types";
import { useCurrent } from "../desk/current";
import { usePlace } from "../app/router";
import { shortDay } from "../i18n/format";
import { t } from "../i18n/t";
import { cx } from "../look/cx";
import { Icon } from "../look/Icon";
import { Menu, MenuItem } from "../look/Menu";
import { ChannelIcon, Status } from "../look/parts";
import { useAbilities, useHub } from "../sync/store";
import { useMinute } from "../sync/ticker";
import { addressWords } from "../timeline/read";
import styles from "./Composer.module.css";
import { pickChannel, undoSwitch, useSwitched, currentWays, type Way } from "./switch";

function useWays(): Way[] {
  const { customer } = usePlace();
  const rows = useHub((state) => state.desk.rows);
  const timeline = useHub((state) => state.timelines.get(customer ?? "")?.state);
  const channels = useHub((state) => state.channels);
  return useMemo(() => {
    // What these three say is read through the store; they only tell when.
    void [rows, timeline, channels];
    return currentWays();
  }, [rows, timeline, channels]);
}

export function Channels({ one }: { one: Interaction | null }) {
  const { glyph, word } = useAbilities(one?.channel_id);
  const ways = useWays();
  if (one === null) return null;
  const address = addressWords(one.address);
  return (
    <>
      <Menu
        name="channels"
        label={t("Reply on")}
        width={480}
        position="top-start"
        target={(props) => (
          <button {...props} className={styles.chan} type="button">
            <span className="t3">{t("via")}</span>
            <ChannelIcon glyph={glyph} />
            <span className="med">{word}</span>
            {address !== "" && (
              <span className="t2 clip">
                {t("to")} <bdi>{address}</bdi>
              </span>
            )}
            <Icon name="down" className="i14" />
          </button>
        )}
      >
        {ways.map((way, at) => (
          <MenuItem key={`${way.channel.channel_id} ${way.address.value}`} disabled={way.channel.state === "broken"} onClick={() => void pickChannel(at)}>
            <WayLine way={way} at={at} isNow={way.interaction?.interaction_id === one.interaction_id} />
          </MenuItem>
        ))}
      </Menu>
      <Switched />
    </>
  );
}

function WayLine({ way, at, isNow }: { way: Way; at: number; isNow: boolean }) {
  const now = useMinute();
  const glyph: Abilities["glyph"] = way.channel.abilities.glyph ?? "chat";
  const address = addressWords(way.address);
  const { state, words } = way.channel;
  return (
    <span className={styles.way}>
      <ChannelIcon glyph={glyph} />
      <b className="med clip">{way.channel.abilities.word ?? way.channel.name}</b>
      <span className="clip">
        <bdi>{address || way.channel.name}</bdi>
        <span className="t3">
          {isNow ? ` · ${t("used now")}` : way.lastUsed ? ` · ${shortDay(way.lastUsed, now)}` : ""}
        </span>
      </span>
      {state === "connected" && (
        <Status icon="check" tone="ok">
          {t("available")}
        </Status>
      )}
      {state === "degraded" && (
        <Status icon="alertc" tone="warn">
          {words || t("slow")}
        </Status>
      )}
      {state === "broken" && (
        <Status icon="off" tone="mute">
          {words || t("provider down")}
        </Status>
      )}
      {at < 9 && <kbd aria-hidden="true">{at + 1}</kbd>}
    </span>
  );
}

/** One undo brings channel and text back. */
function Switched() {
  const last = useSwitched((state) => state.last);
  const now = useCurrent()?.interaction_id;
  if (last === null || last.to !== now) return null;
  return (
    <button className={cx("lnk sm")} type="button" onClick={undoSwitch}>
      {t("Undo: back to {channel}", { channel: last.word })}
    </button>
  );
}

