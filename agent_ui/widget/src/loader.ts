// The script a host page includes: draws the button, nothing else, until somebody wants the chat.
//   <script async src="https://hub.example/widget/loader.js" data-channel="chat"></script>
// Works under a strict policy of the host page: no inline style, no eval; the chat itself runs in a frame of the hub.

import type { FromHost, ToHost } from "./host";
import type { Identity } from "./chat/protocol";

interface ChatApi {
  open(): void;
  close(): void;
  /** A signed-in user, proven by the site's server: hexadecimal HMAC-SHA256(user, site secret). No user: signed out. */
  identify(user?: string | null, proof?: string, name?: string): void;
}

declare global {
  interface Window {
    Continuo?: ChatApi;
  }
}

const { src, dataset } = document.currentScript as HTMLScriptElement;
const base = new URL(".", src);
const channel = dataset["channel"] ?? "chat";
const label = dataset["label"] ?? "Help";
const theme = dataset["theme"] ?? "";
const countKey = `continuo:${channel}:count`;
const POLL_MS = 60_000;
const CHAT =
  "M6 4.5h12A2.5 2.5 0 0 1 20.5 7v7.5A2.5 2.5 0 0 1 18 17h-5.5L8 20.5V17H6a2.5 2.5 0 0 1-2.5-2.5V7A2.5 2.5 0 0 1 6 4.5zM8 10.7h.01M12 10.7h.01M16 10.7h.01";
const DOWN = "m6 9 6 6 6-6";

const STYLE = `
:host{all:initial;position:fixed;inset-block-end:calc(20px + env(safe-area-inset-bottom,0px));inset-inline-end:20px;z-index:2147483000;color-scheme:${/^(light|dark)$/.test(theme) ? theme : "light dark"};--shadow:0 0 0 1px light-dark(rgb(16 20 26/.08),rgb(255 255 255/.1)),0 8px 24px -4px rgb(16 20 26/.3)}
button{all:unset;box-sizing:border-box;inline-size:56px;block-size:56px;border-radius:50%;background:#4254c5;background:light-dark(#4254c5,#5468dc);color:#fff;display:grid;place-items:center;cursor:pointer;box-shadow:var(--shadow)}
button:hover{background:light-dark(#3343a8,#4a5cd0)}
button:focus-visible{outline:3px solid #fff;box-shadow:0 0 0 6px #4254c5}
svg{inline-size:24px;block-size:24px;fill:none;stroke:currentColor;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}
b{position:absolute;inset-block-start:-3px;inset-inline-end:-3px;min-inline-size:20px;box-sizing:border-box;padding-inline:4px;border-radius:10px;background:#b42323;color:#fff;font:600 12px/20px system-ui,sans-serif;text-align:center;box-shadow:0 0 0 2px Canvas}
iframe{position:fixed;inset-block-end:calc(88px + env(safe-area-inset-bottom,0px));inset-inline-end:20px;inline-size:min(380px,100vw - 40px);block-size:min(600px,100dvh - 108px);box-sizing:border-box;border:0;border-radius:16px;box-shadow:var(--shadow);background:#fff;background:light-dark(#fff,#1b1c1f);color-scheme:inherit}
[hidden]{display:none}
@media(max-width:500px),(max-height:400px){iframe{inset:0;inline-size:100vw;block-size:var(--high,100dvh);border-radius:0;padding:env(safe-area-inset-top,0px) env(safe-area-inset-right,0px) env(safe-area-inset-bottom,0px) env(safe-area-inset-left,0px)}}
@media(forced-colors:active){button{border:2px solid ButtonText}iframe{border:2px solid CanvasText}}
`;

class ContinuoChat extends HTMLElement {
  private readonly button = document.createElement("button");
  private readonly badge = document.createElement("b");
  private readonly path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  private frame: HTMLIFrameElement | null = null;
  private isReady = false;
  private identity: Identity | null = null;
  private timer = 0;

  constructor() {
    super();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.append(this.path);
    const { button } = this;
    button.type = "button";
    button.setAttribute("aria-haspopup", "dialog");
    button.append(svg, this.badge);
    button.addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
    for (const wish of ["pointerenter", "focus"]) button.addEventListener(wish, () => this.load());
    button.addEventListener("keydown", ({ key }) => key === "Escape" && this.close());
    root.append(button);
    this.count(0);
    this.draw();
    window.addEventListener("message", (event) => this.hear(event));
    // A phone's keyboard takes a part of the screen that only this page knows of.
    visualViewport?.addEventListener("resize", () => this.frame?.style.setProperty("--high", `${visualViewport?.height}px`));
  }

