// What the customer said and the hub has not acknowledged. It survives a reload, goes out in order, and the client id
// makes a repetition harmless. Each message has its own place in storage, so two tabs never undo each other.

import type { Kept } from "./kept";
import type { FileInfo, Outgoing, Shown } from "./protocol";

export interface Waiting {
  message: Outgoing;
  files: FileInfo[];
  /** When it was said, in ms; later messages have greater ones. */
  at: number;
  /** The hub will never take it, and says why. */
  problem?: string;
}

const OUT = "out:";

export class Queue {
  constructor(private readonly kept: Kept) {}

  all(): Waiting[] {
    return this.kept
      .keys(OUT)
      .map((key) => this.kept.read<Waiting | null>(key, null))
      .filter((one) => one !== null)
      .sort((a, b) => a.at - b.at || (a.message.client_id < b.message.client_id ? -1 : 1));
  }

  /** The next to send; a refused one holds back nothing. */
  next(): Waiting | undefined {
    return this.all().find((one) => one.problem === undefined);
  }

  add(message: Outgoing, files: FileInfo[], now: number): void {
    const last = this.all().at(-1)?.at ?? 0;
    this.put({ message, files, at: Math.max(now, last + 1) });
  }

  refuse(one: Waiting, problem: string): void {
    this.put({ ...one, problem });
  }

  /** Try a refused one again, after everything else. */
  again(client_id: string, now: number): void {
    const one = this.all().find((other) => other.message.client_id === client_id);
    if (one === undefined) return;
    this.remove(client_id);
    this.add(one.message, one.files, now);
  }

  remove(client_id: string): void {
    this.kept.remove(OUT + client_id);
  }

  /** Messages that stand in the log are done: their acknowledgement was lost on the way. */
  settle(messages: readonly Shown[]): void {
    for (const { client_id } of messages) if (client_id) this.remove(client_id);
  }

  private put(one: Waiting): void {
    this.kept.write(OUT + one.message.client_id, one);
  }
}
