import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Http } from "./http";
import { Link, pause } from "./link";
import type { HubFrame } from "./protocol";

/** The browser's side of a line on which the other end does what the test says. */
class Line {
  static readonly OPEN = 1;
  static all: Line[] = [];
  readyState = 0;
  sent: unknown[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor() {
    Line.all.push(this);
  }

  static get last(): Line {
    return Line.all.at(-1)!;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.readyState = 3;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  say(frame: HubFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  end(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

const HISTORY: HubFrame = { t: "history", messages: [], position: 9 };
let words: string[];
let lost: number;

function follow(position = 7): Link {
  const http = new Http("http://hub.example/");
  http.token = "token";
  const link = new Link({
    url: "ws://hub.example/socket",
    http,
    position: () => position,
    onFrame: () => undefined,
    onWord: (word) => words.push(word),
    onLost: () => (lost += 1),
  });
  link.start();
  return link;
}

function live(): Link {
  const link = follow();
  Line.last.open();
  Line.last.say(HISTORY);
  return link;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Line);
  Line.all = [];
  words = [];
  lost = 0;
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the pause before another try", () => {
  it("grows, is spread by chance, and has an end", () => {
    expect([0, 1, 3, 50].map((tries) => pause(tries, 1))).toEqual([700, 1100, 3500, 15_300]);
    expect(pause(10, 0)).toBe(300);
  });
});

describe("the line", () => {
  it("asks for what comes after the last position, and is live with the conversation, not before", () => {
    follow(7);
    Line.last.open();
    expect(Line.last.sent).toEqual([{ t: "hello", token: "token", after: 7 }]);
    expect(words).toEqual([]);
    Line.last.say(HISTORY);
    expect(words).toEqual(["live"]);
  });

  it("comes back by itself when it is cut", () => {
    live();
    Line.last.end();
    expect(words).toEqual(["live", "reconnecting"]);
    vi.advanceTimersByTime(1000);
    expect(Line.all.length).toBe(2);
  });

  it("notices one that died without a word (no answer to a ping)", () => {
    live();
    vi.advanceTimersByTime(20_000);
    expect(Line.last.sent.at(-1)).toEqual({ t: "ping", n: 1 });
    vi.advanceTimersByTime(6000);
    expect(words.at(-1)).toBe("reconnecting");
  });

  it("keeps one whose pings are answered, however rarely a hidden page gets its turn", () => {
    live();
    for (let minute = 0; minute < 5; minute++) {
      vi.advanceTimersByTime(20_000);
      Line.last.say({ t: "pong", n: 1 });
    }
    expect(words).toEqual(["live"]);
    expect(Line.all.length).toBe(1);
  });

  it("does not wait for ever for a socket that opens and then says nothing", () => {
    follow();
    Line.last.open();
    vi.advanceTimersByTime(10_000);
    expect(words.at(-1)).toBe("reconnecting");
  });

  it("goes by HTTP after three sockets that brought nothing", async () => {
    const asked: string[] = [];
    vi.stubGlobal("fetch", (url: string) => {
      asked.push(url);
      const body = { messages: [], position: 9, state: "none", agent: "", resync: false, typing: null };
      return asked.length === 1 ? Promise.resolve(new Response(JSON.stringify(body))) : new Promise(() => undefined);
    });
    const link = follow();
    for (let tries = 0; tries < 3; tries++) {
      Line.last.end();
      await vi.advanceTimersByTimeAsync(4000);
    }
    expect(asked).toEqual(["http://hub.example/messages?after=7&wait=0", "http://hub.example/messages?after=7&wait=20"]);
    expect([words.at(-1), link.isByHttp, Line.all.length]).toEqual(["live", true, 3]);
  });

  it("says when the visit is over or forged, and tries no more with that token", () => {
    live();
    Line.last.end(4401);
    expect(lost).toBe(1);
    vi.advanceTimersByTime(60_000);
    expect(Line.all.length).toBe(1);
  });

  it("hears nothing more from a line that was given up", () => {
    const link = live();
    const old = Line.last;
    link.stop();
    old.say(HISTORY);
    old.end();
    vi.advanceTimersByTime(60_000);
    expect(words).toEqual(["live"]);
  });
});
