// What a person does to the hub: shown at once, taken back with words when it fails, undone where that is possible.

import type { Result } from "../api/types";
import { asProblem, type Problem } from "../api/http";
import { t } from "../i18n/t";
import { agentName, hub } from "../sync/store";
import { setUi, toast, ui } from "./ui";

export interface Doing {
  /** The interaction it is about and what is being done, in words. */
  busy?: [interaction: string, words: string];
  done?: string;
  undo?: () => void;
}

export async function act(what: () => Promise<Result | void>, doing: Doing = {}): Promise<Result | null> {
  if (doing.busy) setBusy(doing.busy[0], doing.busy[1]);
  try {
    const result = await what();
    if (doing.done) toast(doing.done, doing.undo ? { undo: doing.undo } : {});
    return result ?? { position: 0, event_ids: [], interaction_id: null };
  } catch (error) {
    say(asProblem(error));
    return null;
  } finally {
    if (doing.busy) setBusy(doing.busy[0], null);
  }
}

export function say(problem: Problem): void {
  toast(problemWords(problem), { tone: "bad", ...(problem.id ? { errorId: problem.id } : {}) });
}

/** "Marta took this" says more than "gone". */
export function problemWords(problem: Problem): string {
  if (problem.code !== "gone") return problem.message;
  const by = problem.detail["by"];
  if (typeof by === "string" && by !== "") return t("{name} took this.", { name: agentName(hub(), by) });
  return problem.message;
}

function setBusy(interaction: string, words: string | null): void {
  const busy = new Map(ui().busy);
  if (words === null) busy.delete(interaction);
  else busy.set(interaction, words);
  setUi({ busy });
}
