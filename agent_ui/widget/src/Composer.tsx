// Where the customer writes. Works before there is a connection: what is sent then waits.

import { useEffect, useRef, useState } from "preact/hooks";

import type { Attached, Chat, View } from "./chat/chat";
import { Icon } from "./icons";
import { words } from "./words";

interface Upload {
  id: number;
  name: string;
  share: number;
  abort: AbortController;
  done?: Attached;
  problem?: string;
}

let count = 0;

export function Composer({ chat, view, dropped }: { chat: Chat; view: View; dropped: readonly File[] }) {
  const [text, setText] = useState("");
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
  const picker = useRef<HTMLInputElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const take = useRef(upload);
  take.current = upload;
  useEffect(() => dropped.forEach((file) => take.current(file)), [dropped]);

  const limit = view.opened?.text_limit ?? 8000;
  const isBusy = uploads.some((one) => one.done === undefined && one.problem === undefined);
  const ready = uploads.flatMap((one) => (one.done ? [one.done] : []));
  const canSend = !isBusy && (text.trim() !== "" || ready.length > 0) && text.length <= limit;

  function change(id: number, news: Partial<Upload>): void {
    setUploads((all) => all.map((one) => (one.id === id ? { ...one, ...news } : one)));
  }

  function upload(file: File): void {
    const one: Upload = { id: ++count, name: file.name, share: 0, abort: new AbortController() };
    setUploads((all) => [...all, one]);
    const opened = view.opened;
    if (opened && file.size > opened.upload_bytes) {
      change(one.id, { problem: words.tooLarge(file.name, opened.upload_bytes) });
      return;
    }
    if (opened && !opened.upload_types.includes(file.type)) {
      change(one.id, { problem: words.badType(file.name) });
      return;
    }
    chat.http.upload(file, (share) => change(one.id, { share }), one.abort.signal).then(
      (done) => change(one.id, { done, share: 1 }),
      (error: Error) => error.name !== "AbortError" && change(one.id, { problem: error.message }),
    );
  }

  function send(): void {
    if (!canSend) return;
    chat.say(text.trim(), ready);
    setText("");
    setUploads((all) => all.filter((one) => one.problem !== undefined));
    field.current?.focus();
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {uploads.length > 0 && (
        <ul class="files">
          {uploads.map((one) => (
            <li key={one.id} class={one.problem ? "bad" : ""}>
              <Icon name={one.problem ? "alert" : "file"} small />
              <b>{one.problem ?? one.name}</b>
              {!one.done && !one.problem && <progress value={one.share} aria-label={words.uploading(one.name)} />}
              <button
                type="button"
                aria-label={words.remove(one.name)}
                onClick={() => {
                  one.abort.abort();
                  setUploads((all) => all.filter((other) => other.id !== one.id));
                }}
              >
                <Icon name="x" small />
              </button>
            </li>
          ))}
        </ul>
      )}
      {text.length > limit && (
        <p class="hint" role="alert">
          {words.tooLong(limit)} ({text.length})
        </p>
      )}
      <div class="say">
        {view.opened !== null && view.opened.upload_types.length > 0 && (
          <button
            type="button"
            class="round"
            aria-label={words.attach}
            title={words.fileHint(view.opened.upload_bytes)}
            onClick={() => picker.current?.click()}
          >
            <Icon name="clip" />
          </button>
        )}
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          accept={view.opened?.upload_types.join(",") ?? ""}
          onChange={({ currentTarget }) => {
            [...(currentTarget.files ?? [])].forEach(upload);
            currentTarget.value = "";
          }}
        />
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          aria-label={words.message}
          placeholder={view.state === "waiting" ? words.more : words.message}
          value={text}
          onInput={({ currentTarget }) => {
            setText(currentTarget.value);
            chat.types(currentTarget.value !== "");
          }}
          onPaste={(event) => {
            const files = [...(event.clipboardData?.files ?? [])];
            if (files.length > 0) event.preventDefault();
            files.forEach(upload);
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        <button type="submit" class="round send" disabled={!canSend} aria-label={view.link === "offline" ? words.sendLater : words.send}>
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}
