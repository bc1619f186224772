// Mantine dressed in the tokens. Only chrome uses it; the values and the reasons are in tokens.css.

import { createTheme, type CSSVariablesResolver } from "@mantine/core";

const px = (xs: number, sm: number, md: number, lg: number, xl: number): Record<string, string> => ({
  xs: `${xs}px`,
  sm: `${sm}px`,
  md: `${md}px`,
  lg: `${lg}px`,
  xl: `${xl}px`,
});

export const theme = createTheme({
  primaryColor: "indigo",
  primaryShade: { light: 8, dark: 6 },
  autoContrast: true,
  luminanceThreshold: 0.25,
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  fontFamily: "var(--font)",
  fontSizes: px(12, 13, 14, 16, 20),
  lineHeights: px(16, 20, 20, 24, 28),
  spacing: px(4, 8, 12, 16, 24),
  radius: px(3, 4, 6, 10, 16),
  headings: { fontWeight: "600" },
  shadows: { xs: "none", sm: "none", md: "var(--shadow-raised)", lg: "none", xl: "none" },
  colors: {
    indigo: ["#eef0fe", "#dfe4fd", "#c5cdfa", "#a9b6ff", "#8193f3", "#6478e6", "#5468dc", "#4a5cd0", "#4254c5", "#3343a8"],
    gray: ["#f4f5f7", "#eaecef", "#e4e6ea", "#cfd3d8", "#b4bac1", "#7f868e", "#5c636a", "#454b52", "#2b3036", "#16191d"],
    dark: ["#e9eaec", "#c8cacd", "#a6a7ab", "#7d8188", "#3f4248", "#2b2d31", "#25272b", "#1b1c1f", "#141517", "#0f1011"],
  },
});

export const variables: CSSVariablesResolver = () => ({
  variables: {
    "--mantine-color-body": "var(--sheet)",
    "--mantine-color-text": "var(--text)",
    "--mantine-color-dimmed": "var(--text-3)",
    "--mantine-color-default": "var(--raised)",
    "--mantine-color-default-hover": "var(--hover)",
    "--mantine-color-default-border": "var(--line-strong)",
    "--mantine-color-anchor": "var(--accent-text)",
    "--mantine-color-yellow-light-color": "var(--warning-text)",
    "--mantine-color-red-light-color": "var(--danger-text)",
  },
  light: {},
  dark: {},
});
