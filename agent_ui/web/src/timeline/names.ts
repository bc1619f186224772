import { useMemo } from "react";
import { useHub } from "../sync/store";
import type { Names } from "./read";

/** Names of agents and queues; changes only when one of them does. */
export function useNames(): Names {
  const agents = useHub((state) => state.desk.agents);
  const queues = useHub((state) => state.queues);
  return useMemo(
    () => ({
      agent: (id) => agents.get(id)?.name ?? id,
      queue: (id) => queues.get(id ?? "")?.name ?? id ?? "",
    }),
    [agents, queues],
  );
}
