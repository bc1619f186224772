// The one live link of this page, for those who only want to say something.

import type { ClientFrame } from "../api/types";
import type { Live } from "./socket";

let live: Live | null = null;

export const line = (): Live | null => live;

export function setLine(next: Live): void {
  live = next;
}

export const say = (frame: ClientFrame): void => live?.send(frame);
export const retryLink = (): void => live?.retry();
