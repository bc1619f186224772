// A colleague replies to the same customer: sending waits until one says "anyway" or the colleague stops. Who began first
// is never locked, and writing never is.

import { useState } from "react";
import { focusOn } from "../app/ui";
import { useHub } from "../sync/store";

export interface Lock {
  /** The colleague's name; empty: nobody replies. */
  writer: string;
  isLocked: boolean;
  open: () => void;
}

export function useLock(customer: string, isEmpty: boolean): Lock {
  const writer = useHub((state) => state.presence.get(customer)?.find((agent) => agent.doing === "writing")?.name ?? "");
  const [lock, setLock] = useState({ writer: "", isLocked: false });
  if (lock.writer !== writer) setLock({ writer, isLocked: writer !== "" && isEmpty });
  const open = (): void => {
    setLock({ writer, isLocked: false });
    focusOn("reply");
  };
  return { ...lock, open };
}
