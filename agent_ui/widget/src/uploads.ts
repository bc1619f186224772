// Files on their way up, before the message that will carry them.

import { useRef, useState } from "preact/hooks";

import type { Attached, Chat } from "./chat/chat";
import type { Opened } from "./chat/protocol";
import { fileSize, kinds } from "./text";
import { fill, language, words } from "./words";

export interface Upload {
  id: number;
  name: string;
  share: number;
  abort: AbortController;
  done?: Attached;
  problem?: string;
  /** Kept while another try makes sense. */
  file?: File;
}

/** Why this file can't be sent, before a byte goes out. */
export function objection(file: File, opened: Opened | null): string | null {
  if (opened === null) return words.notYet;
  if (file.size === 0) return fill(words.empty, file.name);
  if (file.size > opened.upload_bytes) {
    return fill(words.tooLarge, file.name, fileSize(opened.upload_bytes, language));
  }
  return opened.upload_types.includes(file.type) ? null : `${fill(words.badType, file.name)} ${hint(opened)}`;
}

export const hint = (opened: Opened): string =>
  fill(words.fileHint, kinds(opened.upload_types), fileSize(opened.upload_bytes, language));

let count = 0;

export function useUploads(chat: Chat, opened: Opened | null) {
  const [uploads, setUploads] = useState<readonly Upload[]>(() =>
    chat.draft.files.map((done) => ({ id: ++count, name: done.file.name, share: 1, abort: new AbortController(), done })),
  );
  const change = (id: number, news: Partial<Upload>): void =>
    setUploads((all) => all.map((one) => (one.id === id ? { ...one, ...news } : one)));

  const run = (one: Upload, file: File): void => {
    chat.http.upload(file, (share) => change(one.id, { share }), one.abort.signal).then(
      (done) => change(one.id, { done, share: 1 }),
      (error: Error) => {
        if (error.name !== "AbortError") change(one.id, { problem: error.message || fill(words.notUploaded, one.name), file });
      },
    );
  };

  const add = (file: File): void => {
    const problem = objection(file, opened);
    const one: Upload = { id: ++count, name: file.name, share: 0, abort: new AbortController(), ...(problem ? { problem } : {}) };
    setUploads((all) => [...all, one]);
    if (problem === null) run(one, file);
  };

  const retry = (one: Upload): void => {
    if (one.file === undefined) return;
    setUploads((all) => all.map((other) => (other.id === one.id ? { ...other, problem: undefined, share: 0 } : other)));
    run(one, one.file);
  };

  const remove = (one: Upload): void => {
    one.abort.abort();
    setUploads((all) => all.filter((other) => other.id !== one.id));
  };

  const latest = useRef(add);
  latest.current = add;
  return { uploads, add: (file: File) => latest.current(file), retry, remove, clear: () => setUploads([]) };
}
