// How a key is written on screen: "Mod+Enter" is Ctrl ↵ here and ⌘↵ on a Mac.

export const isMac = (): boolean => /Mac|iP(hone|ad|od)/.test(navigator.platform);

const SIGNS: Record<string, string> = {
  Enter: "↵",
  Escape: "Esc",
  ArrowUp: "↑",
  ArrowDown: "↓",
};

function part(name: string, mac: boolean): string {
  if (name === "Mod") return mac ? "⌘" : "Ctrl";
  if (name === "Shift") return mac ? "⇧" : "⇧";
  return SIGNS[name] ?? (name.length === 1 ? name.toUpperCase() : name);
}

/** "g i" is a sequence, "Shift+F2" a chord. */
export function shownKeys(keys: string, mac: boolean = isMac()): string {
  return keys
    .split(" ")
    .map((chord) => {
      const parts = chord.split("+").map((name) => part(name, mac));
      const modifiers = parts.slice(0, -1);
      const last = parts.at(-1) ?? "";
      return modifiers.includes("Ctrl") ? [...modifiers, last].join(" ") : modifiers.join("") + last;
    })
    .join(" ");
}
