// The words of one language. English comes with the panel, others are loaded before the first drawing.

import { en, type Words } from "./en";

const OTHERS: Record<string, () => Promise<Words>> = {
  ar: () => import("./ar").then((module) => module.ar),
  de: () => import("./de").then((module) => module.de),
  es: () => import("./es").then((module) => module.es),
  fr: () => import("./fr").then((module) => module.fr),
  pt: () => import("./pt").then((module) => module.pt),
};

export let words: Words = en;
export let language = "en";

/** The first of the wished languages that there is, with the reader's own country for times and numbers. */
export async function choose(wished: readonly string[]): Promise<void> {
  for (const tag of wished) {
    const short = root(tag);
    const load = OTHERS[short];
    if (short !== "en" && load === undefined) continue;
    try {
      words = load ? await load() : en;
      language = tag.includes("-") ? tag : (wished.find((other) => other.includes("-") && root(other) === short) ?? tag);
    } catch {
      // English is here.
    }
    break;
  }
  document.documentElement.lang = language;
  document.documentElement.dir = language.startsWith("ar") ? "rtl" : "ltr";
}

const root = (tag: string): string => tag.toLowerCase().split("-")[0] ?? "";

/** Put values in the places of a sentence. */
export const fill = (sentence: string, ...values: readonly (string | number)[]): string =>
  values.reduce<string>((text, value) => text.replace("{}", () => String(value)), sentence);
