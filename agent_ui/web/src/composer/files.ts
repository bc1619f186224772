// Files on their way to the hub: progress, failure in words, cancel. They belong to a draft and survive with it.

import { create } from "zustand";
import * as api from "../api/calls";
import { asProblem } from "../api/http";
import type { Abilities } from "../api/types";
import { bytes } from "../i18n/format";
import { t } from "../i18n/t";
import { draftOf, edit } from "./drafts";
import { accepts } from "./limits";

export interface Upload {
  id: number;
  name: string;
  size: number;
  share: number;
  words: string;
  cancel: () => void;
}

export const useUploads = create<{ byDraft: ReadonlyMap<string, readonly Upload[]> }>(() => ({ byDraft: new Map() }));

let count = 0;

function change(key: string, id: number, news: Partial<Upload> | null): void {
  const byDraft = new Map(useUploads.getState().byDraft);
  const list = (byDraft.get(key) ?? []).flatMap((one) => (one.id !== id ? [one] : news === null ? [] : [{ ...one, ...news }]));
  if (list.length === 0) byDraft.delete(key);
  else byDraft.set(key, list);
  useUploads.setState({ byDraft });
}

export const dropUpload = (key: string, id: number): void => change(key, id, null);

export function addFiles(key: string, files: Iterable<File>, abilities: Abilities): void {
  for (const file of files) void addFile(key, file, abilities);
}

async function addFile(key: string, file: File, abilities: Abilities): Promise<void> {
  const id = ++count;
  const stop = new AbortController();
  const byDraft = new Map(useUploads.getState().byDraft);
  const entry: Upload = { id, name: file.name, size: file.size, share: 0, words: refusal(file, abilities), cancel: () => stop.abort() };
  byDraft.set(key, [...(byDraft.get(key) ?? []), entry]);
  useUploads.setState({ byDraft });
  if (entry.words !== "") return;
  try {
    const stored = await api.putMedia(file, (share) => change(key, id, { share }), stop.signal);
    edit(key, { attachments: [...draftOf(key).attachments, stored] });
    change(key, id, null);
  } catch (error) {
    if (stop.signal.aborted) change(key, id, null);
    else change(key, id, { words: asProblem(error).message });
  }
}

function refusal(file: File, abilities: Abilities): string {
  if (file.size > abilities.media_bytes) {
    return t("Larger than {limit}, the most {channel} takes", { limit: bytes(abilities.media_bytes), channel: abilities.word });
  }
  if (!accepts(file.type || "application/octet-stream", abilities)) {
    return t("{channel} does not take this kind of file", { channel: abilities.word });
  }
  return "";
}
