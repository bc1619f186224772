// Four pages and a deep link do not need a library: the address is the state.

import { useSyncExternalStore } from "react";

export interface Place {
  page: "desk" | "wall" | "me" | "login" | "nowhere";
  customer: string | null;
  interaction: string | null;
  event: string | null;
}

const BASE = "/console";
const listeners = new Set<() => void>();
let place: Place | null = null;

export function parse(path: string, query: string): Place {
  const rest = path.startsWith(BASE) ? path.slice(BASE.length) : path;
  const [page = "", sub, customer] = rest.split("/").filter(Boolean);
  const search = new URLSearchParams(query);
  const none: Place = { page: "nowhere", customer: null, interaction: null, event: null };
  switch (page) {
    case "":
      return { ...none, page: "desk" };
    case "desk":
      if (sub !== "c" || !customer) return { ...none, page: "desk" };
      return { page: "desk", customer: decode(customer), interaction: search.get("i"), event: search.get("e") };
    case "wall":
    case "me":
    case "login":
      return { ...none, page };
    default:
      return none;
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const here = (): Place => (place ??= parse(location.pathname, location.search));

function told(): void {
  place = parse(location.pathname, location.search);
  for (const tell of listeners) tell();
}

export function go(path: string, replace = false): void {
  const target = BASE + path;
  if (target === location.pathname + location.search) return;
  if (replace) history.replaceState(null, "", target);
  else history.pushState(null, "", target);
  told();
}

export const address = (path: string): string => BASE + path;

export function conversation(customer: string, interaction?: string | null, event?: string): string {
  const query = new URLSearchParams();
  if (interaction) query.set("i", interaction);
  if (event) query.set("e", event);
  const text = query.toString();
  return `/desk/c/${encodeURIComponent(customer)}${text === "" ? "" : `?${text}`}`;
}

export const usePlace = (): Place =>
  useSyncExternalStore((tell) => {
    if (listeners.size === 0) window.addEventListener("popstate", told);
    listeners.add(tell);
    return () => {
      listeners.delete(tell);
      if (listeners.size === 0) window.removeEventListener("popstate", told);
    };
  }, here);
