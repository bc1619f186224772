// Which action a key press means. Pure: letters by the produced character, nothing while AltGraph is held or an input
// method composes, bare keys only where no text is typed and nothing modal is open.

export type KeysSetting = "on" | "palette" | "off";

export interface Binding {
  id: string;
  /** "j" · "Shift+E" · "Mod+k" · "F2" · "g i" (a sequence). Several mean the same. */
  keys: readonly string[];
}

export interface Press {
  key: string;
  code?: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  isComposing: boolean;
  keyCode: number;
  repeat: boolean;
  altGraph: boolean;
}

export interface Situation {
  isTyping: boolean;
  isModal: boolean;
  isMac: boolean;
  setting: KeysSetting;
  sequence: string | null;
}

export type Meaning =
  | { kind: "nothing" }
  | { kind: "action"; id: string }
  /** First key of a sequence: wait for the next. */
  | { kind: "wait"; sequence: string }
  /** A key that continues no sequence: forget it. */
  | { kind: "cancel" };

const NOTHING: Meaning = { kind: "nothing" };
const LONE_MODIFIERS = new Set(["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock", "Dead", "Process", "Unidentified"]);
/** Bindings that stay when everything but the palette is off. */
const PALETTE = new Set(["palette"]);

const isLetter = (key: string): boolean => /^\p{L}$/u.test(key);

/** The chord of a press, in the form bindings are written; null where it can be none. */
export function chord(press: Press, isMac: boolean): string | null {
  if (press.isComposing || press.keyCode === 229 || press.altGraph || LONE_MODIFIERS.has(press.key)) return null;
  // Alt types characters on many layouts, and Ctrl+Alt is AltGraph on Windows.
  if (press.altKey) return null;
  const mod = isMac ? press.metaKey : press.ctrlKey;
  if (isMac ? press.ctrlKey : press.metaKey) return null;
  let name = press.key;
  let shift = press.shiftKey;
  if (isLetter(name)) name = name.toLowerCase();
  // A sign such as "?" or a digit may need Shift on this layout: the character counts, not the way to it.
  else if (name.length === 1) shift = false;
  return `${mod ? "Mod+" : ""}${shift ? "Shift+" : ""}${name}`;
}

const isBare = (name: string): boolean => !name.startsWith("Mod+") && !/^(Shift\+)?F\d+$/.test(name);

export function meaning(press: Press, now: Situation, bindings: readonly Binding[]): Meaning {
  if (now.setting === "off") return NOTHING;
  const name = chord(press, now.isMac);
  if (name === null) return NOTHING;
  if (isBare(name) && (now.isTyping || now.isModal)) return NOTHING;
  // Held down, a key must not act again and again, except to walk through the list.
  if (press.repeat && !/^(j|k|ArrowUp|ArrowDown)$/.test(name)) return NOTHING;
  const open = bindings.filter((one) => now.setting === "on" || PALETTE.has(one.id));
  if (now.sequence !== null && isBare(name)) {
    const wanted = `${now.sequence} ${name}`;
    const found = open.find((one) => one.keys.includes(wanted));
    return found ? { kind: "action", id: found.id } : { kind: "cancel" };
  }
  const found = open.find((one) => one.keys.includes(name));
  if (found) return { kind: "action", id: found.id };
  const starts = open.some((one) => one.keys.some((keys) => keys.startsWith(`${name} `)));
  return starts ? { kind: "wait", sequence: name } : NOTHING;
}

/** Two actions on one key, or a key that is also the start of a sequence: a defect. */
export function conflicts(bindings: readonly Binding[]): string[] {
  const owner = new Map<string, string>();
  const found: string[] = [];
  for (const { id, keys } of bindings) {
    for (const key of keys) {
      const other = owner.get(key);
      if (other !== undefined && other !== id) found.push(`${key}: ${other} and ${id}`);
      owner.set(key, id);
    }
  }
  for (const key of owner.keys()) {
    const first = key.split(" ")[0] ?? "";
    if (key.includes(" ") && owner.has(first)) found.push(`${first} starts ${key}`);
  }
  return found;
}
