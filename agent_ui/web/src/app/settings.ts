// What a person chose for this browser.

import { create } from "zustand";
import type { KeysSetting } from "../keys/match";
import type { OwnKeys } from "../keys/remap";
import { keep, read } from "../sync/keep";

export type Theme = "auto" | "light" | "dark" | "contrast";
export type Density = "comfortable" | "compact";

export interface Settings {
  theme: Theme;
  keys: KeysSetting;
  ownKeys: OwnKeys;
  density: Density;
  sound: boolean;
  system: boolean;
  enterSends: boolean;
  systemEvents: boolean;
}

const DEFAULTS: Settings = {
  theme: "auto",
  keys: "on",
  ownKeys: {},
  density: "comfortable",
  sound: false,
  system: false,
  enterSends: false,
  systemEvents: true,
};

export const useSettings = create<Settings>(() => ({ ...DEFAULTS, ...read<Partial<Settings>>("settings", {}) }));

export function setting(news: Partial<Settings>): void {
  useSettings.setState(news);
  keep("settings", useSettings.getState());
  if (news.theme !== undefined) paint();
}

const dark = (): MediaQueryList => matchMedia("(prefers-color-scheme: dark)");
const contrast = (): MediaQueryList => matchMedia("(prefers-contrast: more)");

export function effectiveTheme(): "light" | "dark" | "contrast" {
  const { theme } = useSettings.getState();
  if (theme !== "auto") return theme;
  if (contrast().matches) return "contrast";
  return dark().matches ? "dark" : "light";
}

export function paint(): void {
  const theme = effectiveTheme();
  const root = document.documentElement;
  root.dataset["theme"] = theme;
  root.dataset["mantineColorScheme"] = theme === "dark" ? "dark" : "light";
}

export function watchTheme(): void {
  paint();
  dark().addEventListener("change", paint);
  contrast().addEventListener("change", paint);
}
