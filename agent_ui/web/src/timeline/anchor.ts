// What was read stays where it was: an anchor event and its distance from the upper edge, or the end of the log.

import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type RefObject } from "react";
import type { Block } from "./blocks";
import type { Span } from "./window";

interface Kept {
  anchor: string | null;
  offset: number;
  isAtEnd: boolean;
}

/** Where each conversation was left. */
export const places = new Map<string, Kept>();

const NEAR_END = 24;

export interface Anchor {
  isAtEnd: boolean;
  remember: () => void;
  toEnd: () => void;
  show: (element: HTMLElement) => void;
}

export function useAnchor(
  box: RefObject<HTMLDivElement | null>,
  content: RefObject<HTMLDivElement | null>,
  customer: string,
  blocks: readonly Block[],
  span: Span,
): Anchor {
  const kept = useRef<Kept>(places.get(customer) ?? { anchor: null, offset: 0, isAtEnd: true });
  const [isAtEnd, setAtEnd] = useState(kept.current.isAtEnd);
  const isFirst = useRef(true);
  const sizes = useRef("");

  const hold = useCallback(() => {
    const element = box.current;
    if (!element) return;
    sizes.current = sizeOf(element);
    const { anchor, offset, isAtEnd: end } = kept.current;
    if (end) {
      element.scrollTop = element.scrollHeight;
      return;
    }
    const card = anchor === null ? null : element.querySelector<HTMLElement>(`[data-e="${CSS.escape(anchor)}"]`);
    if (card) element.scrollTop += topIn(element, card) - offset;
  }, [box]);

  const remember = useCallback(() => {
    const element = box.current;
    if (!element) return;
    // The browser moved it because something grew or went: that was nobody's wish.
    if (sizes.current !== sizeOf(element)) {
      hold();
      return;
    }
    const end = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END;
    const first = [...element.querySelectorAll<HTMLElement>("[data-e]")].find((card) => topIn(element, card) + card.offsetHeight > 0);
    kept.current = {
      anchor: first?.dataset["e"] ?? null,
      offset: first === undefined ? 0 : topIn(element, first),
      isAtEnd: end,
    };
    places.set(customer, kept.current);
    setAtEnd(end);
  }, [box, customer, hold]);

  // Before the picture is drawn: what was read stays where it was.
  useLayoutEffect(() => {
    if (isFirst.current) {
      isFirst.current = false;
      const line = places.has(customer) ? null : box.current?.querySelector<HTMLElement>(".newline");
      if (line && box.current) {
        sizes.current = sizeOf(box.current);
        box.current.scrollTop += topIn(box.current, line) - 16;
        remember();
        return;
      }
    }
    hold();
  }, [blocks, span, hold, remember, box, customer]);

  useEffect(() => {
    const observer = new ResizeObserver(hold);
    if (content.current) observer.observe(content.current);
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, [hold, box, content]);

  const toEnd = useCallback(() => {
    kept.current = { anchor: null, offset: 0, isAtEnd: true };
    setAtEnd(true);
    hold();
  }, [hold]);

  const show = useCallback(
    (card: HTMLElement) => {
      if (!box.current) return;
      sizes.current = sizeOf(box.current);
      box.current.scrollTop += topIn(box.current, card) - 48;
      remember();
    },
    [box, remember],
  );

  return useMemo(() => ({ isAtEnd, remember, toEnd, show }), [isAtEnd, remember, toEnd, show]);
}

const sizeOf = (box: HTMLElement): string => `${box.scrollHeight} ${box.clientHeight}`;
/** How far below the upper edge of what is seen. */
const topIn = (box: HTMLElement, card: HTMLElement): number => card.getBoundingClientRect().top - box.getBoundingClientRect().top;
