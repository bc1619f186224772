// Which blocks are drawn: never more than MOST, so that a timeline of 50 000 events is as light as one of 50. Pure.

export interface Span {
  from: number;
  to: number;
}

export const PAGE = 50;
export const MOST = 150;

/** The newest page. */
export const newest = (count: number): Span => ({ from: Math.max(0, count - PAGE), to: count });

export const isAtNewest = (span: Span, count: number): boolean => span.to >= count;

/** More of the past; the far end is let go where it grows too long. */
export function older(span: Span): Span {
  const from = Math.max(0, span.from - PAGE);
  return { from, to: Math.min(span.to, from + MOST) };
}

export function newer(span: Span, count: number): Span {
  const to = Math.min(count, span.to + PAGE);
  return { from: Math.max(span.from, to - MOST), to };
}

export const around = (at: number, count: number): Span => ({
  from: Math.max(0, at - PAGE / 2),
  to: Math.min(count, at + PAGE / 2),
});

/** Blocks were put in front or at the end: the same ones stay drawn, and those at the end are followed. */
export function moved(span: Span, before: number, inFront: number, count: number): Span {
  const wasAtNewest = span.to >= before;
  const from = span.from + inFront;
  const to = wasAtNewest ? count : Math.min(count, span.to + inFront);
  return { from: Math.max(0, Math.max(from, to - MOST)), to };
}
