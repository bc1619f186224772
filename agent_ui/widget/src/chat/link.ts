// The live line: a socket that resumes by position, with growing pauses; long polling where no socket can be opened.

import { Refusal, type Http } from "./http";
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

const LOST_CODES = [4401, 4403];
const FIRST_MS = 300;
const LONGEST_MS = 15_000;
/** From the first try of a socket to the conversation on it. */
const OPEN_MS = 10_000;
const PING_MS = 20_000;
const PONG_MS = 6_000;
/** After so many sockets that brought nothing, plain HTTP takes over; a socket is tried again each minute. */
const TRIES = 3;
const PROBE_MS = 60_000;
const POLL_SECONDS = 20;

/** Before the next try; `chance` is from 0 to 1, so that a thousand pages don't come back at once. */
export const pause = (tries: number, chance: number): number =>
  FIRST_MS + chance * Math.min(LONGEST_MS, 400 * 2 ** Math.min(tries, 6));

export class Link {
  private socket: WebSocket | null = null;
  private isHeard = false;
  private tries = 0;
  private silent = 0;
  private timer = 0;
  private openTimer = 0;
  private pings = 0;
  private pongTimer = 0;
  private polling: AbortController | null = null;
  private isStopped = true;

  constructor(private readonly options: LinkOptions) {
    addEventListener("offline", () => !this.isStopped && this.lose());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.check());
    setInterval(() => this.check(), PING_MS);
  }

  start(): void {
    this.isStopped = false;
    this.silent = 0;
    this.open();
  }

  stop(): void {
    this.isStopped = true;
    this.drop();
    this.hush();
  }

  /** Frames go over a socket just now. */
  get isOpen(): boolean {
    return this.isHeard;
  }

  get isByHttp(): boolean {
    return this.polling !== null;
  }

  /** False where nothing was sent. */
  send(frame: ClientFrame): boolean {
    if (!this.isHeard || this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Try at once. */
  now(): void {
    if (this.isStopped || this.isHeard) return;
    this.tries = 0;
    this.open();
  }

  private open(): void {
    this.drop();
    if (!navigator.onLine) {
      this.options.onWord("offline");
      return;
    }
    this.openTimer = window.setTimeout(() => this.lose(), OPEN_MS);
    const socket = (this.socket = new WebSocket(this.options.url));
    socket.onopen = () => {
      const hello: ClientFrame = { t: "hello", token: this.options.http.token, after: this.options.position() || null };
      socket.send(JSON.stringify(hello));
    };
    socket.onmessage = (event) => this.socket === socket && this.take(JSON.parse(event.data as string) as HubFrame);
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      if (LOST_CODES.includes(event.code)) this.options.onLost();
      else this.lose();
    };
  }

  private take(frame: HubFrame): void {
    clearTimeout(this.pongTimer);
    this.pongTimer = 0;
    if (!this.isHeard && frame.t === "history") {
      this.isHeard = true;
      this.tries = 0;
      this.silent = 0;
      clearTimeout(this.openTimer);
      this.hush();
      this.options.onFrame(frame);
      this.options.onWord("live");
    } else this.options.onFrame(frame);
  }

  /** Is somebody there? One unanswered question is enough: a line that is dead without a word looks like silence. */
  private check(): void {
    if (this.pongTimer || !this.send({ t: "ping", n: ++this.pings })) return;
    this.pongTimer = window.setTimeout(() => this.lose(), PONG_MS);
  }

  private lose(): void {
    if (!this.isHeard) this.silent += 1;
    this.drop();
    if (!navigator.onLine) {
      this.hush();
      this.options.onWord("offline");
    } else if (this.polling) return;
    else if (this.silent >= TRIES) void this.poll();
    else this.later();
  }

  private later(): void {
    this.options.onWord("reconnecting");
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.open(), pause(this.tries++, Math.random()));
  }

  private drop(): void {
    clearTimeout(this.timer);
    clearTimeout(this.openTimer);
    clearTimeout(this.pongTimer);
    this.pongTimer = 0;
    const { socket } = this;
    this.socket = null;
    this.isHeard = false;
    socket?.close();
  }

  private hush(): void {
    this.polling?.abort();
    this.polling = null;
  }

  private async poll(): Promise<void> {
    const polling = (this.polling = new AbortController());
    const { http, position, onFrame, onWord, onLost } = this.options;
    let probe = Date.now() + PROBE_MS;
    let wait = 0;
    try {
      while (this.polling === polling) {
        const { messages, position: head, resync, state, agent, typing } = await http.poll(position(), wait, polling.signal);
        if (this.polling !== polling) return;
        wait = POLL_SECONDS;
        onFrame({ t: "history", messages, position: head, resync });
        onFrame({ t: "status", state, agent });
        if (typing !== null) onFrame({ t: "typing", on: true, name: typing });
        onWord("live");
        if (Date.now() > probe) {
          probe = Date.now() + PROBE_MS;
          this.open();
        }
      }
    } catch (error) {
      if (this.polling !== polling) return;
      this.polling = null;
      if (error instanceof Refusal && !error.isPassing) onLost();
      else this.later();
    }
  }
}
