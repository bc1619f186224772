// How much text a channel takes. Pure; `splits`: a longer text goes in parts.

import type { Abilities } from "../api/types";

export interface Measure {
  used: number;
  limit: number;
  parts: number;
  isOver: boolean;
  /** Worth showing: the limit is small or near. */
  isShown: boolean;
}

const encoder = new TextEncoder();

export function sizeOf(text: string, unit: Abilities["text_unit"]): number {
  if (unit === "bytes") return encoder.encode(text).length;
  if (unit === "utf16") return text.length;
  let count = 0;
  for (const _sign of text) count += 1;
  return count;
}

export function measure(text: string, abilities: Abilities): Measure {
  const used = sizeOf(text, abilities.text_unit);
  const limit = abilities.text_limit;
  const parts = Math.max(1, Math.ceil(used / limit));
  return {
    used,
    limit,
    parts,
    isOver: used > limit && !abilities.splits,
    isShown: used > 0 && (limit <= 1000 || used > limit * 0.7),
  };
}

export function accepts(type: string, abilities: Abilities): boolean {
  return abilities.media_types.some((wanted) => {
    if (wanted === "*/*" || wanted === type) return true;
    return wanted.endsWith("/*") && type.startsWith(wanted.slice(0, -1));
  });
}
