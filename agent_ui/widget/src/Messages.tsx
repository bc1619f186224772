// The log: what both sides said, then what still waits to be sent. Screen readers hear each new message once.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import type { Chat, View } from "./chat/chat";
import type { FileInfo, Shown } from "./chat/protocol";
import type { Waiting } from "./chat/queue";
import { Icon, type IconName } from "./icons";
import { words } from "./words";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const END_PX = 60;

export function Messages({ chat, view }: { chat: Chat; view: View }) {
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    if (box.current && isAtEnd.current) box.current.scrollTop = box.current.scrollHeight;
  });
  const { messages } = view.log;
  const lastMine = messages.findLast((one) => one.by === "customer");
  return (
    <div
      class="log"
      role="log"
      aria-label={words.log}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard
      tabIndex={0}
      ref={box}
      onScroll={({ currentTarget: log }) => {
        isAtEnd.current = log.scrollHeight - log.scrollTop - log.clientHeight < END_PX;
      }}
    >
      {messages.length === 0 && view.queue.length === 0 && <p class="b">{view.opened?.greeting || words.greeting}</p>}
      {messages.map((one, place) => (
        <Said key={one.position} chat={chat} one={one} before={messages[place - 1]} isLast={one === lastMine} view={view} />
      ))}
      {view.queue.map((one) => (
        <Held key={one.message.client_id} chat={chat} one={one} />
      ))}
      {view.typing && <p class="who">{words.typing(view.typing)}</p>}
      {view.state === "closed" && view.queue.length === 0 && messages.length > 0 && <p class="line">{words.ended}</p>}
    </div>
  );
}

interface SaidProps {
  chat: Chat;
  one: Shown;
  before: Shown | undefined;
  isLast: boolean;
  view: View;
}

function Said({ chat, one, before, isLast, view }: SaidProps) {
  const isMine = one.by === "customer";
  const at = new Date(one.at);
  const isNewDay = before === undefined || new Date(before.at).toDateString() !== at.toDateString();
  const isNewSpeaker = isNewDay || before?.by !== one.by || before?.name !== one.name;
  const isAnswered = view.log.messages.some((other) => other.by === "agent" && other.position > one.position);
  return (
    <>
      {isNewDay && at.toDateString() !== new Date().toDateString() && <p class="line">{day.format(at)}</p>}
      {isNewSpeaker && !isMine && <p class="who">{one.name || words.agent}</p>}
      <div class={isMine ? "b me" : "b"} dir="auto">
        {isMine && <span class="hidden">{words.you}: </span>}
        {one.text}
        {one.attachments?.map((file) => <Attachment key={file.media_id} chat={chat} file={file} />)}
        <span class="hidden">, {clock.format(at)}</span>
      </div>
      {isMine && isLast && !isAnswered && <Mark icon="check" text={`${words.received} ${clock.format(at)}`} />}
    </>
  );
}

function Held({ chat, one }: { chat: Chat; one: Waiting }) {
  const { client_id, text, contact } = one.message;
  if (contact) return null;
  return (
    <>
      <div class="b me" dir="auto">
        <span class="hidden">{words.you}: </span>
        {text}
        {one.files.map((file) => (
          <span class="file" key={file.media_id}>
            <Icon name="file" small /> {file.name}
          </span>
        ))}
      </div>
      {one.state === "failed" ? (
        <div class="ms bad" role="alert">
          <span>
            <Icon name="alert" small /> {words.failed} {one.words}
          </span>
          <button type="button" onClick={() => chat.again(client_id)}>
            {words.retry}
          </button>
          <button type="button" onClick={() => chat.discard(client_id)}>
            {words.discard}
          </button>
        </div>
      ) : (
        <Mark icon="clock" text={one.state === "sending" ? words.sending : `${words.queued} ${clock.format(one.at)}`} />
      )}
    </>
  );
}

function Mark({ icon, text }: { icon: IconName; text: string }) {
  return (
    <span class="ms">
      <span>
        <Icon name={icon} small />
        {text}
      </span>
    </span>
  );
}

function Attachment({ chat, file }: { chat: Chat; file: FileInfo }) {
  const [url, setUrl] = useState("");
  const isPicture = /^image\/(png|jpeg|gif|webp)$/.test(file.type);
  useEffect(() => {
    if (!isPicture) return undefined;
    let made = "";
    chat.http.file(file).then(
      (blob) => setUrl((made = URL.createObjectURL(blob))),
      () => undefined,
    );
    return () => URL.revokeObjectURL(made);
  }, [chat, file, isPicture]);
  const save = async (): Promise<void> => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await chat.http.file(file));
    link.download = file.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  if (isPicture && url) return <img src={url} alt={file.name} />;
  return (
    <button type="button" class="file" onClick={() => void save().catch(() => undefined)}>
      <Icon name="file" small /> {file.name}
    </button>
  );
}
