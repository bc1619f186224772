// Search or command: actions with their keys, conversations, customers, pages. One field, one list.

import { Fragment, useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import * as api from "../api/calls";
import type { Abilities, Customer } from "../api/types";
import { conversation, go } from "../app/router";
import { setUi } from "../app/ui";
import { customerName } from "../desk/names";
import { t } from "../i18n/t";
import { ACTIONS, perform } from "../keys/actions";
import { cx } from "../look/cx";
import { Dialog } from "../look/Dialog";
import { Icon, type IconName } from "../look/Icon";
import { ChannelIcon, Keys } from "../look/parts";
import { abilitiesOf, hub, isSupervisor, useHub } from "../sync/store";
import { addressWords } from "../timeline/read";
import styles from "./Palette.module.css";

interface Entry {
  key: string;
  group: string;
  words: string;
  more?: string;
  keys?: string;
  icon?: IconName;
  glyph?: Abilities["glyph"];
  run: () => void;
}

const close = (): void => setUi({ dialog: null });

/** The next key after Mod+K belongs to the field already, and afterwards the focus goes back to where it was. */
function useOwnFocus(): (field: HTMLInputElement | null) => void {
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    },
    [before],
  );
  return useCallback((field) => field?.focus(), []);
}

export function Palette() {
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const field = useOwnFocus();
  const customers = useCustomers(words);
  const rows = useHub((state) => state.desk.rows);
  const entries = useMemo(() => {
    const wanted = words.trim().toLowerCase();
    // The rows tell when; the entries read them through the store.
    void rows;
    return [...actionEntries(wanted), ...conversationEntries(wanted), ...customerEntries(customers), ...pageEntries(wanted)];
  }, [words, customers, rows]);
  const chosen = entries[Math.min(at, entries.length - 1)];

  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [at, entries]);

  function onKey(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && entries.length > 0) {
      event.preventDefault();
      setAt((Math.min(at, entries.length - 1) + step + entries.length) % entries.length);
    } else if (event.key === "Enter" && chosen) {
      event.preventDefault();
      choose(chosen);
    }
  }

  return (
    <Dialog title={t("Search or command")} onClose={close} size={560} isBare>
      <div className={styles.head}>
        <Icon name="search" />
        <input
          ref={field}
          data-autofocus
          role="combobox"
          aria-expanded="true"
          aria-autocomplete="list"
          aria-controls="palette-list"
          aria-activedescendant={chosen ? `palette-${entries.indexOf(chosen)}` : undefined}
          aria-label={t("Search or command")}
          placeholder={t("Customer, conversation or command")}
          value={words}
          onChange={(event) => {
            setWords(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKey}
        />
        <kbd aria-hidden="true">Esc</kbd>
      </div>
      <div ref={list} id="palette-list" role="listbox" aria-label={t("Results")} className={cx(styles.list, "scroll")} tabIndex={-1}>
        {entries.map((entry, place) => (
          <Fragment key={entry.key}>
            {entry.group !== entries[place - 1]?.group && (
              <p className="menu-label" aria-hidden="true">
                {entry.group}
              </p>
            )}
            {/* The keyboard is in the field above: the list is only pointed at. */}
            {/* eslint-disable-next-line jsx-a11y/interactive-supports-focus, jsx-a11y/click-events-have-key-events */}
            <div
              role="option"
              id={`palette-${place}`}
              aria-selected={entry === chosen}
              className={cx(styles.entry, entry === chosen && styles.on)}
              onPointerMove={() => setAt(place)}
              onClick={() => choose(entry)}
            >
              {entry.glyph !== undefined ? <ChannelIcon glyph={entry.glyph} /> : <Icon name={entry.icon ?? "arrr"} />}
              <span className="clip">
                <bdi>{entry.words}</bdi>
              </span>
              {entry.more && <span className="t3 clip xs">{entry.more}</span>}
              <span className="grow" />
              {entry.keys && <Keys of={entry.keys} />}
            </div>
          </Fragment>
        ))}
      </div>
      {entries.length === 0 && (
        <p className={styles.none} role="status">
          {t("Nothing found")}
        </p>
      )}
    </Dialog>
  );
}

function choose(entry: Entry): void {
  close();
  // After the dialog has given the focus back, so that the action may move it.
  setTimeout(entry.run, 0);
}

const matches = (wanted: string, ...texts: (string | undefined)[]): boolean =>
  wanted === "" || wanted.split(/\s+/).every((word) => texts.some((text) => text?.toLowerCase().includes(word)));

function actionEntries(wanted: string): Entry[] {
  return ACTIONS.filter((one) => !one.byForm && one.id !== "palette" && one.id !== "out" && (one.when?.() ?? true))
    .filter((one) => !one.isChoice || (wanted !== "" && !one.id.startsWith("channel-")))
    .map((one): Entry => ({
      key: `a ${one.id}`,
      group: t("Actions"),
      words: one.isChoice ? choiceWords(one.id, one.words()) : one.words(),
      ...(one.keys[0] ? { keys: one.keys[0] } : {}),
      icon: "arrr",
      run: () => perform(one.id),
    }))
    .filter((entry) => matches(wanted, entry.words))
    .slice(0, wanted === "" ? 6 : 8);
}

const choiceWords = (id: string, words: string): string =>
  id.startsWith("state") ? t("My state: {state}", { state: words }) : t("Snooze: {when}", { when: words });

function conversationEntries(wanted: string): Entry[] {
  const found: Entry[] = [];
  for (const [id, row] of hub().desk.rows) {
    const { interaction: one } = row;
    if (!matches(wanted, row.customer_name, one.subject, one.preview, one.address.value)) continue;
    found.push({
      key: `c ${id}`,
      group: t("Conversations"),
      words: customerName(row.customer_name, one.customer_id, one.address),
      more: one.subject || one.preview,
      glyph: abilitiesOf(hub(), one.channel_id).glyph,
      run: () => go(conversation(one.customer_id, id)),
    });
    if (found.length >= 8) break;
  }
  return found;
}

const customerEntries = (customers: readonly Customer[]): Entry[] =>
  customers.map((one) => ({
    key: `p ${one.customer_id}`,
    group: t("Customers"),
    words: customerName(one.name, one.customer_id, one.addresses[0]),
    more: one.addresses.map((address) => addressWords(address)).filter(Boolean).join(", "),
    icon: "user",
    run: () => go(conversation(one.customer_id)),
  }));

function pageEntries(wanted: string): Entry[] {
  const pages: [string, string, IconName][] = [
    ["/desk", t("Desk"), "desk"],
    ...(isSupervisor(hub()) ? [["/wall", t("Wallboard"), "wall"] as [string, string, IconName]] : []),
    ["/me", t("Settings"), "user"],
  ];
  return pages
    .filter(([, words]) => matches(wanted, words))
    .map(([path, words, icon]) => ({ key: path, group: t("Pages"), words, icon, run: () => go(path) }));
}

/** The hub knows all customers; it is asked after a short rest. */
function useCustomers(words: string): readonly Customer[] {
  const [found, setFound] = useState<readonly Customer[]>([]);
  useEffect(() => {
    const wanted = words.trim();
    if (wanted.length < 2) {
      setFound([]);
      return;
    }
    const stop = new AbortController();
    const timer = setTimeout(() => {
      api.findCustomers(wanted, stop.signal).then(setFound, () => undefined);
    }, 150);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [words]);
  return found;
}
