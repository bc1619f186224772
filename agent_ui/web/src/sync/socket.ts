// The live link: resume after a position, prove that it lives, say honestly when it doesn't. It knows nothing of screens.

import type { ClientFrame, Patch, ServerFrame } from "../api/types";

export type LinkWord = "connecting" | "live" | "reconnecting" | "catching_up" | "offline" | "gave_up" | "signed_out";

export interface Link {
  word: LinkWord;
  tries: number;
  /** Local time of the last proof of life, in milliseconds; 0 before the first. */
  asOf: number;
  /** Events to catch up. */
  behind: number;
  total: number;
}

export const FIRST_LINK: Link = { word: "connecting", tries: 0, asOf: 0, behind: 0, total: 0 };

export interface Wire {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
}

export interface LiveOptions {
  open(): Wire;
  now(): number;
  random(): number;
  isOnline(): boolean;
  position(): number;
  onLink(link: Link): void;
  /** Takes a patch; false: some are missing before it. */
  onPatch(patch: Patch): boolean;
  onFrame(frame: ServerFrame): void;
  /** The snapshot must be read again; resolves with the position to go on from. */
  onResync(): Promise<number>;
  onPong(serverTime: string, sentAt: number): void;
}

const PING_MS = 2000;
const DEAD_MS = 3000;
const GIVE_UP_MS = 60_000;
const SIGNED_OUT_CODES = new Set([4401, 4001]);

export class Live {
  private wire: Wire | null = null;
  private link: Link = FIRST_LINK;
  private pings = new Map<number, number>();
  private pingCount = 0;
  private lastPing = 0;
  private lostAt = 0;
  private retryAt = 0;
  private silent = 0;
  private greeted = false;
  private resyncing = false;
  private stopped = true;

  constructor(private readonly options: LiveOptions) {}

  start(): void {
    this.stopped = false;
    this.lostAt = this.options.now();
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.drop();
  }

  /** Now, not at the next try. */
  retry(): void {
    if (this.link.word === "live" || this.link.word === "catching_up") return;
    if (this.link.word === "gave_up" || this.link.word === "signed_out") this.lostAt = this.options.now();
    this.stopped = false;
    this.drop();
    this.connect();
  }

  signedOut(): void {
    if (this.stopped && this.link.word === "signed_out") return;
    this.stopped = true;
    this.drop();
    this.say({ word: "signed_out", tries: 0 });
  }

  send(frame: ClientFrame): void {
    if (this.greeted) this.wire?.send(JSON.stringify(frame));
  }

  /** Called once a second, by a worker so that a hidden tab goes on. */
  tick(): void {
    if (this.stopped) return;
    const now = this.options.now();
    if (!this.options.isOnline()) {
      this.lose(now);
      this.say({ word: "offline" });
      return;
    }
    if (this.wire === null) {
      if (now >= this.retryAt) this.connect();
      return;
    }
    if (this.isUnanswered(now)) this.lose(now);
    else if (this.greeted && now - this.lastPing >= PING_MS) this.ping(now);
  }

  private isUnanswered(now: number): boolean {
    const oldest = this.pings.values().next().value;
    if (oldest !== undefined) return now - oldest > DEAD_MS;
    return !this.greeted && now - this.lastPing > DEAD_MS * 2;
  }

  private ping(now: number): void {
    this.lastPing = now;
    this.pings.set(++this.pingCount, now);
    this.wire?.send(JSON.stringify({ t: "ping", n: this.pingCount } satisfies ClientFrame));
  }

  private connect(): void {
    if (!this.options.isOnline()) {
      this.say({ word: "offline" });
      return;
    }
    const now = this.options.now();
    this.pings.clear();
    this.greeted = false;
    this.lastPing = now;
    const wire = this.options.open();
    this.wire = wire;
    wire.onopen = () => this.wire === wire && this.hello();
    wire.onmessage = (event) => {
      if (this.wire === wire && typeof event.data === "string") this.take(JSON.parse(event.data) as ServerFrame);
    };
    wire.onclose = (event) => {
      if (this.wire !== wire) return;
      if (SIGNED_OUT_CODES.has(event.code)) this.signedOut();
      else this.lose(this.options.now());
    };
  }

  private hello(): void {
    const position = this.options.position();
    this.wire?.send(JSON.stringify({ t: "hello", after: position > 0 ? position : null } satisfies ClientFrame));
  }

  private drop(): void {
    const wire = this.wire;
    this.wire = null;
    this.greeted = false;
    this.pings.clear();
    if (wire !== null) {
      wire.onclose = null;
      wire.close();
    }
  }

  private lose(now: number): void {
    const wasAlive = this.link.word === "live" || this.link.word === "catching_up";
    if (wasAlive) this.lostAt = now;
    this.drop();
    const tries = this.link.tries + 1;
    const gone = now - this.lostAt >= GIVE_UP_MS;
    // Full jitter, so that a hub coming back is not run over by all screens at once.
    const ceiling = gone ? 15_000 : Math.min(10_000, 500 * 2 ** Math.min(tries, 6));
    this.retryAt = now + (wasAlive ? 200 : 300) + this.options.random() * ceiling;
    this.say({ word: gone ? "gave_up" : "reconnecting", tries });
  }

  private take(frame: ServerFrame): void {
    const now = this.options.now();
    switch (frame.t) {
      case "welcome": {
        this.greeted = true;
        const behind = Math.max(0, frame.position - this.options.position());
        this.say({ word: behind > 0 ? "catching_up" : "live", tries: 0, behind, total: behind, asOf: now });
        this.ping(now);
        break;
      }
      case "patch":
        this.patch(frame, now);
        break;
      case "caught_up":
        this.say({ word: "live", tries: 0, behind: 0, total: 0, asOf: now });
        break;
      case "resync":
        this.resync();
        break;
      case "pong":
        this.pong(frame, now);
        break;
      case "signed_out":
        this.signedOut();
        break;
      default:
        break;
    }
    this.options.onFrame(frame);
  }

  private patch(frame: Patch, now: number): void {
    if (this.resyncing) return;
    this.silent = 0;
    if (!this.options.onPatch(frame)) {
      this.resync();
      return;
    }
    if (this.link.word !== "catching_up") return;
    const behind = Math.max(0, this.link.behind - (frame.position - frame.after));
    this.say({ behind, asOf: now });
  }

  private pong(frame: Extract<ServerFrame, { t: "pong" }>, now: number): void {
    const sent = this.pings.get(frame.n);
    for (const n of this.pings.keys()) if (n <= frame.n) this.pings.delete(n);
    if (sent !== undefined) this.options.onPong(frame.server_time, sent);
    // The hub is ahead and tells nothing: after three such pongs, ask for everything.
    this.silent = frame.head > this.options.position() ? this.silent + 1 : 0;
    if (this.silent >= 3 && this.link.word === "live") this.resync();
    else this.say({ asOf: now });
  }

  private resync(): void {
    if (this.resyncing) return;
    this.resyncing = true;
    this.silent = 0;
    this.say({ word: "catching_up", behind: 0, total: 0 });
    const wire = this.wire;
    this.options.onResync().then(
      () => {
        this.resyncing = false;
        if (this.wire === wire && wire !== null) this.hello();
      },
      () => {
        this.resyncing = false;
        if (this.wire === wire) this.lose(this.options.now());
      },
    );
  }

  private say(news: Partial<Link>): void {
    const next = { ...this.link, ...news };
    const same = (Object.keys(next) as (keyof Link)[]).every((key) => next[key] === this.link[key]);
    if (same) return;
    this.link = next;
    this.options.onLink(next);
  }
}
