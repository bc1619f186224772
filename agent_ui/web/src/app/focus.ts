// Moving the focus where a person asked for it. A wish is taken once, by the first part that is there for it, and dies
// soon: a part that comes much later must not take the focus for an old wish.

import { useEffect } from "react";
import { setUi, useUi, type FocusTarget } from "./ui";

const LASTS_MS = 1500;

export function useFocusWish(on: FocusTarget, take: () => boolean): void {
  const wish = useUi((state) => (state.focus?.on === on ? state.focus : null));
  useEffect(() => {
    if (wish === null) return;
    if (Date.now() - wish.at > LASTS_MS || take()) setUi({ focus: null });
    // A wish is answered when it comes, not when the way to answer it changes.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [wish]);
}
