// Keys that a person has chosen in place of the built-in ones. Pure.

import type { Binding } from "./match";

/** The first built-in key of an action → its own one; "" takes the key away. */
export type OwnKeys = Readonly<Record<string, string>>;

export const ownKey = (builtIn: string, own: OwnKeys): string => own[builtIn] ?? builtIn;

export function remapped<T extends Binding>(bindings: readonly T[], own: OwnKeys): readonly T[] {
  return bindings.map((one) => {
    const key = own[one.keys[0] ?? ""];
    return key === undefined ? one : { ...one, keys: key === "" ? [] : [key] };
  });
}

/** The action that has this key already, or that begins a sequence with it. */
export const holderOf = <T extends Binding>(key: string, bindings: readonly T[], except: string): T | undefined =>
  bindings.find((one) => one.id !== except && one.keys.some((taken) => taken === key || taken.startsWith(`${key} `)));

/** Not what a browser or a screen reader needs: Ctrl+Shift+letter, and the keys that walk and confirm. */
export const isFree = (key: string): boolean => !/^Mod\+Shift\+\p{L}$/u.test(key) && !/^(Shift\+)?(Escape|Enter|Tab|Backspace|Delete| )$/.test(key);
