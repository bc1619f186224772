// When a conversation may sleep until. Pure.

import { t } from "../i18n/t";

export interface SnoozeChoice {
  words: string;
  /** null: until the customer writes. */
  until: Date | null;
}

const HOUR = 3_600_000;

function at(now: number, days: number, hour: number): Date {
  const day = new Date(now);
  day.setDate(day.getDate() + days);
  day.setHours(hour, 0, 0, 0);
  return day;
}

export function snoozeChoices(now: number): SnoozeChoice[] {
  const weekday = new Date(now).getDay();
  const toMonday = (8 - weekday) % 7 || 7;
  return [
    { words: t("Later today"), until: new Date(Math.ceil((now + 3 * HOUR) / 300_000) * 300_000) },
    { words: t("Tomorrow"), until: at(now, 1, 9) },
    { words: t("Monday"), until: at(now, toMonday, 9) },
    { words: t("In a week"), until: at(now, 7, 9) },
    { words: t("Until the customer writes"), until: null },
  ];
}
