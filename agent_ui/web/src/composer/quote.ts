// A customer's words in my answer, marked as theirs; what is written already stays before them.

import { focusOn, setUi } from "../app/ui";
import { draftKey, draftOf, edit } from "./drafts";

export function quoted(written: string, words: string): string {
  const lines = words.trim().split("\n").map((line) => (line === "" ? ">" : `> ${line}`));
  const before = written.trimEnd();
  return `${before === "" ? "" : `${before}\n\n`}${lines.join("\n")}\n\n`;
}

export function quote(interaction_id: string, words: string): void {
  const key = draftKey(interaction_id, "reply");
  edit(key, { text: quoted(draftOf(key).text, words) });
  setUi({ mode: "reply" });
  focusOn("reply");
}
