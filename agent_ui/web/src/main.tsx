import "@mantine/core/styles/baseline.css";
import "@mantine/core/styles/default-css-variables.css";
import "@mantine/core/styles/global.css";
import "@mantine/core/styles/UnstyledButton.css";
import "@mantine/core/styles/Paper.css";
import "@mantine/core/styles/Popover.css";
import "@mantine/core/styles/CloseButton.css";
import "@mantine/core/styles/Overlay.css";
import "@mantine/core/styles/ModalBase.css";
import "@mantine/core/styles/Modal.css";
import "./look/tokens.css";
import "./look/parts.css";
import "./look/base.css";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { watchTheme } from "./app/settings";
import { setCatalogue } from "./i18n/t";
import sprite from "./look/sprite.svg?raw";
import { saveAllNow } from "./composer/drafts";
import { start, watchSession } from "./sync/session";

function drawSprite(): void {
  const holder = document.createElement("div");
  holder.hidden = true;
  holder.innerHTML = sprite;
  document.body.prepend(holder);
}

/** English is complete by itself; the pseudo language shows what was forgotten. */
function chooseLanguage(): void {
  const wanted = new URLSearchParams(location.search).get("lang");
  if (wanted === "pseudo") setCatalogue("pseudo", {});
  if (wanted === "pseudo-rtl") document.documentElement.dir = "rtl";
}

const root = document.getElementById("root");
if (root) {
  drawSprite();
  chooseLanguage();
  watchTheme();
  watchSession();
  document.addEventListener("visibilitychange", () => document.hidden && saveAllNow());
  window.addEventListener("pagehide", saveAllNow);
  createRoot(root).render(<App />);
  void start();
}
