// Asked once, after the first message of somebody unknown; one line that opens, never in the way.

import { useEffect, useRef, useState } from "preact/hooks";

import { CONTACT, type Chat, type View } from "./chat/chat";
import { words } from "./words";

export function Contact({ chat, view }: { chat: Chat; view: View }) {
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), [isOpen]);

  const isTold = [...view.log.messages, ...view.queue.map((one) => one.message)].some((one) => one.client_id?.startsWith(CONTACT));
  const hasSpoken = view.log.messages.some((one) => one.by === "customer");
  if (isTold || !hasSpoken || view.opened?.known !== false || chat.wasAsked) return null;

  const done = (): void => {
    chat.asked();
    document.querySelector("textarea")?.focus();
  };
  if (!isOpen) {
    return (
      <div class="card contact" role="group" aria-label={words.contact}>
        <p>{words.contact}</p>
        <div class="pair">
          <button type="button" class="btn" onClick={() => setOpen(true)}>
            {words.contactOpen}
          </button>
          <button type="button" class="btn quiet" onClick={done}>
            {words.skip}
          </button>
        </div>
      </div>
    );
  }
  return (
    <form
      class="card contact"
      aria-label={words.contact}
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() || email.trim()) chat.leave({ name: name.trim(), email: email.trim() });
        done();
      }}
    >
      <p>{words.contact}</p>
      <label>
        <span>
          {words.name} <i>{words.optional}</i>
        </span>
        <input
          ref={first}
          autocomplete="name"
          maxLength={80}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <label>
        <span>
          {words.email} <i>{words.optional}</i>
        </span>
        <input
          type="email"
          autocomplete="email"
          maxLength={320}
          value={email}
          onInput={(event) => setEmail(event.currentTarget.value)}
        />
      </label>
      <div class="pair">
        <button type="submit" class="btn fill">
          {words.save}
        </button>
        <button type="button" class="btn quiet" onClick={done}>
          {words.skip}
        </button>
      </div>
    </form>
  );
}
