// Small parts that several regions share. Plain elements; looks are in parts.css.

import { memo, type ReactNode } from "react";
import type { Abilities } from "../api/types";
import { useSettings } from "../app/settings";
import { initials } from "../i18n/format";
import { shownKeys } from "../keys/names";
import { ownKey } from "../keys/remap";
import { cx } from "./cx";
import { Icon, type IconName } from "./Icon";

const GLYPHS: Record<Abilities["glyph"], IconName> = {
  chat: "chat",
  mail: "mail",
  sms: "sms",
  call: "phone",
  whatsapp: "whatsapp",
  telegram: "telegram",
  system: "api",
};

export const ChannelIcon = ({ glyph, className }: { glyph: Abilities["glyph"]; className?: string }) => (
  <Icon name={GLYPHS[glyph]} className={cx(`ch-${glyph}`, className)} />
);

interface AvatarProps {
  name: string;
  size?: "s" | "m" | "l" | "";
  glyph?: Abilities["glyph"];
}

export const Avatar = memo(function Avatar({ name, size = "", glyph }: AvatarProps) {
  return (
    <span className={cx("av", size)} aria-hidden="true">
      {initials(name)}
      {glyph !== undefined && (
        <span className="gl">
          <ChannelIcon glyph={glyph} />
        </span>
      )}
    </span>
  );
});

/** The key of an action, named by its built-in one; nothing where the person has taken it away. */
export function Keys({ of }: { of: string }) {
  const key = useSettings((settings) => ownKey(of, settings.ownKeys));
  return key === "" ? null : <kbd aria-hidden="true">{shownKeys(key)}</kbd>;
}

export type Tone = "ok" | "warn" | "bad" | "acc" | "mute";

export const Status = ({ icon, tone, children, className }: { icon: IconName; tone: Tone; children: ReactNode; className?: string }) => (
  <span className={cx("st", tone, className)}>
    <Icon name={icon} />
    {children}
  </span>
);

export const Chip = ({ icon, tone, children }: { icon: IconName; tone?: Tone; children: ReactNode }) => (
  <span className={cx("chip", tone)}>
    <Icon name={icon} />
    {children}
  </span>
);

const ROUND = 2 * Math.PI * 16;

/** Seconds left: the number counts, the ring is decoration. */
export const Ring = ({ left, total, className }: { left: number; total: number; className?: string }) => (
  <span className={cx("ring", className)}>
    <svg viewBox="0 0 36 36" aria-hidden="true">
      <circle cx="18" cy="18" r="16" />
      <circle cx="18" cy="18" r="16" strokeDasharray={`${(Math.max(0, Math.min(1, left / total)) * ROUND).toFixed(1)} 100.6`} />
    </svg>
    {left}
  </span>
);

export const Skeleton = ({ width, height, round }: { width: string; height?: string; round?: boolean }) => (
  <i className={cx("sk", round && "r")} style={{ inlineSize: width, ...(height ? { blockSize: height } : {}) }} />
);

interface EmptyProps {
  icon: IconName;
  title: string;
  children?: ReactNode;
}

export const Empty = ({ icon, title, children }: EmptyProps) => (
  <div className="empty">
    <Icon name={icon} />
    <b>{title}</b>
    {children}
  </div>
);
