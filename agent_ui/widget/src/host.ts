// The talk with the page around the frame. Nothing but what stands here crosses: no token of the visit, no text.

import type { Identity } from "./chat/protocol";

export type ToHost =
  | { what: "ready" }
  | { what: "close" }
  | { what: "unread"; count: number }
  /** Of this token the hub only tells how many messages are unread. */
  | { what: "visit"; token: string };

export type FromHost =
  | { what: "shown"; isOpen: boolean; page: string }
  | { what: "identify"; identity: Identity | null };

const query = new URLSearchParams(location.search);

export const channel = query.get("channel") ?? "chat";
export const theme = query.get("theme");
export const wished = [query.get("lang"), ...navigator.languages].filter((tag) => tag !== null && tag !== "") as string[];
export const isFramed = window.parent !== window;

/** Who frames us: what the browser says counts more than what the frame's address says. */
export const host = isFramed ? (location.ancestorOrigins?.[0] ?? query.get("host")) : null;

export function tellHost(news: ToHost): void {
  if (host?.startsWith("http")) window.parent.postMessage(news, host);
}

/** Host pages and their tools send frames all sorts of messages; only the loader's two are meant. */
export function hearHost(take: (news: FromHost) => void): () => void {
  const hear = ({ source, origin, data }: MessageEvent): void => {
    if (!isFramed || source !== window.parent || origin !== host) return;
    const news = data as FromHost | null;
    if (news?.what === "shown" || news?.what === "identify") take(news);
  };
  addEventListener("message", hear);
  return () => removeEventListener("message", hear);
}
