// A file in a message: pictures are shown, others are saved on demand. Both come with the visit's token, never by address.

import { useEffect, useState } from "preact/hooks";

import type { Chat } from "./chat/chat";
import type { FileInfo } from "./chat/protocol";
import { Icon } from "./icons";
import { fileSize } from "./text";
import { language } from "./words";

const KEEP_MS = 10_000;

export function Attachment({ chat, file, onLoad }: { chat: Chat; file: FileInfo; onLoad: () => void }) {
  const [url, setUrl] = useState("");
  const isPicture = /^image\/(png|jpeg|gif|webp)$/.test(file.type);
  const { media_id } = file;
  useEffect(() => {
    if (!isPicture) return undefined;
    let made = "";
    let isGone = false;
    chat.http.file({ ...file, media_id }).then(
      (blob) => !isGone && setUrl((made = URL.createObjectURL(blob))),
      () => undefined,
    );
    return () => {
      isGone = true;
      URL.revokeObjectURL(made);
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the id is the content: a new object is not a new file
  }, [chat, media_id, isPicture]);

  const save = async (): Promise<void> => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await chat.http.file(file));
    link.download = file.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), KEEP_MS);
  };
  return (
    <button type="button" class={url ? "picture" : "file"} onClick={() => void save().catch(() => undefined)}>
      {url ? (
        <img src={url} alt={file.name} onLoad={onLoad} />
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
