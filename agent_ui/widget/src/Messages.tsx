// The log: what both sides said, then what still waits to be sent. A screen reader hears each message once, with its
// sender: a message keeps its element from the queue into the log.

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { Attachment } from "./Attachment";
import { CONTACT, type Chat, type View } from "./chat/chat";
import { lastOfAgents } from "./chat/log";
import type { FileInfo, Shown } from "./chat/protocol";
import type { Waiting } from "./chat/queue";
import { Icon, type IconName } from "./icons";
import { pieces } from "./text";
import { fill, language, words } from "./words";

const END_PX = 60;

interface Item {
  key: string;
  position: number;
  isMine: boolean;
  isContact: boolean;
  name: string;
  text: string;
  files: readonly FileInfo[];
  at: Date;
  held: Waiting | null;
}

const said = (one: Shown): Item => ({
  key: one.client_id ?? `p${one.position}`,
  position: one.position,
  isMine: one.by === "customer",
  isContact: one.client_id?.startsWith(CONTACT) === true,
  name: one.by === "customer" ? words.you : one.name || words.agent,
  text: one.text,
  files: one.attachments ?? [],
  at: new Date(one.at),
  held: null,
});

const held = (one: Waiting): Item => ({
  key: one.message.client_id,
  position: Infinity,
  isMine: true,
  isContact: one.message.contact === true,
  name: words.you,
  text: one.message.text,
  files: one.files,
  at: new Date(one.at),
  held: one,
});

export const time = (at: Date): string => new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(at);

const day = (at: Date): string =>
  new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" }).format(at);

interface MessagesProps {
  chat: Chat;
  view: View;
  /** What stands under the log and scrolls with it. */
  children: ComponentChildren;
  onEnd: (isAtEnd: boolean) => void;
}

export function Messages({ chat, view, children, onEnd }: MessagesProps) {
  const box = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const [seen, setSeen] = useState(0);
  const newest = lastOfAgents(view.log);

  const toEnd = (): void => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  const look = (): void => {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = box.current ?? {};
    setAtEnd(scrollHeight - scrollTop - clientHeight < END_PX);
  };
  // Whoever reads the end stays at the end, whatever grows or shrinks; whoever scrolled up stays there.
  const follow = (): void => (isAtEnd ? toEnd() : look());
  const latest = useRef(follow);
  latest.current = follow;
  useLayoutEffect(() => {
    if (isAtEnd) toEnd();
  });
  useEffect(() => {
    const watch = new ResizeObserver(() => latest.current());
    for (const part of [box.current, inner.current]) if (part) watch.observe(part);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    if (isAtEnd) setSeen(newest);
    onEnd(isAtEnd);
  }, [isAtEnd, newest, onEnd]);
  // Whoever writes wants to see what was written.
  const own = view.queue.at(-1)?.message.client_id;
  useLayoutEffect(() => {
    if (own) toEnd();
  }, [own]);

  return (
    <div class="middle">
      <div
        class="scroll"
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard
        tabIndex={0}
        ref={box}
        onScroll={look}
      >
        <div class="inner" ref={inner}>
        <div class="log" role="log" aria-label={words.log} aria-busy={view.opened === null}>
          <Lines chat={chat} view={view} />
        </div>
        {view.typing && <p class="who">{view.typing === "…" ? words.someoneTyping : fill(words.typing, view.typing)}</p>}
        {children}
        </div>
      </div>
      {!isAtEnd && newest > seen && (
        <button type="button" class="btn pill" onClick={toEnd}>
          {words.newMessage} <Icon name="down" small />
        </button>
      )}
    </div>
  );
}

