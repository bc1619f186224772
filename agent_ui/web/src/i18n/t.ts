// Every text on screen goes through t() or tn(). The English sentence is the key, so English is complete by nature.

export type Values = Record<string, unknown> | object;
export type Catalogue = Record<string, string | Partial<Record<Intl.LDMLPluralRule, string>>>;

let catalogue: Catalogue = {};
let language = "en";
let plurals = new Intl.PluralRules("en");
let pseudo = false;

export function setCatalogue(lang: string, texts: Catalogue): void {
  catalogue = texts;
  language = lang;
  pseudo = lang === "pseudo";
  plurals = new Intl.PluralRules(pseudo ? "en" : lang);
}

/** Language for Intl. English texts keep the reader's own region for dates and numbers. */
export function locale(): string | undefined {
  if (pseudo) return "en";
  if (language === "en") return navigator.languages.find((one) => one.startsWith("en")) ?? "en";
  return language;
}

export function t(text: string, values?: Values): string {
  const found = catalogue[text];
  return fill(typeof found === "string" ? found : text, values);
}

/** `other` is the key; `{n}` is the number, formatted. */
export function tn(n: number, one: string, other: string, values?: Values): string {
  const found = catalogue[other];
  const rule = plurals.select(n);
  const forms = typeof found === "object" ? found : { one, other };
  return fill(forms[rule] ?? forms.other ?? other, { ...values, n: new Intl.NumberFormat(locale()).format(n) });
}

function fill(text: string, values: Values | undefined): string {
  const known = (values ?? {}) as Record<string, unknown>;
  const filled = text.replace(/\{(\w+)\}/g, (all, name: string) => (name in known ? String(known[name]) : all));
  return pseudo ? `[${filled.replace(/[aeiou]/g, (letter) => "àéîöü"["aeiou".indexOf(letter)] ?? letter)}]` : filled;
}
