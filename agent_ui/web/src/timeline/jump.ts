// To one event: a source of the brief, or a link.

import { useEffect, useRef, type RefObject } from "react";
import { conversation, go, here, usePlace } from "../app/router";
import { setUi, useUi } from "../app/ui";
import type { TimelineState } from "../sync/timeline";
import { loadOlder } from "../sync/timelines";
import type { Anchor } from "./anchor";
import { blockOf, type Block } from "./blocks";
import { around, type Span, type Weights } from "./window";

const MOST_PAGES = 20;

/** A source of the brief, or a link to an event: find it, reading back as far as it takes. */
export function useJump(
  box: RefObject<HTMLDivElement | null>,
  blocks: readonly Block[],
  weights: Weights,
  state: TimelineState,
  customer: string,
  setSpan: (span: Span) => void,
  scroll: Anchor,
): void {
  const asked = useUi((ui) => ui.jump);
  const { event: linked } = usePlace();
  const wanted = useRef<{ event: string; tries: number } | null>(linked === null ? null : { event: linked, tries: MOST_PAGES });
  useEffect(() => {
    if (asked !== null) {
      setUi({ jump: null });
      wanted.current = { event: asked.event, tries: MOST_PAGES };
    }
    const goal = wanted.current;
    if (goal === null) return;
    const at = blockOf(blocks, goal.event);
    if (at < 0) {
      if (state.before === null || goal.tries === 0) wanted.current = null;
      else {
        goal.tries -= 1;
        void loadOlder(customer);
      }
      return;
    }
    const card = box.current?.querySelector<HTMLElement>(`[data-e="${CSS.escape(goal.event)}"]`);
    if (!card) {
      setSpan(around(at, weights));
      return;
    }
    wanted.current = null;
    // Found once: coming back later, the reader's own place counts.
    if (here().event !== null) go(conversation(customer, here().interaction), true);
    scroll.show(card);
    card.classList.add("found");
    setTimeout(() => card.classList.remove("found"), 2000);
  });
}
