// A panel that lies over the page on narrower screens. It takes the focus from the person who opened it, closes when the
// focus goes elsewhere (nothing that has the focus may lie under it), and gives the focus back when it is closed.

import { useEffect, type RefObject } from "react";

export function useDrawer(isOpen: boolean, box: RefObject<HTMLElement | null>, close: () => void): void {
  useEffect(() => {
    const element = box.current;
    if (!isOpen || element === null) return;
    const before = document.activeElement;
    (element.querySelector<HTMLElement>("a[aria-current]") ?? element).focus({ preventScroll: true });
    const onFocus = (event: FocusEvent): void => {
      if (event.target instanceof Node && !element.contains(event.target)) close();
    };
    document.addEventListener("focusin", onFocus);
    return () => {
      document.removeEventListener("focusin", onFocus);
      const isLeftBehind = document.activeElement === document.body || element.contains(document.activeElement);
      if (isLeftBehind && before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
    // Opening and closing move the focus, never a new way to close.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [isOpen]);
}
