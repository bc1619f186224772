// From sign-in to sign-out: read everything once, then follow the live link. A lost session never takes the page away.

import * as api from "../api/calls";
import { asProblem, Problem, whenSignedOut } from "../api/http";
import type { Boot, Patch, ServerFrame } from "../api/types";
import { adoptDrafts } from "../composer/drafts";
import { announcePatch } from "../app/announce";
import { flush, reviveOutbox, settleOutbox } from "./send";
import { Live, type Link, type Wire } from "./socket";
import { applyPatch, fromSnapshot, type DeskState } from "./state";
import { line, setLine } from "./line";
import { hub, setHub } from "./store";
import { beat, freezeTime, serverClock } from "./ticker";
import { patchTimelines, refreshOpen, sayViewed } from "./timelines";
import { lookForUpdate, watchForUpdates } from "./update";

let stopBeat: (() => void) | null = null;

export async function start(): Promise<void> {
  setHub({ phase: "starting", problem: null });
  const sent = Date.now();
  try {
    const everything = await api.boot();
    serverClock.learn(everything.server_time, sent, Date.now());
    adopt(everything);
  } catch (error) {
    if (error instanceof Problem && error.status === 401) setHub({ phase: "signed_out" });
    else setHub({ phase: "failed", problem: asProblem(error) });
  }
}

function adopt(everything: Boot): void {
  const sameAgent = hub().me === null || hub().me?.agent.agent_id === everything.me.agent.agent_id;
  setHub({
    phase: "ready",
    problem: null,
    me: everything.me,
    version: everything.version,
    weights: everything.weights,
    queues: new Map(everything.queues.map((queue) => [queue.queue_id, queue])),
    channels: new Map(everything.channels.map((channel) => [channel.channel_id, channel])),
    desk: fromSnapshot(everything.snapshot, hub().desk),
    ...(sameAgent ? {} : { timelines: new Map(), outbox: [] }),
  });
  adoptDrafts(everything.me.agent.agent_id, everything.drafts);
  reviveOutbox();
  beat();
  connect();
  void refreshOpen();
  void flush();
}

function connect(): void {
  if (line() !== null) {
    line()?.retry();
    return;
  }
  const live = new Live({
    open: openWire,
    now: Date.now,
    random: Math.random,
    isOnline: () => navigator.onLine,
    position: () => hub().desk.position,
    onLink: linked,
    onPatch: takePatch,
    onFrame: takeFrame,
    onResync: resync,
    onPong: (serverTime, sentAt) => serverClock.learn(serverTime, sentAt),
  });
  setLine(live);
  live.start();
  stopBeat ??= startBeat();
}

function openWire(): Wire {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return new WebSocket(`${scheme}://${location.host}/api/live`) as unknown as Wire;
}

function startBeat(): () => void {
  const step = (): void => {
    line()?.tick();
    beat();
    void flush();
  };
  const retry = (): void => line()?.retry();
  window.addEventListener("online", retry);
  window.addEventListener("offline", step);
  const stopWatching = watchForUpdates();
  let stop: () => void;
  try {
    const worker = new Worker(new URL("./tick.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = step;
    stop = () => worker.terminate();
  } catch {
    const timer = setInterval(step, 1000);
    stop = () => clearInterval(timer);
  }
  return () => {
    stop();
    window.removeEventListener("online", retry);
    window.removeEventListener("offline", step);
    stopWatching();
  };
}

function linked(link: Link): void {
  const before = hub().link.word;
  setHub({ link });
  freezeTime(link.word === "reconnecting" || link.word === "gave_up");
  if (link.word === "live" && before !== "live") {
    sayViewed();
    void flush();
    void lookForUpdate();
  }
  if (link.word !== "live" && link.word !== "catching_up") setHub({ presence: new Map(), typing: new Set() });
}

/** The desk, and with it what the hub says of me. */
function show(desk: DeskState): void {
  const me = hub().me;
  const mine = me === null ? undefined : desk.agents.get(me.agent.agent_id);
  setHub({ desk, ...(me !== null && mine !== undefined && mine !== me.agent ? { me: { ...me, agent: mine } } : {}) });
}

function takePatch(patch: Patch): boolean {
  const applied = applyPatch(hub().desk, patch);
  if (applied.kind === "gap") return false;
  if (applied.kind === "old") return true;
  show(applied.state);
  patchTimelines(patch);
  settleOutbox(patch.events ?? []);
  announcePatch(patch);
  return true;
}

function takeFrame(frame: ServerFrame): void {
  if (frame.t === "presence") {
    const me = hub().me?.agent.agent_id;
    const others = frame.agents.filter((agent) => agent.agent_id !== me);
    setHub({ presence: new Map(hub().presence).set(frame.customer_id, others) });
  } else if (frame.t === "typing") {
    const typing = new Set(hub().typing);
    if (frame.on) typing.add(frame.interaction_id);
    else typing.delete(frame.interaction_id);
    setHub({ typing });
  }
}

async function resync(): Promise<number> {
  const snapshot = await api.snapshot();
  show(fromSnapshot(snapshot, hub().desk));
  await refreshOpen();
  return snapshot.position;
}

export async function signIn(email: string, password: string): Promise<void> {
  await api.signIn(email, password);
  await start();
  const problem = hub().problem;
  if (problem !== null) throw problem;
}

export async function signOut(): Promise<void> {
  await api.signOut();
  line()?.signedOut();
  setHub({ phase: "signed_out", me: null, timelines: new Map() });
}

/** The hub says that nobody is signed in. What is on screen stays; the sign-in comes over it. */
export function watchSession(): void {
  whenSignedOut(() => {
    if (hub().phase === "ready") line()?.signedOut();
  });
  window.addEventListener("pagehide", () => void flush(true));
}
