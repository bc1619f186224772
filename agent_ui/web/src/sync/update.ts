// Whether the hub serves another console than the one that runs: seen after each lost link, for that is when a hub is
// replaced. Nothing is taken from under a person: it is applied by them, or while the page is hidden and nothing is unsent.

import { useDrafts } from "../composer/drafts";
import { hub, setHub } from "./store";

/** The script of a page, by which two builds differ. */
export const scriptOf = (page: Document): string => page.querySelector("script[type=module][src]")?.getAttribute("src") ?? "";

export async function lookForUpdate(): Promise<void> {
  try {
    const answer = await fetch("/console/", { cache: "no-cache" });
    if (!answer.ok) return;
    const served = scriptOf(new DOMParser().parseFromString(await answer.text(), "text/html"));
    if (served !== "" && served !== scriptOf(document)) setHub({ hasUpdate: true });
  } catch {
    // The hub is away again: the next link asks again.
  }
}

const hasUnsent = (): boolean => hub().outbox.length > 0 || [...useDrafts.getState().all.values()].some((draft) => draft.isDirty);

/** Returns what stops watching. */
export function watchForUpdates(): () => void {
  const onChange = (): void => {
    if (document.hidden && hub().hasUpdate && !hasUnsent()) location.reload();
  };
  document.addEventListener("visibilitychange", onChange);
  return () => document.removeEventListener("visibilitychange", onChange);
}
