// What goes to the customer. The send label names channel and address; nothing is sent past an answer nobody has seen.

import { useId, useState, type KeyboardEvent } from "react";
import type { Interaction } from "../api/types";
import { useSettings } from "../app/settings";
import { openOn, reopen } from "../desk/commands";
import { customerName } from "../desk/names";
import { t } from "../i18n/t";
import { cx } from "../look/cx";
import { Keys } from "../look/parts";
import { abilitiesOf, hub, useAbilities, useHub } from "../sync/store";
import { addressWords } from "../timeline/read";
import styles from "./Composer.module.css";
import { ConflictView } from "./ConflictView";
import { draftKey, edit, isEmpty, NOTHING, useDrafts } from "./drafts";
import { Field } from "./Field";
import { useUploads } from "./files";
import { measure } from "./limits";
import { useLock } from "./lock";
import { Saved } from "./Saved";
import { sendReply, type Sending } from "./submit";
import { Tells } from "./Tells";
import { rested, typed } from "./typing";
import { Warnings } from "./Warnings";

interface ReplyProps {
  customer: string;
  one: Interaction | null;
}

export function ReplyForm({ customer, one }: ReplyProps) {
  if (one === null) return <Unreached />;
  if (one.state === "closed") return <Closed one={one} />;
  return <Open customer={customer} one={one} />;
}

const Unreached = () => (
  <form aria-label={t("Reply")} onSubmit={(event) => event.preventDefault()}>
    <p className={cx(styles.tell, styles.plain)}>{t("Loading the ways to reach this customer…")}</p>
  </form>
);

function Closed({ one }: { one: Interaction }) {
  const { word } = useAbilities(one.channel_id);
  return (
    <form aria-label={t("Reply")} onSubmit={(event) => event.preventDefault()}>
      <div className={cx(styles.tell, styles.plain)}>
        <span className="grow">{t("This conversation is closed.")}</span>
        <button className="btn sm" type="button" onClick={() => void reopen(one)}>
          {t("Open again")}
        </button>
        <button className="btn sm" type="button" onClick={() => void openOn(one.customer_id, one.channel_id, one.address.value)}>
          {t("Write a new {channel} message", { channel: word })}
        </button>
      </div>
    </form>
  );
}

function Open({ customer, one }: { customer: string; one: Interaction }) {
  const key = draftKey(one.interaction_id, "reply");
  const abilities = useAbilities(one.channel_id);
  const draft = useDrafts((state) => state.all.get(key) ?? NOTHING);
  const conflict = useDrafts((state) => state.conflicts.get(one.interaction_id) ?? null);
  const isUploading = useUploads((state) => state.byDraft.get(key)?.some((upload) => upload.words === "") ?? false);
  const isOffline = useHub((state) => state.link.word === "offline" || state.link.word === "gave_up");
  const enterSends = useSettings((settings) => settings.enterSends) && abilities.work !== "email";
  const size = measure(draft.text, abilities);
  const lock = useLock(customer, isEmpty(draft));
  const problem = lock.isLocked
    ? t("{name} is replying", { name: lock.writer })
    : size.isOver
      ? t("too long for {channel}", { channel: abilities.word })
      : isUploading
        ? t("a file is still on its way")
        : "";
  const canSend = !isEmpty(draft) && problem === "" && conflict === null;
  const label = sendLabel(one, isOffline);

  function send(how: Sending = {}): void {
    if (canSend) sendReply(one, customer, how);
  }

  function onKey(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.nativeEvent.isComposing || event.altKey) return;
    const mod = event.ctrlKey || event.metaKey;
    if (!mod && !(enterSends && !event.shiftKey)) return;
    event.preventDefault();
    event.stopPropagation();
    send(mod && event.shiftKey ? { then: "close" } : {});
  }

  return (
    <form
      aria-label={t("Reply")}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {conflict !== null && <ConflictView one={one} customer={customer} conflict={conflict} />}
      <Tells customer={customer} one={one} lock={lock} />
      <Warnings customer={customer} one={one} />
      <Field
        draft={key}
        label={fieldLabel(one)}
        placeholder={t("Write to {name}", { name: nameIn(one) })}
        focusAs="reply"
        abilities={abilities}
        onSend={onKey}
        onTyped={() => typed(one.interaction_id, "reply")}
        onLeave={() => rested(one.interaction_id, "reply")}
        before={abilities.subject ? <MailHead draft={key} one={one} hasCopies={abilities.copies} /> : undefined}
      >
        <Saved draft={key} extra={problem !== "" && !size.isOver ? problem : ""} />
        {(size.isShown || size.isOver) && (
          <span className={cx(styles.meta, size.isOver && styles.over)}>
            {size.isOver
              ? t("{n} too many for {channel}", { n: size.used - size.limit, channel: abilities.word })
              : size.parts > 1
                ? t("{used} of {limit} · {parts} parts", size)
                : t("{used} of {limit}", size)}
          </span>
        )}
        <span className="grow" />
        <button className={cx("btn fill", styles.send)} type="submit" disabled={!canSend} title={problem || undefined}>
          <span>{label}</span> <Keys of="Mod+Enter" />
        </button>
      </Field>
    </form>
  );
}

const nameIn = (one: Interaction): string => customerName(hub().desk.rows.get(one.interaction_id)?.customer_name ?? "", one.customer_id, one.address);

function fieldLabel(one: Interaction): string {
  return t("{channel} to {name}", { channel: abilitiesOf(hub(), one.channel_id).word, name: nameIn(one) });
}

/** Channel and address, shortened in the middle: the end of a number tells it apart. */
function sendLabel(one: Interaction, isOffline: boolean): string {
  const { word } = abilitiesOf(hub(), one.channel_id);
  const address = addressWords(one.address) || nameIn(one);
  const short = address.length > 22 ? `${address.slice(0, 11)}…${address.slice(-9)}` : address;
  return isOffline ? t("Queue {channel} to {address}", { channel: word, address: short }) : t("Send {channel} to {address}", { channel: word, address: short });
}

function MailHead({ draft, one, hasCopies }: { draft: string; one: Interaction; hasCopies: boolean }) {
  const id = useId();
  const writing = useDrafts((state) => state.all.get(draft) ?? NOTHING);
  const [isOpen, setOpen] = useState(writing.subject !== "" || writing.cc !== "");
  if (!isOpen) {
    return (
      <button className="lnk xs" type="button" onClick={() => setOpen(true)}>
        {hasCopies ? t("Subject and copies") : t("Subject")}
      </button>
    );
  }
  const standard = one.subject === "" ? "" : /^re:/i.test(one.subject) ? one.subject : `Re: ${one.subject}`;
  return (
    <div className={styles.head}>
      <label htmlFor={`${id}s`}>{t("Subject")}</label>
      <input id={`${id}s`} dir="auto" value={writing.subject} placeholder={standard} onChange={(event) => edit(draft, { subject: event.target.value })} />
      {hasCopies && (
        <>
          <label htmlFor={`${id}c`}>{t("Copy to")}</label>
          <input id={`${id}c`} value={writing.cc} inputMode="email" onChange={(event) => edit(draft, { cc: event.target.value })} />
        </>
      )}
    </div>
  );
}
