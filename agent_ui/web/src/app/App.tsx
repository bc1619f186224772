import { MantineProvider } from "@mantine/core";
import { lazy, Suspense, useEffect } from "react";
import { Announcer } from "../chrome/Announcer";
import { AppBar } from "../chrome/AppBar";
import { BottomBar } from "../chrome/BottomBar";
import { Failed } from "../chrome/Failed";
import { Hints } from "../chrome/Hints";
import { LinkBar } from "../chrome/LinkBar";
import { Palette } from "../chrome/Palette";
import { SignIn, SignInAgain } from "../chrome/SignIn";
import { Toasts } from "../chrome/Toasts";
import { Unloaded } from "../chrome/Unloaded";
import { Desk } from "../desk/Desk";
import { Offers } from "../desk/Offers";
import { useKeys } from "../keys/listen";
import { t } from "../i18n/t";
import { Boundary } from "../look/Boundary";
import { theme, variables } from "../look/theme";
import { useHub } from "../sync/store";
import { lookForUpdate } from "../sync/update";
import styles from "./App.module.css";
import { usePlace } from "./router";
import { effectiveTheme, useSettings } from "./settings";
import { useTitle } from "./title";
import { setUi, toast, useUi } from "./ui";

const Shortcuts = lazy(() => import("../chrome/Shortcuts"));
const Transfer = lazy(() => import("../desk/Transfer"));
const SnoozeDialog = lazy(() => import("../desk/SnoozeDialog"));
const Wall = lazy(() => import("../wall/Wall"));
const Me = lazy(() => import("../chrome/Me"));

export function App() {
  useSettings((settings) => settings.theme);
  const scheme = effectiveTheme() === "dark" ? "dark" : "light";
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} forceColorScheme={scheme}>
      <Screen />
      <Announcer />
    </MantineProvider>
  );
}

function Screen() {
  const phase = useHub((state) => state.phase);
  const me = useHub((state) => state.me);
  if (phase === "signed_out") return <SignIn />;
  // Started again over what is shown: it stays.
  if (phase === "failed" && me === null) return <Failed />;
  return <Console />;
}

function Console() {
  useKeys();
  useTitle();
  usePrefetch();
  const { page, customer } = usePlace();
  const word = useHub((state) => state.link.word);
  return (
    <div className={styles.app} data-page={page} data-open={customer === null ? "list" : "timeline"}>
      <Skips isDesk={page !== "wall" && page !== "me"} isOpen={customer !== null} />
      <AppBar />
      <LinkBar />
      <div className={styles.page}>
        {page === "wall" || page === "me" ? (
          <Boundary key={page} instead={<Unloaded />} onFail={() => void lookForUpdate()}>
            <Suspense fallback={null}>{page === "wall" ? <Wall /> : <Me />}</Suspense>
          </Boundary>
        ) : (
          <Desk />
        )}
      </div>
      <BottomBar />
      <Offers />
      <Hints />
      <Dialogs />
      <Toasts />
      {word === "signed_out" && <SignInAgain />}
    </div>
  );
}

/** Only to what is there. */
const Skips = ({ isDesk, isOpen }: { isDesk: boolean; isOpen: boolean }) => (
  <>
    {isDesk && (
      <a className="skip" href="#desk">
        {t("Skip to desk")}
      </a>
    )}
    <a className="skip" href="#timeline">
      {isDesk ? t("Skip to timeline") : t("Skip to content")}
    </a>
    {isDesk && isOpen && (
      <a className="skip" href="#composer">
        {t("Skip to reply")}
      </a>
    )}
    <a className="skip" href="#offers">
      {t("Skip to offers")}
    </a>
  </>
);

function Dialogs() {
  const dialog = useUi((state) => state.dialog);
  if (dialog === null) return null;
  return (
    <Boundary key={dialog} onFail={dialogFailed}>
      <Suspense fallback={null}>
        {dialog === "palette" && <Palette />}
        {dialog === "shortcuts" && <Shortcuts />}
        {(dialog === "transfer" || dialog === "assign") && <Transfer />}
        {dialog === "snooze" && <SnoozeDialog />}
      </Suspense>
    </Boundary>
  );
}

function dialogFailed(): void {
  setUi({ dialog: null });
  toast(t("This part could not be loaded. Nothing you wrote is lost; loading the page again may help."), { tone: "bad" });
  void lookForUpdate();
}

/** What opens by a key must be there when the key comes. */
function usePrefetch(): void {
  useEffect(() => {
    const timer = setTimeout(() => {
      for (const part of [import("../desk/Transfer"), import("../chrome/Shortcuts")]) part.catch(() => undefined);
    }, 1500);
    return () => clearTimeout(timer);
  }, []);
}
