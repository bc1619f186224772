// The page in the frame: one conversation, drawn anew whenever it changes.

import { render } from "preact";
import { useEffect, useMemo, useReducer, useState } from "preact/hooks";

import { Chat, type View } from "./chat/chat";
import type { Identity } from "./chat/http";
import { Composer } from "./Composer";
import { Contact } from "./Contact";
import { Icon } from "./icons";
import { Messages } from "./Messages";
import "./panel.css";
import { words } from "./words";

const query = new URLSearchParams(location.search);
const channel = query.get("channel") ?? "chat";
const host = query.get("host");
const isFramed = window.parent !== window;
const ASKED = `continuo:${channel}:asked`;

type Told = { what: "open" | "close" } | { what: "identify"; identity: Identity };

function tellHost(news: object): void {
  if (isFramed && host) window.parent.postMessage(news, host);
}

function Panel() {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const chat = useMemo(() => new Chat(new URL(location.href), channel, host, () => redraw(undefined as never)), []);
  const [isOpen, setOpen] = useState(!isFramed);
  const [dropped, setDropped] = useState<readonly File[]>([]);
  const [isOver, setOver] = useState(false);
  const view = chat.view();

  useEffect(() => {
    void chat.begin();
    const hear = (event: MessageEvent): void => {
      if (event.source !== window.parent || event.origin !== host) return;
      const told = event.data as Told;
      if (told.what === "identify") chat.identify(told.identity);
      else setOpen(told.what === "open");
    };
    addEventListener("message", hear);
    tellHost({ what: "ready" });
    return () => removeEventListener("message", hear);
  }, [chat]);

  useEffect(() => {
    const leave = (event: KeyboardEvent): void => {
      if (event.key === "Escape") tellHost({ what: "close" });
    };
    const over = (event: DragEvent): void => {
      event.preventDefault();
      setOver(event.type === "dragover");
    };
    const drop = (event: DragEvent): void => {
      over(event);
      setDropped([...(event.dataTransfer?.files ?? [])]);
    };
    document.addEventListener("keydown", leave);
    document.addEventListener("dragover", over);
    document.addEventListener("dragleave", over);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("keydown", leave);
      document.removeEventListener("dragover", over);
      document.removeEventListener("dragleave", over);
      document.removeEventListener("drop", drop);
    };
  }, []);

  useEffect(() => {
    const look = (): void => chat.seen(isOpen && document.visibilityState === "visible");
    look();
    document.addEventListener("visibilitychange", look);
    if (isOpen) document.querySelector("textarea")?.focus();
    return () => document.removeEventListener("visibilitychange", look);
  }, [chat, isOpen]);

  useEffect(() => tellHost({ what: "unread", count: view.unread }), [view.unread]);
  useEffect(() => {
    if (view.opened) tellHost({ what: "visit", token: view.opened.count_token });
  }, [view.opened]);

  return (
    <main class="panel">
      <Head view={view} />
      <State view={view} />
      {view.state === "waiting" && view.link === "live" && (
        <div class="bar" role="status">
          <Icon name="clock" small />
          <span>
            <b>{words.waiting}.</b> {words.waitingMore}
          </span>
        </div>
      )}
      <Messages chat={chat} view={view} />
      <AskContact chat={chat} view={view} />
      <Composer chat={chat} view={view} dropped={dropped} />
      {isOver && <div class="drop">{words.drop}</div>}
    </main>
  );
}

function Head({ view }: { view: View }) {
  const quiet = view.link === "connecting" ? words.connecting : view.opened?.subtitle || words.subtitle;
  return (
    <header class="head">
      <div>
        <h1>{view.opened?.title || words.title}</h1>
        <p>{view.state === "live" ? words.live(view.agent) : quiet}</p>
      </div>
      {isFramed && (
        <button type="button" class="round" aria-label={words.close} onClick={() => tellHost({ what: "close" })}>
          <Icon name="minus" />
        </button>
      )}
    </header>
  );
}

/** One line under the head while something is not as it should be. */
function State({ view }: { view: View }) {
  switch (view.link) {
    case "offline":
      return (
        <p class="bar warn" role="status">
          <Icon name="off" small />
          <span>
            <b>{words.offlineTitle}</b> {words.offline}
          </span>
        </p>
      );
    case "reconnecting":
      return (
        <p class="bar warn" role="status">
          <Icon name="clock" small />
          <span>
            <b>{words.reconnecting}</b> {view.opened === null ? words.away : ""}
          </span>
        </p>
      );
    case "refused":
      return (
        <p class="bar bad" role="alert">
          <Icon name="alert" small />
          <span>{view.words}</span>
        </p>
      );
    default:
      return null;
  }
}

function AskContact({ chat, view }: { chat: Chat; view: View }) {
  const [wasAsked, setAsked] = useState(() => {
    try {
      return localStorage.getItem(ASKED) !== null;
    } catch {
      return false;
    }
  });
  const hasSpoken = view.log.messages.some((one) => one.by === "customer");
  if (wasAsked || !hasSpoken || view.opened === null || view.opened.known || view.link !== "live") return null;
  const done = (): void => {
    setAsked(true);
    try {
      localStorage.setItem(ASKED, "1");
    } catch {
      // Asked again next time.
    }
  };
  return (
    <div style={{ padding: "0 12px" }}>
      <Contact chat={chat} onDone={done} />
    </div>
  );
}

const root = document.getElementById("root");
if (root) render(<Panel />, root);
