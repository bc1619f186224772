// Sends what waits: one message at a time, in order, by one tab of the browser at a time.

import type { Http } from "./http";
import type { Link } from "./link";
import type { Ack, Outgoing, Refused, Wait } from "./protocol";
import type { Queue, Waiting } from "./queue";

type Answer = Ack | Wait | Refused;

export interface SenderOptions {
  link: Link;
  http: Http;
  queue: () => Queue;
  isLive: () => boolean;
  /** Tabs with the same name take turns. */
  lock: () => string;
  onAck: (one: Waiting, position: number) => void;
  onChange: () => void;
}

const ACK_MS = 15_000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class Sender {
  /** Client id of the message on the wire. */
  current: string | null = null;
  private readonly answers = new Map<string, (answer: Answer) => void>();
  private isBusy = false;

  constructor(private readonly options: SenderOptions) {}

  async drain(): Promise<void> {
    if (this.isBusy || !this.options.isLive()) return;
    this.isBusy = true;
    try {
      await this.inTurn(() => this.sendAll(this.options.queue()));
    } finally {
      this.isBusy = false;
    }
    // Somebody else may have begun to speak while this turn ended.
    if (this.options.isLive() && this.options.queue().next() !== undefined) void this.drain();
  }

  take(answer: Answer): void {
    this.answers.get(answer.client_id)?.(answer);
    this.answers.delete(answer.client_id);
  }

  /** The line is gone: nothing on it will be answered. */
  lost(): void {
    for (const client_id of this.answers.keys()) this.take(again(client_id, 0));
  }

  /** Where a browser refuses locks, client ids still keep a message from being taken twice. */
  private async inTurn(send: () => Promise<void>): Promise<void> {
    let isOurs = false;
    try {
      await navigator.locks.request(this.options.lock(), () => {
        isOurs = true;
        return send();
      });
    } catch (error) {
      if (isOurs) throw error;
      await send();
    }
  }

  private async sendAll(queue: Queue): Promise<void> {
    const { isLive, onAck, onChange } = this.options;
    const isOurs = (): boolean => isLive() && queue === this.options.queue();
    for (let one = queue.next(); one !== undefined && isOurs(); one = queue.next()) {
      this.current = one.message.client_id;
      onChange();
      const answer = await this.transmit(one.message);
      this.current = null;
      if (answer.t === "wait") {
        await sleep(answer.after * 1000);
        continue;
      }
      if (answer.t === "refused") queue.refuse(one, answer.words);
      else {
        if (queue === this.options.queue()) onAck(one, answer.position);
        queue.remove(one.message.client_id);
      }
      onChange();
    }
  }

  private transmit(message: Outgoing): Promise<Answer> {
    const { client_id } = message;
    return new Promise((resolve, reject) => {
      if (this.options.link.isByHttp) {
        this.options.http.say(message).then(resolve, reject);
        return;
      }
      const late = setTimeout(() => this.take(again(client_id, 0)), ACK_MS);
      this.answers.set(client_id, (answer) => {
        clearTimeout(late);
        resolve(answer);
      });
      if (!this.options.link.send({ t: "message", ...message })) this.take(again(client_id, 0.5));
    });
  }
}

const again = (client_id: string, after: number): Wait => ({ t: "wait", client_id, after, code: "lost" });
