// Each shortcut with the key it has, to be changed: press the new one. A key that is taken says by what.

import { useState, type KeyboardEvent } from "react";
import { setting, useSettings } from "../app/settings";
import { t } from "../i18n/t";
import { ACTIONS, bindings, type Action } from "../keys/actions";
import { pressOf } from "../keys/listen";
import { chord } from "../keys/match";
import { isMac, shownKeys } from "../keys/names";
import { holderOf, isFree } from "../keys/remap";
import styles from "./OwnKeys.module.css";

const CHANGEABLE = ACTIONS.filter((one) => one.keys.length > 0 && !one.isChoice && !one.byForm && one.id !== "out");

export function OwnKeys() {
  const own = useSettings((settings) => settings.ownKeys);
  const [asking, setAsking] = useState<string | null>(null);
  const [words, setWords] = useState("");
  const change = (one: Action, key: string | null): void => {
    const builtIn = one.keys[0] ?? "";
    const { [builtIn]: _, ...others } = own;
    setting({ ownKeys: key === null ? others : { ...others, [builtIn]: key } });
    setAsking(null);
    setWords("");
  };
  const ask = (id: string): void => {
    setAsking(id);
    setWords("");
  };
  const onKey = (one: Action, event: KeyboardEvent): void => {
    if (event.key === "Tab") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") {
      setAsking(null);
      return;
    }
    const key = chord(pressOf(event.nativeEvent), isMac());
    if (key === null) return;
    const holder = holderOf(key, bindings(), one.id);
    if (!isFree(key)) setWords(t("{key} belongs to the browser.", { key: shownKeys(key) }));
    else if (holder) setWords(t("{key} is taken: {what}.", { key: shownKeys(key), what: holder.words() }));
    else change(one, key);
  };
  return (
    <section className={styles.keys} aria-label={t("Keys")}>
      <table>
        <caption className="vh">{t("Keys")}</caption>
        <tbody>
          {CHANGEABLE.map((one) => {
            const key = own[one.keys[0] ?? ""];
            const shown = key === undefined ? one.keys : key === "" ? [] : [key];
            return (
              <tr key={one.id}>
                <th scope="row">{one.words()}</th>
                <td>
                  {asking === one.id ? (
                    <span className={words === "" ? "t3" : styles.words}>{words === "" ? t("Press the new key; Esc leaves it") : words}</span>
                  ) : shown.length === 0 ? (
                    <span className="t3">{t("none")}</span>
                  ) : (
                    shown.map((name) => <kbd key={name}>{shownKeys(name)}</kbd>)
                  )}
                </td>
                <td>
                  <button
                    className="btn sm"
                    type="button"
                    aria-label={t("Change the key of {what}", { what: one.words() })}
                    aria-pressed={asking === one.id}
                    onClick={() => ask(one.id)}
                    onBlur={() => setAsking(null)}
                    {...(asking === one.id ? { onKeyDown: (event) => onKey(one, event) } : {})}
                  >
                    {t("Change")}
                  </button>
                  {key === undefined ? (
                    <button className="btn sm" type="button" aria-label={t("Take the key from {what}", { what: one.words() })} onClick={() => change(one, "")}>
                      {t("Off")}
                    </button>
                  ) : (
                    <button className="btn sm" type="button" aria-label={t("Reset the key of {what}", { what: one.words() })} onClick={() => change(one, null)}>
                      {t("Reset")}
                    </button>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p role="status" className="vh">
        {words}
      </p>
    </section>
  );
}
