import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

// jsdom has no layout and no media queries; Mantine asks for both when it mounts.
window.matchMedia ??= (query: string): MediaQueryList =>
  Object.assign(new EventTarget(), {
    matches: false,
    media: query,
    onchange: null,
    addListener: () => undefined,
    removeListener: () => undefined,
  });

globalThis.ResizeObserver ??= class implements ResizeObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
};

window.HTMLElement.prototype.scrollIntoView ??= () => undefined;

afterEach(cleanup);
