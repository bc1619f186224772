// One conversation of one visitor: what is shown, and what goes out. The panel draws `view()` after each change.

import { Http, Refusal, type Identity } from "./http";
import { Link, type LinkWord } from "./link";
import { EMPTY, lastOfAgents, merge, unread, type Log } from "./log";
import type { FileInfo, HubFrame, Opened, Outgoing, TalkState } from "./protocol";
import { add, change, Kept, next, remove, revive, settle, type Queue } from "./queue";

export interface View {
  link: LinkWord;
  opened: Opened | null;
  log: Log;
  queue: Queue;
  state: TalkState;
  agent: string;
  typing: string;
  unread: number;
  words: string;
}

export interface Attached {
  ticket: string;
  file: FileInfo;
}

const ACK_MS = 15_000;
const TYPING_MS = 6_000;
const RETRY_MS = 3_000;

export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Chat {
  readonly http: Http;
  private readonly link: Link;
  private readonly kept: Kept;
  private readonly acks = new Map<string, (frame: HubFrame) => void>();
  private opened: Opened | null = null;
  private log: Log = EMPTY;
  private word: LinkWord = "connecting";
  private state: TalkState = "none";
  private agent = "";
  private typing = "";
  private typingTimer = 0;
  private words = "";
  private read = 0;
  private isSeen = false;
  private isSending = false;
  private identity: Identity | null = null;
  private tellTimer = 0;
  private wasTyping = false;

  constructor(
    base: URL,
    channel: string,
    private readonly host: string | null,
    private readonly onChange: () => void,
  ) {
    const root = new URL(`../c/webchat/${encodeURIComponent(channel)}/`, base);
    this.http = new Http(root.href);
    this.kept = new Kept(`continuo:${channel}:`);
    const socket = new URL("socket", root);
    socket.protocol = root.protocol === "https:" ? "wss:" : "ws:";
    this.link = new Link({
      url: socket.href,
      http: this.http,
      position: () => this.log.position,
      onFrame: (frame) => this.take(frame),
      onWord: (word) => this.linked(word),
      onLost: () => void this.begin(true),
    });
    this.read = this.kept.read("read", 0);
    addEventListener("storage", () => this.onChange());
  }

  view(): View {
    return {
      link: this.word,
      opened: this.opened,
      log: this.log,
      queue: settle(this.queue, this.log.messages),
      state: this.state,
      agent: this.agent,
      typing: this.typing,
      unread: unread(this.log, this.read),
      words: this.words,
    };
  }

  /** Begin or resume a visit, then follow it. Tries again by itself while the hub can't be reached. */
  async begin(isLost = false): Promise<void> {
    this.link.stop();
    this.keep(revive(this.queue));
    const token = isLost ? null : this.kept.read<string | null>("visit", null);
    try {
      const opened = await this.visit(token);
      if (opened.token !== token && isLost) this.log = EMPTY;
      this.opened = opened;
      this.http.token = opened.token;
      this.kept.write("visit", opened.token);
      this.link.start();
    } catch (error) {
      const problem = error instanceof Refusal ? error : new Refusal(0, "error", String(error), null);
      this.word = problem.isPassing ? (navigator.onLine ? "reconnecting" : "offline") : "refused";
      this.words = problem.message;
      if (problem.isPassing) setTimeout(() => void this.begin(), RETRY_MS);
    }
    this.onChange();
  }

  private async visit(token: string | null): Promise<Opened> {
    try {
      return await this.http.visit(token, this.identity, this.host);
    } catch (error) {
      if (!(error instanceof Refusal) || token === null || ![401, 403].includes(error.status)) throw error;
      return this.http.visit(null, this.identity, this.host);
    }
  }

  identify(identity: Identity): void {
    this.identity = identity;
    this.log = EMPTY;
    void this.begin();
  }

  // what the customer does

  say(text: string, attached: readonly Attached[] = [], contact: { name: string; email: string } | null = null): void {
    const message: Outgoing = { client_id: newId(), text };
    if (attached.length > 0) message.attachments = attached.map((one) => one.ticket);
    if (this.host) message.page = document.referrer || this.host;
    if (contact) Object.assign(message, { ...contact, contact: true });
    const files = attached.map((one) => one.file);
    this.keep(add(this.queue, { message, files, at: Date.now(), state: "queued" }));
    this.types(false);
    void this.drain();
  }

  again(client_id: string): void {
    this.keep(change(this.queue, client_id, { state: "queued" }));
    void this.drain();
  }

  discard(client_id: string): void {
    this.keep(remove(this.queue, client_id));
  }

  types(on: boolean): void {
    clearTimeout(this.tellTimer);
    if (on) this.tellTimer = window.setTimeout(() => this.types(false), 4000);
    if (on === this.wasTyping) return;
    this.wasTyping = on;
    if (!this.link.send({ t: "typing", on }) && this.link.isByHttp) void this.http.typing(on).catch(() => undefined);
  }

  /** The reader sees the log, or no longer does. */
  seen(isSeen: boolean): void {
    this.isSeen = isSeen;
    this.mark();
  }

  // out

  private get queue(): Queue {
    return this.kept.read<Queue>("queue", []);
  }

  private keep(queue: Queue): void {
    this.kept.write("queue", queue);
    this.onChange();
  }

  /** One at a time, in order, by one tab of the browser. */
  private async drain(): Promise<void> {
    if (this.isSending || this.word !== "live") return;
    this.isSending = true;
    try {
      if ("locks" in navigator) await navigator.locks.request(`continuo:${this.http.token.slice(-24)}`, () => this.sendAll());
      else await this.sendAll();
    } finally {
      this.isSending = false;
    }
  }

  private async sendAll(): Promise<void> {
    for (let one = next(this.queue); one !== undefined && this.word === "live"; one = next(this.queue)) {
      const { client_id } = one.message;
      this.keep(change(this.queue, client_id, { state: "sending" }));
      const answer = await this.transmit(one.message);
      if (answer.t === "ack") this.acknowledged(client_id, answer.position, one.files);
      else if (answer.t === "refused") this.keep(change(this.queue, client_id, { state: "failed", words: answer.words }));
      else {
        this.keep(change(this.queue, client_id, { state: "queued" }));
        const seconds = answer.t === "wait" ? answer.after : 1;
        await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      }
    }
  }

  private transmit(message: Outgoing): Promise<HubFrame> {
    if (!this.link.isLive) return this.http.say(message);
    return new Promise((resolve) => {
      const late = window.setTimeout(
        () => this.acked({ t: "wait", client_id: message.client_id, after: 0.5, code: "no_answer" }),
        ACK_MS,
      );
      this.acks.set(message.client_id, (frame) => {
        clearTimeout(late);
        resolve(frame);
      });
      this.link.send({ t: "message", ...message });
    });
  }

  private acked(frame: Extract<HubFrame, { client_id: string }>): void {
    this.acks.get(frame.client_id)?.(frame);
    this.acks.delete(frame.client_id);
  }

  /** Committed: it stands in the log from now on, whatever the stream says later takes its place. */
  private acknowledged(client_id: string, position: number, files: FileInfo[]): void {
    const one = this.queue.find((entry) => entry.message.client_id === client_id);
    if (one !== undefined && !this.log.messages.some((shown) => shown.position === position)) {
      const shown = {
        position,
        event_id: "",
        by: "customer" as const,
        text: one.message.text,
        at: new Date(one.at).toISOString(),
        client_id,
        ...(files.length > 0 ? { attachments: files } : {}),
      };
      this.log = merge(this.log, { messages: one.message.contact ? [] : [shown], position: this.log.position });
    }
    this.keep(remove(this.queue, client_id));
  }

  // in

  private take(frame: HubFrame): void {
    switch (frame.t) {
      case "history":
        this.log = merge(this.log, frame);
        this.keep(settle(this.queue, this.log.messages));
        if (frame.messages.some((one) => one.by === "agent")) this.typed("");
        this.mark();
        break;
      case "status":
        this.state = frame.state;
        this.agent = frame.agent ?? "";
        break;
      case "typing":
        this.typed(frame.on ? (frame.name ?? this.agent) || "…" : "");
        break;
      case "ack":
      case "wait":
      case "refused":
        this.acked(frame);
        break;
      case "error":
        this.words = frame.words;
        break;
      default:
        break;
    }
    this.onChange();
  }

  private typed(name: string): void {
    this.typing = name;
    clearTimeout(this.typingTimer);
    if (name) {
      this.typingTimer = window.setTimeout(() => {
        this.typing = "";
        this.onChange();
      }, TYPING_MS);
    }
  }

  private mark(): void {
    const delivered = lastOfAgents(this.log);
    if (this.isSeen && delivered > this.read) {
      this.read = delivered;
      this.kept.write("read", delivered);
    }
    if (delivered === 0) return;
    if (!this.link.send({ t: "marks", delivered, read: this.read }) && this.link.isByHttp) {
      void this.http.marks(delivered, this.read).catch(() => undefined);
    }
    this.onChange();
  }

  private linked(word: LinkWord): void {
    this.word = word;
    if (word === "live") void this.drain();
    else for (const client_id of this.acks.keys()) this.acked({ t: "wait", client_id, after: 0, code: "lost" });
    this.onChange();
  }
}
