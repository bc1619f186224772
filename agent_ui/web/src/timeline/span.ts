// The window over the blocks as a hook: it stays on the same events when others come in front or behind.

import { useCallback, useState } from "react";
import { places } from "./anchor";
import { blockOf, eventsOf, type Block } from "./blocks";
import { around, moved, newest, type Span, type Weights } from "./window";

export const weightsOf = (blocks: readonly Block[]): Weights => blocks.map((block) => eventsOf(block).length);

/** Where the reader was, when the conversation was left in the past of it. */
function leftAt(customer: string, blocks: readonly Block[], weights: Weights): Span {
  const place = places.get(customer);
  const at = place === undefined || place.isAtEnd || place.anchor === null ? -1 : blockOf(blocks, place.anchor);
  return at < 0 ? newest(weights) : around(at, weights);
}

export function useSpan(customer: string, blocks: readonly Block[], weights: Weights): [Span, (span: Span) => void] {
  const [kept, setKept] = useState(() => ({ span: leftAt(customer, blocks, weights), blocks }));
  if (kept.blocks !== blocks) {
    // The first drawn event names the place; a card may have grown at its front.
    const first = kept.blocks.slice(kept.span.from).flatMap(eventsOf)[0];
    const at = first === undefined ? -1 : blockOf(blocks, first.event_id);
    const oldAt = first === undefined ? 0 : blockOf(kept.blocks, first.event_id);
    const span = at < 0 ? newest(weights) : moved(kept.span, kept.blocks.length, at - oldAt, weights);
    setKept({ span, blocks });
  }
  const setSpan = useCallback((span: Span) => setKept((now) => ({ ...now, span })), []);
  return [kept.span, setSpan];
}
