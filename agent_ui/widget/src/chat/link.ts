// The live line: a socket that resumes by position, with growing pauses; long polling where no socket can be opened.

import type { Http } from "./http";
import type { ClientFrame, HubFrame } from "./protocol";

export type LinkWord = "connecting" | "live" | "reconnecting" | "offline" | "refused";

export interface LinkOptions {
  url: string;
  http: Http;
  position: () => number;
  onFrame: (frame: HubFrame) => void;
  onWord: (word: LinkWord) => void;
  /** The visit is over or forged: a new one has to begin. */
  onLost: () => void;
}

const LOST_CODES = new Set([4401, 4403]);
const FIRST_MS = 300;
const LONGEST_MS = 15_000;
const PING_MS = 20_000;
/** After so many sockets that never opened, plain HTTP takes over for a while. */
const TRIES = 3;
const POLL_SECONDS = 20;

export const pause = (tries: number, chance: number): number =>
  FIRST_MS + chance * Math.min(LONGEST_MS, 400 * 2 ** Math.min(tries, 6));

export class Link {
  private socket: WebSocket | null = null;
  private isOpen = false;
  private tries = 0;
  private neverOpened = 0;
  private timer = 0;
  private pings = 0;
  private lastHeard = 0;
  private isPolling = false;
  private isStopped = true;

  constructor(private readonly options: LinkOptions) {
    addEventListener("online", () => this.now());
    addEventListener("offline", () => this.lose());
    setInterval(() => this.beat(), PING_MS);
  }

  start(): void {
    this.isStopped = false;
    this.options.onWord("connecting");
    this.open();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    this.drop();
  }

  get isLive(): boolean {
    return this.isOpen;
  }

  get isByHttp(): boolean {
    return this.isPolling;
  }

  send(frame: ClientFrame): boolean {
    if (!this.isOpen || this.socket === null) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Try at once. */
  now(): void {
    if (this.isStopped || this.isOpen) return;
    this.tries = 0;
    clearTimeout(this.timer);
    this.drop();
    this.open();
  }

  private open(): void {
    if (this.isStopped) return;
    if (!navigator.onLine) {
      this.options.onWord("offline");
      return;
    }
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.options.url);
    } catch {
      this.neverOpened = TRIES;
      this.again();
      return;
    }
    this.socket = socket;
    let hasOpened = false;
    socket.onopen = () => {
      hasOpened = true;
      this.neverOpened = 0;
      socket.send(JSON.stringify({ t: "hello", token: this.options.http.token, after: this.options.position() || null }));
    };
    socket.onmessage = (event) => this.take(JSON.parse(event.data as string) as HubFrame);
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      if (!hasOpened) this.neverOpened += 1;
      this.drop();
      if (LOST_CODES.has(event.code)) this.options.onLost();
      else this.again();
    };
  }

  private take(frame: HubFrame): void {
    this.lastHeard = Date.now();
    if (!this.isOpen && frame.t === "history") {
      this.isOpen = true;
      this.tries = 0;
      this.options.onWord("live");
    }
    this.options.onFrame(frame);
  }

  private beat(): void {
    if (!this.isOpen) return;
    if (Date.now() - this.lastHeard > 2.5 * PING_MS) this.lose();
    else this.send({ t: "ping", n: ++this.pings });
  }

  private lose(): void {
    this.drop();
    this.again();
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    this.isOpen = false;
    if (socket !== null) {
      socket.onclose = null;
      socket.close();
    }
  }

  private again(): void {
    if (this.isStopped) return;
    this.options.onWord(navigator.onLine ? "reconnecting" : "offline");
    clearTimeout(this.timer);
    if (navigator.onLine && this.neverOpened >= TRIES && !this.isPolling) {
      void this.poll();
      return;
    }
    this.timer = window.setTimeout(() => this.open(), pause(this.tries++, Math.random()));
  }

  /** Long polling for a minute, then a socket is tried again. */
  private async poll(): Promise<void> {
    this.isPolling = true;
    const end = Date.now() + 60_000;
    try {
      while (!this.isStopped && Date.now() < end) {
        const found = await this.options.http.poll(this.options.position(), POLL_SECONDS);
        this.options.onWord("live");
        this.options.onFrame({ t: "history", messages: found.messages, position: found.position, resync: found.resync });
        this.options.onFrame({ t: "status", state: found.state, agent: found.agent });
        if (found.typing !== null) this.options.onFrame({ t: "typing", on: true, name: found.typing });
      }
      this.neverOpened = TRIES - 1;
    } catch {
      // The server is away: the usual pauses.
    } finally {
      this.isPolling = false;
    }
    this.timer = window.setTimeout(() => this.open(), pause(this.tries++, Math.random()));
  }
}
