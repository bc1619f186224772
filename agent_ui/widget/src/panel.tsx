// The page in the frame: one conversation, drawn anew whenever it changes.

import { render } from "preact";
import { useEffect, useLayoutEffect, useMemo, useReducer, useState } from "preact/hooks";

import { Chat, type View } from "./chat/chat";
import { Composer } from "./Composer";
import { Contact } from "./Contact";
import { channel, hearHost, host, isFramed, tellHost, theme, wished } from "./host";
import { Icon } from "./icons";
import { Messages } from "./Messages";
import "./panel.css";
import { choose, fill, words } from "./words";

/** A short cut is not worth a word. */
const LATE_MS = 1000;

function Panel() {
  const [, redraw] = useReducer<number, void>((count) => count + 1, 0);
  const chat = useMemo(() => new Chat(new URL(location.href), channel, host, () => redraw()), []);
  const [isOpen, setOpen] = useState(!isFramed);
  const [isAtEnd, setAtEnd] = useState<boolean>(true);
  const { dropped, isOver } = useDropped();
  const view = chat.view();

  useEffect(() => {
    if (!isFramed) chat.begin();
    const deaf = hearHost((news) => {
      if (news.what === "identify") chat.identify(news.identity);
      else {
        chat.page = news.page;
        if (news.isOpen || chat.isKnown) chat.begin();
        setOpen(news.isOpen);
      }
    });
    tellHost({ what: "ready" });
    return deaf;
  }, [chat]);

  const close = (): void => {
    if (!isFramed) return;
    // Nothing that comes from now on has been seen, whatever the host page does.
    setOpen(false);
    tellHost({ what: "close" });
  };
  useEffect(() => {
    const leave = (event: KeyboardEvent): void => {
      if (event.key === "Escape" && !event.isComposing) close();
    };
    document.addEventListener("keydown", leave);
    return () => document.removeEventListener("keydown", leave);
  }, []);

  useEffect(() => {
    // A keyboard that covers half a phone comes only when somebody asks for it.
    if (isOpen && matchMedia("(pointer: fine)").matches) document.querySelector("textarea")?.focus();
  }, [isOpen]);

  useLayoutEffect(() => {
    const look = (): void => chat.seen(isOpen && isAtEnd && document.visibilityState === "visible");
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [chat, isOpen, isAtEnd]);

  useEffect(() => tellHost({ what: "unread", count: view.unread }), [view.unread]);
  const token = view.opened?.count_token;
  useEffect(() => {
    if (token) tellHost({ what: "visit", token });
  }, [token]);

  const isRefused = view.link === "refused";
  return (
    <div class="panel" role="dialog" aria-labelledby="title">
      <Head view={view} onClose={close} />
      <State chat={chat} view={view} />
      {view.state === "waiting" && !isRefused && (
        <div class="card wait">
          <b>{words.waiting}</b>
          {words.waitingMore}
        </div>
      )}
      <Messages chat={chat} view={view} onEnd={setAtEnd}>
        {view.link === "live" && <Contact chat={chat} view={view} />}
      </Messages>
      {!isRefused && <Composer key={view.owner} chat={chat} view={view} dropped={dropped} />}
      {isOver && <div class="drop">{words.drop}</div>}
    </div>
  );
}

function useDropped(): { dropped: readonly File[]; isOver: boolean } {
  const [dropped, setDropped] = useState<readonly File[]>([]);
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const take = (event: DragEvent): void => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      setOver(event.type === "dragover");
      if (event.type === "drop") setDropped([...event.dataTransfer.files]);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    document.addEventListener("dragover", take);
    document.addEventListener("drop", take);
    document.addEventListener("dragleave", leave);
    return () => {
      document.removeEventListener("dragover", take);
      document.removeEventListener("drop", take);
      document.removeEventListener("dragleave", leave);
    };
  }, []);
  return { dropped, isOver };
}

function Head({ view, onClose }: { view: View; onClose: () => void }) {
  const quiet = view.link === "connecting" ? words.connecting : view.opened?.subtitle || words.subtitle;
  return (
    <div class="head">
      <div>
        <h1 id="title">{view.opened?.title || words.title}</h1>
        <p>{view.state === "live" && view.agent ? fill(words.live, view.agent) : quiet}</p>
      </div>
      {isFramed && (
        <button type="button" class="round" aria-label={words.close} onClick={onClose}>
          <Icon name="minus" />
        </button>
      )}
    </div>
  );
}

/** One line under the head while something is not as it should be; what changes there is said aloud. */
function State({ chat, view }: { chat: Chat; view: View }) {
  const isLate = useLate(view.link === "reconnecting");
  return (
    <>
      {view.link === "offline" && (
        <p class="bar warn">
          <Icon name="off" small />
          <span>
            <b>{words.offlineTitle}</b> {words.offline}
          </span>
        </p>
      )}
      {isLate && (
        <div class="bar warn">
          <Icon name="clock" small />
          <span>
            <b>{words.reconnecting}</b> {words.kept}
          </span>
          <button type="button" onClick={() => chat.now()}>
            {words.tryNow}
          </button>
        </div>
      )}
      {view.link === "refused" && (
        <p class="bar bad">
          <Icon name="alert" small />
          <span>
            <b>{words.refused}</b> {view.words}
          </span>
        </p>
      )}
      <p class="hidden" role="status">
        {announced(view, isLate)}
      </p>
    </>
  );
}

function announced(view: View, isLate: boolean): string {
  if (view.link === "offline") return `${words.offlineTitle} ${words.offline}`;
  if (view.link === "refused") return words.refused;
  if (isLate) return words.reconnecting;
  if (view.state === "waiting") return words.waiting;
  return view.state === "live" && view.agent ? fill(words.live, view.agent) : "";
}

function useLate(is: boolean): boolean {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    if (!is) {
      setLate(false);
      return undefined;
    }
    const timer = setTimeout(() => setLate(true), LATE_MS);
    return () => clearTimeout(timer);
  }, [is]);
  return is && isLate;
}

document.documentElement.dataset["theme"] = theme ?? "";
void choose(wished).then(() => {
  document.title = words.title;
  const root = document.getElementById("root");
  if (root) render(<Panel />, root);
});
