// What an author may want to know before a reply goes out. Never in the way: it can always be sent. Pure.

import type { HubEvent } from "../api/types";
import { eventPosition } from "../sync/timeline";
import { readEvent } from "../timeline/read";

export type Warning = "customer-wrote" | "note-like" | "file-missing";

export interface Written {
  text: string;
  hasFiles: boolean;
  /** Position of the stream when it was begun; 0: not known. */
  began: number;
  /** A colleague is called by "@name". */
  hasMention: boolean;
}

// Words, in the languages agents write in, that are meant for the team.
const NOTE_LIKE = [
  ["internal", "internally", "internal note", "between us", "note to self", "don't tell", "do not tell"],
  ["interno", "interna", "internamente", "entre nós", "não digas", "não diga"],
  ["entre nosotros", "no le digas", "nota interna"],
  ["intern", "unter uns", "nicht weitersagen"],
  ["interne", "entre nous", "ne pas dire"],
].flat();

const FILE_LIKE = [
  ["attached", "attachment", "attachments", "attaching", "enclosed"],
  ["anexo", "anexos", "em anexo", "anexado", "anexada"],
  ["adjunto", "adjunta", "adjuntos"],
  ["anbei", "im anhang", "angehängt", "beigefügt"],
  ["ci-joint", "ci-jointe", "pièce jointe", "pièces jointes"],
].flat();

// A letter or digit before or after means another word: "internet" is not "intern".
const anyOf = (words: readonly string[]): RegExp => new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join("|")})(?![\\p{L}\\p{N}])`, "iu");

const SAYS_NOTE = anyOf(NOTE_LIKE);
const SAYS_FILE = anyOf(FILE_LIKE);

const wroteAfter = (events: readonly HubEvent[], position: number): boolean =>
  events.some((event) => {
    if (eventPosition(event) <= position) return false;
    const reading = readEvent(event);
    return reading.kind === "said" && reading.by === "customer" && reading.automatic === null;
  });

export function warningsOf({ text, hasFiles, began, hasMention }: Written, events: readonly HubEvent[]): Warning[] {
  const plain = text.replaceAll("’", "'");
  const found: Warning[] = [];
  if (text.trim() === "" && !hasFiles) return found;
  if (began > 0 && wroteAfter(events, began)) found.push("customer-wrote");
  if (hasMention || SAYS_NOTE.test(plain)) found.push("note-like");
  if (!hasFiles && SAYS_FILE.test(plain)) found.push("file-missing");
  return found;
}
