// Which blocks are drawn, counted by the events in them: never many more than MOST, so that a timeline of 50 000 events
// is as light as one of 50. Pure.

export interface Span {
  from: number;
  to: number;
}

/** Events of each block. */
export type Weights = readonly number[];

export const PAGE = 50;
export const MOST = 150;

/** The block that lies about `events` before `to`, or after `from`. */
function back(weights: Weights, to: number, events: number): number {
  let at = to;
  for (let sum = 0; at > 0 && sum < events; at--) sum += Math.max(1, weights[at - 1] ?? 1);
  return at;
}

function forth(weights: Weights, from: number, events: number): number {
  let at = from;
  for (let sum = 0; at < weights.length && sum < events; at++) sum += Math.max(1, weights[at] ?? 1);
  return at;
}

/** The newest page. */
export const newest = (weights: Weights): Span => ({ from: back(weights, weights.length, PAGE), to: weights.length });

export const isAtNewest = (span: Span, count: number): boolean => span.to >= count;

/** More of the past; the far end is let go where it grows too long. */
export function older(span: Span, weights: Weights): Span {
  const from = back(weights, span.from, PAGE);
  return { from, to: Math.min(span.to, forth(weights, from, MOST)) };
}

export function newer(span: Span, weights: Weights): Span {
  const to = forth(weights, span.to, PAGE);
  return { from: Math.max(span.from, back(weights, to, MOST)), to };
}

export const around = (at: number, weights: Weights): Span => ({
  from: back(weights, at, PAGE / 2),
  to: forth(weights, at, PAGE / 2),
});

/** Blocks were put in front or at the end: the same ones stay drawn, and those at the end are followed. */
export function moved(span: Span, before: number, inFront: number, weights: Weights): Span {
  const wasAtNewest = span.to >= before;
  const to = wasAtNewest ? weights.length : Math.min(weights.length, span.to + inFront);
  return { from: Math.max(span.from + inFront, back(weights, to, MOST), 0), to };
}
