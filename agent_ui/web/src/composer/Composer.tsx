// Two forms that can't be taken for one another: Reply and Note. The mode changes only by a person's own act.

import type { Interaction } from "../api/types";
import { focusOn, setUi, useUi } from "../app/ui";
import { t } from "../i18n/t";
import { cx } from "../look/cx";
import { Icon } from "../look/Icon";
import { Channels } from "./Channels";
import styles from "./Composer.module.css";
import { NoteForm } from "./NoteForm";
import { ReplyForm } from "./ReplyForm";

interface ComposerProps {
  customer: string;
  one: Interaction | null;
}

export function Composer({ customer, one }: ComposerProps) {
  const mode = useUi((state) => state.mode);
  const isReply = mode === "reply";
  const choose = (to: "reply" | "note"): void => {
    setUi({ mode: to });
    focusOn(to);
  };
  return (
    <div className={styles.comp} id="composer" tabIndex={-1} data-mode={mode}>
      <div className={styles.bar}>
        <button className={cx(styles.tab, styles.reply)} type="button" aria-pressed={isReply} onClick={() => choose("reply")}>
          {t("Reply")}
        </button>
        {isReply ? <Channels one={one} /> : <span className={styles.only}>{t("Only the team sees what you write here")}</span>}
        <span className="grow" />
        <button className={cx(styles.tab, styles.note)} type="button" aria-pressed={!isReply} onClick={() => choose("note")}>
          <Icon name="lock" className="i14" />
          {t("Note")}
        </button>
      </div>
      {isReply ? (
        <ReplyForm key={one?.interaction_id ?? ""} customer={customer} one={one} />
      ) : (
        <NoteForm key={one?.interaction_id ?? customer} customer={customer} one={one} />
      )}
    </div>
  );
}
