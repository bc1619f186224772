// A file in a message: pictures are shown, others are saved on demand. Both come with the visit's token, never by address.

import { useEffect, useState } from "preact/hooks";

import type { Chat } from "./chat/chat";
import type { FileInfo } from "./chat/protocol";
import { Icon } from "./icons";
import { fileSize } from "./text";
import { language } from "./words";

const KEEP_MS = 10_000;

interface AttachmentProps {
  chat: Chat;
  file: FileInfo;
  /** The hub gives a file only once its message is committed, and only while it can be reached. */
  canLoad: boolean;
}

export function Attachment({ chat, file, canLoad }: AttachmentProps) {
  const [url, setUrl] = useState("");
  const { media_id, type } = file;
  const isWanted = canLoad && url === "" && /^image\/(png|jpeg|gif|webp)$/.test(type);
  useEffect(() => {
    if (!isWanted) return undefined;
    let isGone = false;
    chat.http.file(media_id).then(
      (blob) => !isGone && setUrl(URL.createObjectURL(blob)),
      () => undefined,
    );
    return () => {
      isGone = true;
    };
  }, [chat, media_id, isWanted]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);

  const save = async (): Promise<void> => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await chat.http.file(media_id));
    link.download = file.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), KEEP_MS);
  };
  return (
    <button type="button" class={url ? "picture" : "file"} onClick={() => void save().catch(() => undefined)}>
      {url ? (
        <img src={url} alt={file.name} />
      ) : (
        <>
          <Icon name="file" small />
          <bdi>{file.name}</bdi>
          <span>{fileSize(file.size, language)}</span>
        </>
      )}
    </button>
  );
}
