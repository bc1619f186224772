import { describe, expect, test } from "vitest";
import type { ClientFrame, ServerFrame } from "../api/types";
import { Live, type Link, type Wire } from "./socket";

class FakeWire implements Wire {
  sent: ClientFrame[] = [];
  isClosed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientFrame);
  }

  close(): void {
    this.isClosed = true;
  }

  says(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

function given() {
  const wires: FakeWire[] = [];
  const links: Link[] = [];
  const world = { now: 1_000_000, online: true, position: 5, accepts: true, resyncs: 0 };
  const live = new Live({
    open: () => {
      const wire = new FakeWire();
      wires.push(wire);
      return wire;
    },
    now: () => world.now,
    random: () => 0,
    isOnline: () => world.online,
    position: () => world.position,
    onLink: (link) => links.push(link),
    onPatch: (patch) => {
      if (world.accepts) world.position = patch.position;
      return world.accepts;
    },
    onFrame: () => undefined,
    onResync: () => {
      world.resyncs += 1;
      world.position = 50;
      return Promise.resolve(50);
    },
    onPong: () => undefined,
  });
  const wire = (): FakeWire => {
    const last = wires.at(-1);
    if (last === undefined) throw new Error("no wire");
    return last;
  };
  const time = "2026-11-25T09:00:00Z";
  const connect = (position = world.position): void => {
    wire().onopen?.();
    wire().says({ t: "welcome", position, server_time: time });
    wire().says({ t: "caught_up", position });
  };
  const pass = (seconds: number): void => {
    for (let second = 0; second < seconds; second++) {
      world.now += 1000;
      live.tick();
    }
  };
  const word = (): string => links.at(-1)?.word ?? "";
  live.start();
  return { live, wires, wire, world, links, connect, pass, word, time };
}

describe("live link", () => {
  test("it resumes after the last known position", () => {
    const { wire, connect, word } = given();
    connect();
    expect(wire().sent[0]).toEqual({ t: "hello", after: 5 });
    expect(word()).toBe("live");
  });

  test("with nothing known it asks for everything", () => {
    const { wire, world, connect } = given();
    world.position = 0;
    connect();
    expect(wire().sent[0]).toEqual({ t: "hello", after: null });
  });

  test("while events are missing it says how many", () => {
    const { wire, links, time, word, world } = given();
    wire().onopen?.();
    wire().says({ t: "welcome", position: 46, server_time: time });
    expect(links.at(-1)).toMatchObject({ word: "catching_up", behind: 41, total: 41 });
    wire().says({ t: "patch", after: 5, position: 46 });
    wire().says({ t: "caught_up", position: 46 });
    expect(word()).toBe("live");
    expect(world.position).toBe(46);
  });

  test("three seconds without a pong and it reconnects, from where it was", () => {
    const { wires, wire, connect, pass, word, world } = given();
    connect();
    world.position = 9;
    pass(4);
    expect(word()).toBe("reconnecting");
    pass(1);
    expect(wires.length).toBeGreaterThan(1);
    connect();
    expect(wire().sent[0]).toEqual({ t: "hello", after: 9 });
    expect(word()).toBe("live");
  });

  test("pongs keep it alive", () => {
    const { wire, world, connect, pass, word, time, wires } = given();
    connect();
    for (let n = 1; n <= 20; n++) {
      wire().says({ t: "pong", n, server_time: time, head: world.position });
      pass(2);
    }
    expect(word()).toBe("live");
    expect(wires).toHaveLength(1);
  });

  test("a dead socket's late words are not heard", () => {
    const { wires, connect, pass, world } = given();
    connect();
    pass(6);
    wires[0]?.says({ t: "patch", after: 5, position: 99 });
    expect(world.position).toBe(5);
  });

  test("a gap asks for the snapshot and goes on after its position", async () => {
    const { wire, world, connect } = given();
    connect();
    world.accepts = false;
    wire().says({ t: "patch", after: 30, position: 31 });
    await Promise.resolve();
    await Promise.resolve();
    expect(world.resyncs).toBe(1);
    expect(wire().sent.at(-1)).toEqual({ t: "hello", after: 50 });
  });

  test("a hub that is ahead and tells nothing is asked for everything", () => {
    const { wire, world, connect, time } = given();
    connect();
    for (let n = 1; n <= 3; n++) wire().says({ t: "pong", n, server_time: time, head: 20 });
    expect(world.resyncs).toBe(1);
  });

  test("without a network it says offline and tries nothing, and comes back by itself", () => {
    const { wires, world, connect, pass, word } = given();
    connect();
    world.online = false;
    pass(30);
    expect(word()).toBe("offline");
    expect(wires).toHaveLength(1);
    world.online = true;
    pass(2);
    expect(wires).toHaveLength(2);
    connect();
    expect(word()).toBe("live");
  });

  test("after a minute it gives up saying that it reconnects, and goes on trying", () => {
    const { wires, connect, pass, word, live } = given();
    connect();
    pass(80);
    expect(word()).toBe("gave_up");
    const tries = wires.length;
    pass(40);
    expect(wires.length).toBeGreaterThan(tries);
    live.retry();
    connect();
    expect(word()).toBe("live");
  });

  test("a session that ended is not knocked at again until someone signs in", () => {
    const { wire, wires, connect, pass, word, live } = given();
    connect();
    wire().onclose?.({ code: 4401 });
    expect(word()).toBe("signed_out");
    pass(30);
    expect(wires).toHaveLength(1);
    live.retry();
    connect();
    expect(word()).toBe("live");
  });

  test("nothing is said before the hub has greeted", () => {
    const { wire, live, connect } = given();
    live.send({ t: "view", customer_id: "c1" });
    expect(wire().sent).toEqual([]);
    connect();
    live.send({ t: "view", customer_id: "c1" });
    expect(wire().sent.at(-1)).toEqual({ t: "view", customer_id: "c1" });
  });
});
