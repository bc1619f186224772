import { memo } from "react";

export type IconName =
  | "alert" | "alertc" | "api" | "arrdn" | "arrr" | "arrup" | "bell" | "catch" | "chat" | "check" | "checkc" | "checks"
  | "clip" | "clock" | "copy" | "desk" | "dot" | "dots" | "down" | "eye" | "file" | "filter" | "flag" | "image" | "inbox"
  | "keyboard" | "left" | "lock" | "mail" | "minus" | "moon" | "off" | "panel" | "pen" | "phone" | "plus" | "route"
  | "search" | "send" | "signout" | "sms" | "spin" | "telegram" | "user" | "users" | "wall" | "wave" | "whatsapp" | "x";

/** Always decoration: a word beside it says the same. */
export const Icon = memo(function Icon({ name, className = "" }: { name: IconName; className?: string }) {
  return (
    <svg className={`i ${className}`} aria-hidden="true">
      <use href={`#i-${name}`} />
    </svg>
  );
});
