// Conversations a person is likely to open next are read before they are asked for: the neighbours of the open one, and
// the row under a resting pointer.

import { useEffect } from "react";
import { useUi } from "../app/ui";
import { hub, useHub } from "../sync/store";
import { fetchAhead } from "../sync/timelines";
import { useCurrent } from "./current";

/** Long enough that a pointer on its way over the list reads nothing. */
const REST_MS = 60;

export function useNeighbours(): void {
  const id = useCurrent()?.interaction_id ?? null;
  const shown = useUi((state) => state.shown);
  const at = id === null ? -1 : shown.indexOf(id);
  const next = shown[at + 1];
  const previous = at > 0 ? shown[at - 1] : undefined;
  const customer = useHub((state) => (id === null ? undefined : state.desk.rows.get(id)?.interaction.customer_id));
  // The one that is open comes first.
  const isThere = useHub((state) => customer !== undefined && (state.timelines.get(customer)?.state ?? null) !== null);
  useEffect(() => {
    if (!isThere) return;
    for (const one of [next, previous]) {
      const row = one === undefined ? undefined : hub().desk.rows.get(one);
      if (row !== undefined) fetchAhead(row.interaction.customer_id);
    }
  }, [isThere, next, previous]);
}

let resting: ReturnType<typeof setTimeout> | undefined;

export function rest(customer: string): void {
  clearTimeout(resting);
  resting = setTimeout(() => fetchAhead(customer), REST_MS);
}

export const moveOn = (): void => clearTimeout(resting);
