// Dates, durations, sizes and names as people read them. Pure: `now` always comes in.

import { locale, t } from "./t";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const ms = (moment: string): number => Date.parse(moment);

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a format is slow, using one is fast: one per language and shape. */
function date(shape: Intl.DateTimeFormatOptions, moment: string | number): string {
  const key = `${locale() ?? ""}${JSON.stringify(shape)}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(locale(), shape);
    formats.set(key, format);
  }
  return format.format(new Date(moment));
}

export const clock = (moment: string | number): string => date({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, moment);
export const clockSeconds = (moment: string | number): string =>
  date({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }, moment);
export const exact = (moment: string | number): string => date({ dateStyle: "full", timeStyle: "medium" }, moment);

export const dayKey = (moment: string | number): string => {
  const day = new Date(moment);
  return `${day.getFullYear()}-${day.getMonth()}-${day.getDate()}`;
};

export function dayName(moment: string | number, now: number): string {
  const year = new Date(moment).getFullYear() === new Date(now).getFullYear() ? {} : ({ year: "numeric" } as const);
  const long = date({ weekday: "long", day: "numeric", month: "long", ...year }, moment);
  if (dayKey(moment) === dayKey(now)) return t("Today, {day}", { day: long });
  if (dayKey(moment) === dayKey(now - DAY)) return t("Yesterday, {day}", { day: long });
  return long;
}

export function shortDay(moment: string | number, now: number): string {
  const age = now - new Date(moment).getTime();
  if (dayKey(moment) === dayKey(now)) return t("today");
  if (age >= 0 && age < 14 * DAY) return t("{n} d", { n: Math.max(1, Math.round(age / DAY)) });
  return date({ day: "numeric", month: "short" }, moment);
}

/** When a sleep ends: the time today, else weekday and time, else the date. */
export function wakes(moment: string | number, now: number): string {
  if (dayKey(moment) === dayKey(now)) return clock(moment);
  if (new Date(moment).getTime() - now < 7 * DAY) return `${date({ weekday: "short" }, moment)} ${clock(moment)}`;
  return `${date({ day: "numeric", month: "short" }, moment)} ${clock(moment)}`;
}

/** A running time: 0:42, 12:05, 1:05 h, 2 d. */
export function elapsed(span: number): string {
  const whole = Math.max(0, span);
  const two = (part: number): string => String(Math.floor(part)).padStart(2, "0");
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)}:${two((whole % MINUTE) / SECOND)}`;
  if (whole < DAY) return t("{time} h", { time: `${Math.floor(whole / HOUR)}:${two((whole % HOUR) / MINUTE)}` });
  return t("{n} d", { n: Math.floor(whole / DAY) });
}

export function bytes(size: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const step = size < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(size) / 3));
  const rounded = size / 1000 ** step;
  return new Intl.NumberFormat(locale(), {
    style: "unit",
    unit: units[step] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: rounded < 10 && step > 1 ? 1 : 0,
  }).format(rounded);
}

export const number = (value: number): string => new Intl.NumberFormat(locale()).format(value);

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const first = (text: string): string => graphemes.segment(text)[Symbol.iterator]().next().value?.segment ?? "";

/** Two initials where the script has capitals, one sign where it has none. */
export function initials(name: string): string {
  const words = name.split(/\s+/u).filter((word) => /\p{L}|\p{N}/u.test(word));
  if (words.length === 0) return "?";
  const start = first(words[0] ?? "").toUpperCase();
  if (start.toLowerCase() === start || words.length === 1) return start;
  return start + first(words.at(-1) ?? "").toUpperCase();
}
