// Where the customer writes. Works before there is a connection: what is sent then waits. What is typed survives a reload.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import type { Chat, View } from "./chat/chat";
import { Icon } from "./icons";
import { hint, useUploads, type Upload } from "./uploads";
import { fill, words } from "./words";

const TEXT_LIMIT = 8000;
const MOST_FILES = 10;

export function Composer({ chat, view, dropped }: { chat: Chat; view: View; dropped: readonly File[] }) {
  const [text, setText] = useState(() => chat.draft.text);
  const { uploads, add, retry, remove, clear } = useUploads(chat, view.opened);
  const picker = useRef<HTMLInputElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);

  const limit = view.opened?.text_limit ?? TEXT_LIMIT;
  const ready = uploads.flatMap((one) => (one.done ? [one.done] : []));
  const isBusy = uploads.some((one) => one.done === undefined && one.problem === undefined);
  const isEmpty = text.trim() === "" && ready.length === 0;
  const canSend = !isBusy && !isEmpty && text.length <= limit && ready.length <= MOST_FILES;

  // eslint-disable-next-line react-hooks/exhaustive-deps -- each drop is taken once
  useEffect(() => dropped.forEach(add), [dropped]);
  const keep = (typed: string): void => {
    chat.draft = { text: typed, files: ready };
  };
  useEffect(() => keep(text));
  useLayoutEffect(() => {
    if (field.current === null) return;
    field.current.style.blockSize = "auto";
    field.current.style.blockSize = `${field.current.scrollHeight + 2}px`;
  }, [text]);

  function send(): void {
    if (!canSend) return;
    chat.say(text.trim(), ready);
    setText("");
    clear();
    field.current?.focus();
  }

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {uploads.length > 0 && (
        <ul class="files">
          {uploads.map((one) => (
            <File key={one.id} one={one} onRetry={() => retry(one)} onRemove={() => remove(one)} />
          ))}
        </ul>
      )}
      {text.length > limit && (
        <p class="hint bad" role="alert">
          {fill(words.tooLong, limit)} ({text.length})
        </p>
      )}
      <div class="say">
        {view.opened !== null && view.opened.upload_types.length > 0 && (
          <>
            <button
              type="button"
              class="round"
              aria-label={words.attach}
              aria-describedby="hint"
              onClick={() => picker.current?.click()}
            >
              <Icon name="clip" />
            </button>
            <p class="hint" id="hint">
              {hint(view.opened)}
            </p>
            <input
              ref={picker}
              type="file"
              multiple
              hidden
              accept={view.opened.upload_types.join(",")}
              onChange={({ currentTarget }) => {
                [...(currentTarget.files ?? [])].forEach(add);
                currentTarget.value = "";
                field.current?.focus();
              }}
            />
          </>
        )}
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          enterkeyhint="send"
          aria-label={words.message}
          placeholder={view.state === "waiting" ? words.more : words.message}
          value={text}
          onInput={({ currentTarget }) => {
            // At once: a page that is closed now loses nothing.
            keep(currentTarget.value);
            setText(currentTarget.value);
            chat.types(currentTarget.value !== "");
          }}
          onPaste={(event) => {
            const files = [...(event.clipboardData?.files ?? [])];
            if (files.length > 0) event.preventDefault();
            files.forEach(add);
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        <button
          type="submit"
          class="round send"
          aria-disabled={!canSend}
          aria-label={view.link === "offline" ? words.sendLater : words.send}
        >
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}

function File({ one, onRetry, onRemove }: { one: Upload; onRetry: () => void; onRemove: () => void }) {
  return (
    <li class={one.problem ? "bad" : ""}>
      <Icon name={one.problem ? "alert" : "file"} small />
      {one.problem ? <span role="alert">{one.problem}</span> : <bdi>{one.name}</bdi>}
      {!one.done && !one.problem && <progress value={one.share} aria-label={fill(words.uploading, one.name)} />}
      {one.file && one.problem && (
        <button type="button" class="btn" onClick={onRetry}>
          {words.retry}
        </button>
      )}
      <button type="button" class="round" aria-label={fill(words.remove, one.name)} onClick={onRemove}>
        <Icon name="x" small />
      </button>
    </li>
  );
}
