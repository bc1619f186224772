// The text field of both forms: grows with its text, takes files by paste and drop, and leaves with Escape or Tab.

import { useEffect, useRef, useState, type ClipboardEvent, type DragEvent, type KeyboardEvent, type ReactNode, type RefObject } from "react";
import type { Abilities } from "../api/types";
import { useFocusWish } from "../app/focus";
import type { FocusTarget } from "../app/ui";
import { t } from "../i18n/t";
import { cx } from "../look/cx";
import { Icon } from "../look/Icon";
import { bytes } from "../i18n/format";
import styles from "./Composer.module.css";
import { draftOf, edit, useDrafts, NOTHING } from "./drafts";
import { addFiles, dropUpload, useUploads } from "./files";

interface FieldProps {
  draft: string;
  label: string;
  placeholder: string;
  focusAs: FocusTarget;
  abilities: Abilities | null;
  isDisabled?: boolean;
  onSend: (event: KeyboardEvent) => void;
  onTyped: () => void;
  onLeave: () => void;
  before?: ReactNode;
  children: ReactNode;
}

export function Field({ draft, label, placeholder, focusAs, abilities, isDisabled, onSend, onTyped, onLeave, before, children }: FieldProps) {
  const text = useDrafts((state) => (state.all.get(draft) ?? NOTHING).text);
  const field = useRef<HTMLTextAreaElement>(null);
  const [isOver, setOver] = useState(false);
  useFocusWish(focusAs, () => {
    const element = field.current;
    if (!element) return false;
    element.focus({ preventScroll: true });
    element.setSelectionRange(element.value.length, element.value.length);
    return true;
  });
  useGrow(field, text);

  function onPaste(event: ClipboardEvent): void {
    const files = [...event.clipboardData.files];
    if (files.length === 0 || abilities === null) return;
    event.preventDefault();
    addFiles(draft, files, abilities);
  }

  function onDrop(event: DragEvent): void {
    setOver(false);
    if (abilities === null || event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    addFiles(draft, event.dataTransfer.files, abilities);
  }

  function onDragOver(event: DragEvent): void {
    if (abilities === null || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    setOver(true);
  }

  return (
    <div role="presentation" className={cx(styles.field, isOver && styles.drop)} onDrop={onDrop} onDragOver={onDragOver} onDragLeave={() => setOver(false)}>
      {before}
      <textarea
        ref={field}
        className={styles.text}
        dir="auto"
        rows={1}
        aria-label={label}
        placeholder={placeholder}
        value={text}
        disabled={isDisabled}
        onChange={(event) => {
          edit(draft, { text: event.target.value });
          onTyped();
        }}
        onPaste={onPaste}
        onKeyDown={onSend}
        onBlur={onLeave}
      />
      <FileList draft={draft} />
      <div className={styles.ft}>
        {abilities !== null && abilities.media_types.length > 0 && <Attach draft={draft} abilities={abilities} isDisabled={isDisabled ?? false} />}
        {children}
      </div>
    </div>
  );
}

/** Browsers without `field-sizing` need to be told the height. */
function useGrow(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useEffect(() => {
    const element = field.current;
    if (!element || CSS.supports?.("field-sizing", "content")) return;
    element.style.blockSize = "auto";
    element.style.blockSize = `${element.scrollHeight}px`;
  }, [text, field]);
}

function Attach({ draft, abilities, isDisabled }: { draft: string; abilities: Abilities; isDisabled: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button className="ib" type="button" aria-label={t("Attach file")} disabled={isDisabled} onClick={() => input.current?.click()}>
        <Icon name="clip" />
      </button>
      <input
        ref={input}
        className={styles.hidden}
        type="file"
        multiple
        tabIndex={-1}
        aria-label={t("Files")}
        data-testid="file-input"
        onChange={(event) => {
          addFiles(draft, event.target.files ?? [], abilities);
          event.target.value = "";
        }}
      />
    </>
  );
}

function FileList({ draft }: { draft: string }) {
  const attached = useDrafts((state) => (state.all.get(draft) ?? NOTHING).attachments);
  const uploads = useUploads((state) => state.byDraft.get(draft));
  if (attached.length === 0 && uploads === undefined) return null;
  return (
    <ul className={styles.files} aria-label={t("Files to send")}>
      {attached.map((file) => (
        <li key={file.media_id}>
          <Icon name="file" className="i14" />
          <bdi>{file.name}</bdi>
          <span className="t3">{bytes(file.size)}</span>
          <button
            className="ib"
            type="button"
            aria-label={t("Remove {name}", { name: file.name })}
            onClick={() => edit(draft, { attachments: draftOf(draft).attachments.filter((other) => other.media_id !== file.media_id) })}
          >
            <Icon name="x" className="i14" />
          </button>
        </li>
      ))}
      {uploads?.map((one) => (
        <li key={one.id} className={cx(one.words !== "" && styles.failed)}>
          <Icon name={one.words === "" ? "arrup" : "alert"} className="i14" />
          <bdi>{one.name}</bdi>
          <span>{one.words || t("{n} %", { n: Math.round(one.share * 100) })}</span>
          <button
            className="ib"
            type="button"
            aria-label={one.words === "" ? t("Cancel {name}", { name: one.name }) : t("Remove {name}", { name: one.name })}
            onClick={() => (one.words === "" ? one.cancel() : dropUpload(draft, one.id))}
          >
            <Icon name="x" className="i14" />
          </button>
        </li>
      ))}
    </ul>
  );
}
