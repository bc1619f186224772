// Asked once, after the first message of somebody unknown; never in the way.

import { useState } from "preact/hooks";

import type { Chat } from "./chat/chat";
import { words } from "./words";

export function Contact({ chat, onDone }: { chat: Chat; onDone: () => void }) {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  return (
    <form
      class="contact"
      aria-label={words.contact}
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() || email.trim()) chat.say("", [], { name: name.trim(), email: email.trim() });
        onDone();
      }}
    >
      <p>{words.contact}</p>
      <label>
        <span>
          {words.name} ({words.optional})
        </span>
        <input autocomplete="name" maxLength={80} value={name} onInput={(event) => setName(event.currentTarget.value)} />
      </label>
      <label>
        <span>
          {words.email} ({words.optional})
        </span>
        <input type="email" autocomplete="email" maxLength={320} value={email} onInput={(event) => setEmail(event.currentTarget.value)} />
      </label>
      <div class="pair">
        <button type="button" class="btn" onClick={onDone}>
          {words.skip}
        </button>
        <button type="submit" class="btn fill">
          {words.save}
        </button>
      </div>
    </form>
  );
}
