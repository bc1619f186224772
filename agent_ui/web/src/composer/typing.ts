// Tells the others that someone writes here: at most every three seconds, and off after five seconds of rest.

import type { DraftKind } from "../api/types";
import { say } from "../sync/line";

const AGAIN_MS = 3000;
const REST_MS = 5000;

let told = { place: "", at: 0 };
let rest: ReturnType<typeof setTimeout> | undefined;

export function typed(interaction_id: string, kind: DraftKind): void {
  const now = Date.now();
  const place = `${interaction_id}/${kind}`;
  if (told.place !== place || now - told.at > AGAIN_MS) {
    told = { place, at: now };
    say({ t: "typing", interaction_id, kind, on: true });
  }
  clearTimeout(rest);
  rest = setTimeout(() => rested(interaction_id, kind), REST_MS);
}

export function rested(interaction_id: string, kind: DraftKind): void {
  clearTimeout(rest);
  if (told.place !== `${interaction_id}/${kind}`) return;
  told = { place: "", at: 0 };
  say({ t: "typing", interaction_id, kind, on: false });
}
