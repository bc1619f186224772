// One beat a second for everything that draws time, so that all clocks on screen step together.

import { useSyncExternalStore } from "react";
import { ServerClock } from "./clock";

export const serverClock = new ServerClock();

const listeners = new Set<() => void>();
let current = Math.floor(serverClock.now() / 1000) * 1000;
let isFrozen = false;

/** While the link is lost the marks stand still: what is shown is as of then. */
export function freezeTime(frozen: boolean): void {
  isFrozen = frozen;
}

export function beat(): void {
  if (isFrozen) return;
  current = Math.floor(serverClock.now() / 1000) * 1000;
  for (const tell of listeners) tell();
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

/** The hub's time, in whole seconds. Only small parts should use it: each re-renders every second. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => current);

/** The hub's time in whole minutes, for parts that show no seconds. */
export const useMinute = (): number =>
  useSyncExternalStore(subscribe, () => Math.floor(current / 60_000) * 60_000);
