// One conversation of one visitor: what is shown, and what goes out. The panel draws `view()` after each change.
// Each tab has a socket of its own, so none waits for another; storage and its lock make them one sender.

import { Http, Refusal } from "./http";
import { Kept } from "./kept";
import { Link, pause, type LinkWord } from "./link";
import { EMPTY, lastOfAgents, merge, unread, type Log } from "./log";
import type { FileInfo, HubFrame, Identity, Opened, Outgoing, TalkState } from "./protocol";
import { Queue, type Waiting } from "./queue";
import { Sender } from "./sender";

/** Somebody took over after the message at this position. */
export interface Change {
  after: number;
  agent: string;
}

export interface View {
  owner: string;
  link: LinkWord;
  opened: Opened | null;
  log: Log;
  queue: readonly Waiting[];
  /** Client id of the message on the wire. */
  sending: string | null;
  state: TalkState;
  agent: string;
  changes: readonly Change[];
  typing: string;
  unread: number;
  words: string;
}

export interface Attached {
  ticket: string;
  file: FileInfo;
}

export interface Draft {
  text: string;
  files: Attached[];
}

export interface Contact {
  name: string;
  email: string;
}

const TYPING_MS = 6_000;
const STOPPED_MS = 4_000;
const ANONYMOUS = "-";
/** Client ids of messages that hold name and e-mail begin so. */
export const CONTACT = "contact-";