function Lines({ chat, view }: { chat: Chat; view: View }) {
  const items = [...view.log.messages.map(said), ...view.queue.map(held)];
  const lastMine = view.log.messages.findLast((one) => one.by === "customer")?.position;
  const lines: ComponentChildren[] = [];
  let before: Item | undefined;
  let changes = view.changes;
  const changed = (upTo: number): void => {
    for (const { after, agent } of changes.filter((one) => one.after < upTo)) {
      lines.push(<Line key={`c${after}${agent}`}>{fill(words.changed, agent)}</Line>);
    }
    changes = changes.filter((one) => one.after >= upTo);
  };
  for (const item of items) {
    changed(item.position);
    const isNewDay = before?.at.toDateString() !== item.at.toDateString();
    if (isNewDay && item.at.toDateString() !== new Date().toDateString()) {
      lines.push(<Line key={item.at.toDateString()}>{day(item.at)}</Line>);
    }
    const isNewSpeaker = isNewDay || before?.isMine !== item.isMine || before.name !== item.name;
    const canLoad = item.held === null && view.link === "live";
    lines.push(
      <Message key={item.key} chat={chat} item={item} isNewSpeaker={isNewSpeaker} canLoad={canLoad}>
        {item.held === null ? (
          item.position === lastMine && <Reached item={item} view={view} />
        ) : (
          <Held chat={chat} one={item.held} isSending={view.sending === item.key} />
        )}
      </Message>,
    );
    before = item;
  }
  changed(Infinity);
  if (items.length === 0) {
    lines.push(
      <div class="b" key="greeting">
        <Text text={view.opened?.greeting || words.greeting} />
      </div>,
    );
  } else if (view.state === "closed" && view.queue.length === 0) lines.push(<Line key="ended">{words.ended}</Line>);
  return <>{lines}</>;
}

interface MessageProps {
  chat: Chat;
  item: Item;
  isNewSpeaker: boolean;
  canLoad: boolean;
  children: ComponentChildren;
}

function Message({ chat, item, isNewSpeaker, canLoad, children }: MessageProps) {
  const { isMine, isContact, name, text, files, at } = item;
  const isNamed = isNewSpeaker && !isMine;
  return (
    <div class={`m${isMine ? " me" : ""}${isNewSpeaker ? " new" : ""}`}>
      <span class={isNamed ? "who" : "hidden"}>
        <bdi>{name}</bdi>
        <span class="hidden">, {time(at)}: </span>
      </span>
      {isContact ? (
        <p class="line">
          {words.left} <bdi>{text.split("\n").join(" · ")}</bdi>
        </p>
      ) : (
        <div class="b">
          {text && <Text text={text} />}
          {files.map((file) => (
            <Attachment key={file.media_id} chat={chat} file={file} canLoad={canLoad} />
          ))}
        </div>
      )}
      {children}
    </div>
  );
}

/** In its own direction, which is not that of the bubble around it. */
function Text({ text }: { text: string }) {
  return (
    <p dir="auto">
      {pieces(text).map(({ text: part, url }) =>
        url ? (
          <a href={url} target="_blank" rel="noopener noreferrer">
            {part}
          </a>
        ) : (
          part
        ),
      )}
    </p>
  );
}

/** An answer is the proof that somebody has read what came before it. */
function Reached({ item, view }: { item: Item; view: View }) {
  const answer = view.log.messages.find((one) => one.by === "agent" && one.position > item.position);
  if (answer) return <Mark icon="checks" text={`${words.read} ${time(new Date(answer.at))}`} />;
  return <Mark icon="check" text={`${words.received} ${time(item.at)}`} />;
}

function Held({ chat, one, isSending }: { chat: Chat; one: Waiting; isSending: boolean }) {
  const { client_id } = one.message;
  if (one.problem === undefined) {
    return <Mark icon="clock" text={isSending ? words.sending : `${words.queued} ${time(new Date(one.at))}`} />;
  }
  return (
    <div class="ms bad" role="alert">
      <span>
        <Icon name="alert" small /> {words.failed} {one.problem}
      </span>
      <button type="button" onClick={() => chat.again(client_id)}>
        {words.retry}
      </button>
      <button type="button" onClick={() => chat.discard(client_id)}>
        {words.discard}
      </button>
    </div>
  );
}

/** Seen, not read aloud each time it changes. */
function Mark({ icon, text }: { icon: IconName; text: string }) {
  return (
    <span class="ms" aria-live="off">
      <Icon name={icon} small />
      {text}
    </span>
  );
}

function Line({ children }: { children: ComponentChildren }) {
  return <p class="line">{children}</p>;
}
