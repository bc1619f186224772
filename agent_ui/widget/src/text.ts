// Small pure questions about text and files.

export type Piece = { text: string; url?: string };

const URLS = /\bhttps?:\/\/[^\s<>"'”“‘’]+/gi;
const TAIL = /[.,;:!?…]+$/;

/** Web addresses in a text become links; punctuation after one, and a bracket opened before it, stay text. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(URLS)) {
    let url = match[0].replace(TAIL, "");
    if (url.endsWith(")") && !url.includes("(")) url = url.slice(0, -1).replace(TAIL, "");
    if (match.index > from) found.push({ text: text.slice(from, match.index) });
    found.push({ text: url, url });
    from = match.index + url.length;
  }
  if (from < text.length) found.push({ text: text.slice(from) });
  return found;
}

const SHORT: Record<string, string> = {
  "text/plain": "TXT",
  "audio/mpeg": "MP3",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "DOCX",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "XLSX",
};

/** What may be sent, as people know the kinds of files. */
export const kinds = (types: readonly string[]): string =>
  types.map((type) => SHORT[type] ?? (type.split("/")[1] ?? type).toUpperCase()).join(", ");

export function fileSize(bytes: number, language: string): string {
  const [value, unit] = bytes >= 1_000_000 ? [bytes / 1_000_000, "megabyte"] : [Math.max(1, bytes / 1000), "kilobyte"];
  return new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
}
