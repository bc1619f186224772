// Sign-in: a page at the start, a dialog over the screen when the session ends in the middle of work.

import { useId, useState, type FormEvent } from "react";
import { asProblem } from "../api/http";
import { t } from "../i18n/t";
import { Dialog } from "../look/Dialog";
import { Icon } from "../look/Icon";
import { Status } from "../look/parts";
import { signIn } from "../sync/session";
import { hub } from "../sync/store";
import styles from "./SignIn.module.css";

export function SignIn() {
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <h1 className={styles.title}>
          <Icon name="wave" className="mark" />
          Continuo
        </h1>
        <SignInForm email="" />
      </div>
    </main>
  );
}

export function SignInAgain() {
  return (
    <Dialog title={t("You were signed out")} onClose={() => undefined} size={400} mustAnswer>
      <p className="t2">{t("Sign in again and go on where you were. What you wrote is kept.")}</p>
      <SignInForm email={hub().me?.agent.email ?? ""} />
    </Dialog>
  );
}

function SignInForm({ email }: { email: string }) {
  const [isBusy, setBusy] = useState(false);
  const [words, setWords] = useState("");
  const id = useId();

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setWords("");
    try {
      await signIn(String(form.get("email")), String(form.get("password")));
    } catch (error) {
      const problem = asProblem(error);
      setWords(problem.status === 401 ? t("E-mail or password is wrong.") : problem.message);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form className={styles.form} aria-label={t("Sign in")} onSubmit={(event) => void submit(event)}>
      <label className="label" htmlFor={`${id}e`}>
        {t("E-mail")}
      </label>
      <input id={`${id}e`} data-autofocus={email === "" || undefined} className="input" name="email" type="email" autoComplete="username" defaultValue={email} required />
      <label className="label" htmlFor={`${id}p`}>
        {t("Password")}
      </label>
      <input id={`${id}p`} data-autofocus={email !== "" || undefined} className="input" name="password" type="password" autoComplete="current-password" required aria-describedby={`${id}w`} />
      <p id={`${id}w`} role="alert" className={styles.words}>
        {words !== "" && (
          <Status icon="alert" tone="bad">
            {words}
          </Status>
        )}
      </p>
      <button className="btn fill" type="submit" disabled={isBusy}>
        {isBusy ? t("Signing in…") : t("Sign in")}
      </button>
    </form>
  );
}