  connectedCallback(): void {
    this.timer = window.setInterval(() => void this.poll(), POLL_MS);
    void this.poll();
  }

  disconnectedCallback(): void {
    clearInterval(this.timer);
  }

  get isOpen(): boolean {
    return this.frame?.hidden === false;
  }

  open(): void {
    const frame = this.load();
    frame.hidden = false;
    this.draw();
    frame.focus();
  }

  close(): void {
    if (!this.isOpen || this.frame === null) return;
    const hadFocus = document.activeElement === this;
    this.frame.hidden = true;
    this.draw();
    if (hadFocus) this.button.focus();
  }

  identify(identity: Identity | null): void {
    this.identity = identity;
    this.tell({ what: "identify", identity });
    if (identity === null) keep(null);
  }

  private load(): HTMLIFrameElement {
    if (this.frame !== null) return this.frame;
    const frame = (this.frame = document.createElement("iframe"));
    const page = new URL("panel.html", base);
    const lang = dataset["lang"] ?? document.documentElement.lang;
    page.search = String(new URLSearchParams({ channel, host: location.origin, lang, theme }));
    frame.src = page.href;
    frame.title = label;
    frame.allow = "clipboard-write";
    frame.hidden = true;
    this.shadowRoot?.append(frame);
    return frame;
  }

  private draw(): void {
    this.button.setAttribute("aria-expanded", String(this.isOpen));
    this.path.setAttribute("d", this.isOpen ? DOWN : CHAT);
    this.tell({ what: "shown", isOpen: this.isOpen, page: location.href });
  }

  private hear({ origin, source, data }: MessageEvent): void {
    if (origin !== base.origin || this.frame === null || source !== this.frame.contentWindow) return;
    const news = data as ToHost | null;
    if (news?.what === "ready") {
      this.isReady = true;
      if (this.identity !== null) this.tell({ what: "identify", identity: this.identity });
      this.draw();
    } else if (news?.what === "close") this.close();
    else if (news?.what === "unread") this.count(news.count);
    else if (news?.what === "visit") keep(news.token);
  }

  private tell(news: FromHost): void {
    if (this.isReady) this.frame?.contentWindow?.postMessage(news, base.origin);
  }

  private count(unread: number): void {
    this.badge.hidden = unread === 0;
    this.badge.textContent = unread > 99 ? "99+" : String(unread);
    this.button.setAttribute("aria-label", unread > 0 ? `${label}, ${unread} ${dataset["unread"] ?? "unread"}` : label);
  }

  /** Only while the chat itself is not loaded: it knows by itself. */
  private async poll(): Promise<void> {
    const token = kept();
    if (this.frame !== null || token === null || document.hidden) return;
    try {
      const answer = await fetch(new URL(`../c/webchat/${channel}/unread`, base), {
        headers: { Authorization: `Bearer ${token}` },
        credentials: "omit",
      });
      if (answer.ok) this.count(((await answer.json()) as { unread: number }).unread);
      else if (answer.status === 401 || answer.status === 403) keep(null);
    } catch {
      // The next time.
    }
  }
}

function kept(): string | null {
  try {
    return localStorage.getItem(countKey);
  } catch {
    return null;
  }
}

function keep(token: string | null): void {
  try {
    if (token === null) localStorage.removeItem(countKey);
    else localStorage.setItem(countKey, token);
  } catch {
    // Without storage there is no count until the chat is opened.
  }
}

if (window.Continuo === undefined) {
  customElements.define("continuo-chat", ContinuoChat);
  const chat = new ContinuoChat();
  window.Continuo = {
    open: () => chat.open(),
    close: () => chat.close(),
    identify: (user, proof = "", name = "") => chat.identify(user ? { user, proof, name } : null),
  };
  if (dataset["user"]) window.Continuo.identify(dataset["user"], dataset["proof"], dataset["name"]);
  const place = (): void => void document.body.append(chat);
  if (document.body) place();
  else addEventListener("DOMContentLoaded", place);
  dispatchEvent(new Event("continuo:ready"));
}