function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Chat {
  readonly http: Http;
  /** Where the customer is on the host site. */
  page = "";
  private readonly link: Link;
  private readonly sender: Sender;
  private identity: Identity | null = null;
  private owner = ANONYMOUS;
  private kept!: Kept;
  private queue!: Queue;
  private opened: Opened | null = null;
  private log: Log = EMPTY;
  private word: LinkWord = "connecting";
  private words = "";
  private state: TalkState = "none";
  private agent = "";
  private lastAgent = "";
  private changes: readonly Change[] = [];
  private typing = "";
  private typingTimer = 0;
  private stoppedTimer = 0;
  private wasTyping = false;
  private isSeen = false;
  private marked = "";
  private beginning = 0;
  private beginTimer = 0;
  private tries = 0;

  constructor(
    base: URL,
    private readonly channel: string,
    private readonly host: string | null,
    private readonly onChange: () => void,
  ) {
    const root = new URL(`../c/webchat/${encodeURIComponent(channel)}/`, base);
    const socket = new URL("socket", root);
    socket.protocol = root.protocol === "https:" ? "wss:" : "ws:";
    this.http = new Http(root.href);
    this.link = new Link({
      url: socket.href,
      http: this.http,
      position: () => this.log.position,
      onFrame: (frame) => this.take(frame),
      onWord: (word) => this.linked(word),
      onLost: () => this.renew(),
    });
    this.sender = new Sender({
      link: this.link,
      http: this.http,
      queue: () => this.queue,
      isLive: () => this.word === "live",
      lock: () => this.prefix,
      onAck: (one, position) => this.acknowledged(one, position),
      onChange,
    });
    this.own(null);
    addEventListener("online", () => this.now());
    addEventListener("storage", (event) => {
      if (!event.key?.startsWith(this.prefix)) return;
      void this.sender.drain();
      onChange();
    });
  }

  view(): View {
    return {
      owner: this.owner,
      link: this.word,
      opened: this.opened,
      log: this.log,
      queue: this.queue.all(),
      sending: this.sender.current,
      state: this.state,
      agent: this.agent,
      changes: this.changes,
      typing: this.typing,
      unread: unread(this.log, this.read),
      words: this.words,
    };
  }

  // the visit

  /** There is a conversation to come back to, or something to send. */
  get isKnown(): boolean {
    return this.kept.read("visit", "") !== "" || this.queue.next() !== undefined;
  }

  /** Begin or resume a visit, then follow it; once. Tries again by itself while the hub can't be reached. */
  begin(): void {
    if (this.beginning === 0) void this.enter();
  }

  now(): void {
    if (this.opened !== null) this.link.now();
    else if (this.beginning > 0) void this.enter();
  }

  /** Who the host site says this is; null for somebody unknown, or signed out. */
  identify(identity: Identity | null): void {
    if (identity?.user === this.identity?.user && identity?.proof === this.identity?.proof) return;
    this.own(identity);
    if (this.beginning > 0) void this.enter();
    this.onChange();
  }

  /** Each user has a place of their own in storage: what one wrote is never sent as another. */
  private own(identity: Identity | null): void {
    this.identity = identity;
    this.owner = identity ? `user:${encodeURIComponent(identity.user)}` : ANONYMOUS;
    this.kept = new Kept(this.prefix);
    this.queue = new Queue(this.kept);
    this.forget();
  }

  private get prefix(): string {
    return `continuo:${this.channel}:${this.owner}:`;
  }

  private forget(): void {
    this.opened = null;
    this.log = EMPTY;
    this.state = "none";
    this.agent = this.lastAgent = this.typing = "";
    this.changes = [];
  }

  private renew(): void {
    this.kept.remove("visit");
    this.forget();
    void this.enter();
  }

  private async enter(): Promise<void> {
    const turn = ++this.beginning;
    clearTimeout(this.beginTimer);
    this.link.stop();
    if (!navigator.onLine) this.linked("offline");
    else if (this.word !== "reconnecting") this.linked("connecting");
    try {
      const opened = await this.visit();
      if (turn !== this.beginning) return;
      this.tries = 0;
      this.opened = opened;
      this.http.token = opened.token;
      this.kept.write("visit", opened.token);
      this.link.start();
    } catch (error) {
      if (turn !== this.beginning) return;
      this.failed(error instanceof Refusal ? error : new Refusal(0, "error", String(error)));
    }
    this.onChange();
  }

  private failed(problem: Refusal): void {
    this.words = problem.message;
    if (!problem.isPassing) this.linked("refused");
    else {
      this.linked(navigator.onLine ? "reconnecting" : "offline");
      this.beginTimer = window.setTimeout(() => void this.enter(), pause(this.tries++, Math.random()));
    }
  }

  private async visit(): Promise<Opened> {
    const token = this.kept.read<string | null>("visit", null);
    try {
      return await this.http.visit(token, this.identity, this.host);
    } catch (error) {
      if (!(error instanceof Refusal) || error.isPassing || error.code === "forbidden") throw error;
      if (this.identity !== null) {
        // For whoever builds the host site: its proof is wrong. The customer can chat all the same, unknown.
        console.error(`Continuo: ${error.message}`);
        this.own(null);
        return this.visit();
      }
      if (token === null) throw error;
      this.kept.remove("visit");
      return this.http.visit(null, null, this.host);
    }
  }

  // what the customer does

  say(text: string, attached: readonly Attached[] = []): void {
    const tickets = attached.map((one) => one.ticket);
    const files = attached.map((one) => one.file);
    this.put({ client_id: newId(), text, ...(tickets.length > 0 ? { attachments: tickets } : {}) }, files);
  }

  leave({ name, email }: Contact): void {
    const text = [name, email].filter(Boolean).join("\n");
    this.put({ client_id: CONTACT + newId(), text, name, email, contact: true }, []);
  }

  private put(message: Outgoing, files: FileInfo[]): void {
    this.queue.add({ ...message, ...(this.page ? { page: this.page.slice(0, 2048) } : {}) }, files, Date.now());
    this.types(false);
    this.begin();
    void this.sender.drain();
    this.onChange();
  }

  again(client_id: string): void {
    this.queue.again(client_id, Date.now());
    void this.sender.drain();
    this.onChange();
  }

  discard(client_id: string): void {
    this.queue.remove(client_id);
    this.onChange();
  }

  types(on: boolean): void {
    clearTimeout(this.stoppedTimer);
    if (on) this.stoppedTimer = window.setTimeout(() => this.types(false), STOPPED_MS);
    if (on === this.wasTyping) return;
    this.wasTyping = on;
    if (!this.link.send({ t: "typing", on }) && this.link.isByHttp) void this.http.typing(on).catch(() => undefined);
  }

  /** The reader sees the end of the log, or no longer does. */
  seen(isSeen: boolean): void {
    this.isSeen = isSeen;
    this.mark();
  }

  get draft(): Draft {
    return this.kept.read<Draft>("draft", { text: "", files: [] });
  }

  set draft(draft: Draft) {
    if (draft.text || draft.files.length > 0) this.kept.write("draft", draft);
    else this.kept.remove("draft");
  }

  /** Asked for name and e-mail before. */
  get wasAsked(): boolean {
    return this.kept.read("asked", false);
  }

  asked(): void {
    this.kept.write("asked", true);
    this.onChange();
  }

  // what comes in

  /** Committed: it stands in the log from now on; whatever the stream says later takes its place. */
  private acknowledged({ message, files, at }: Waiting, position: number): void {
    if (this.log.messages.some((one) => one.position === position)) return;
    const { client_id, text } = message;
    const shown = { position, event_id: "", by: "customer" as const, text, at: new Date(at).toISOString(), client_id };
    this.log = merge(this.log, { messages: [{ ...shown, attachments: files }], position: 0 });
  }

  private take(frame: HubFrame): void {
    switch (frame.t) {
      case "history":
        this.log = merge(this.log, frame);
        this.queue.settle(frame.messages);
        if (frame.messages.some((one) => one.by === "agent")) this.typed("");
        this.mark();
        break;
      case "status":
        this.stands(frame.state, frame.agent ?? "");
        break;
      case "typing":
        this.typed(frame.on ? frame.name || this.agent || "…" : "");
        break;
      case "ack":
      case "wait":
      case "refused":
        this.sender.take(frame);
        break;
      case "error":
      case "pong":
        return;
    }
    this.onChange();
  }

  private stands(state: TalkState, agent: string): void {
    this.state = state;
    this.agent = agent;
    if (agent && this.lastAgent && agent !== this.lastAgent) {
      // Before what the new one has said already: the stream brings messages first, then who is there.
      const others = this.log.messages.findLast((one) => one.by === "customer" || one.name !== agent);
      this.changes = [...this.changes, { after: others?.position ?? 0, agent }];
    }
    if (agent) this.lastAgent = agent;
    if (state === "closed") this.lastAgent = "";
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

  /** Another tab may have read further. */
  private get read(): number {
    return this.kept.read("read", 0);
  }

  private mark(): void {
    const delivered = lastOfAgents(this.log);
    if (this.isSeen && delivered > this.read) {
      this.kept.write("read", delivered);
      this.onChange();
    }
    const read = Math.min(this.read, delivered);
    const marked = `${delivered} ${read}`;
    if (delivered === 0 || marked === this.marked) return;
    if (this.link.send({ t: "marks", delivered, read })) this.marked = marked;
    else if (this.link.isByHttp) {
      this.marked = marked;
      void this.http.marks(delivered, read).catch(() => (this.marked = ""));
    }
  }

  private linked(word: LinkWord): void {
    const wasLive = this.word === "live";
    this.word = word;
    if (word !== "live") this.sender.lost();
    else if (!wasLive) {
      this.marked = "";
      this.mark();
      void this.sender.drain();
    }
    this.onChange();
  }
}
