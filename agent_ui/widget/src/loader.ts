// The script a host page includes: draws the button, nothing else, until somebody wants the chat.
//   <script async src="https://hub.example/widget/loader.js" data-channel="chat"></script>
// Works under a strict policy of the host page: no inline style, no eval; the chat itself runs in a frame of the hub.

interface Identity {
  user: string;
  proof: string;
  name?: string;
}

interface ChatApi {
  open(): void;
  close(): void;
  identify(identity: Identity): void;
}

declare global {
  interface Window {
    Continuo?: ChatApi;
  }
}

const script = document.currentScript as HTMLScriptElement;
const base = new URL(".", script.src);
const channel = script.dataset["channel"] ?? "chat";
const label = script.dataset["label"] ?? "Help";
const countKey = `continuo:${channel}:count`;
const POLL_MS = 60_000;

const STYLE = `
:host{all:initial;position:fixed;inset-block-end:20px;inset-inline-end:20px;z-index:2147483000;color-scheme:light dark}
button{all:unset;box-sizing:border-box;inline-size:56px;block-size:56px;border-radius:50%;background:#4254c5;color:#fff;display:grid;place-items:center;cursor:pointer;box-shadow:0 0 0 1px rgb(16 20 26/.08),0 8px 24px -4px rgb(16 20 26/.3)}
button:hover{background:#3343a8}
button:focus-visible{outline:3px solid #fff;box-shadow:0 0 0 5px #4254c5}
svg{inline-size:24px;block-size:24px;fill:none;stroke:currentColor;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}
b{position:absolute;inset-block-start:-3px;inset-inline-end:-3px;min-inline-size:20px;box-sizing:border-box;padding-inline:4px;border-radius:10px;background:#b42323;color:#fff;font:600 12px/20px system-ui,sans-serif;text-align:center}
b[hidden]{display:none}
iframe{position:fixed;inset-block-end:88px;inset-inline-end:20px;inline-size:min(380px,calc(100vw - 40px));block-size:min(600px,calc(100vh - 108px));border:0;border-radius:16px;box-shadow:0 0 0 1px rgb(16 20 26/.08),0 8px 24px -4px rgb(16 20 26/.3);background:Canvas}
iframe[hidden]{display:none}
@media(max-width:500px){iframe{inset:0;inline-size:100vw;block-size:100dvh;border-radius:0}}
@media(forced-colors:active){button{border:2px solid ButtonText}}
`;

class ContinuoChat extends HTMLElement {
  private readonly button = document.createElement("button");
  private readonly badge = document.createElement("b");
  private frame: HTMLIFrameElement | null = null;
  private isReady = false;
  private identity: Identity | null = null;
  private timer = 0;

  connectedCallback(): void {
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    this.button.type = "button";
    this.button.append(icon(), this.badge);
    this.button.addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
    root.append(this.button);
    this.count(0);
    this.button.setAttribute("aria-expanded", "false");
    window.addEventListener("message", (event) => this.hear(event));
    this.timer = window.setInterval(() => void this.poll(), POLL_MS);
    void this.poll();
  }

  disconnectedCallback(): void {
    window.clearInterval(this.timer);
  }

  get isOpen(): boolean {
    return this.frame !== null && !this.frame.hidden;
  }

  open(): void {
    this.frame ??= this.load();
    this.frame.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.tell({ what: "open" });
    this.frame.focus();
  }

  close(): void {
    if (this.frame === null) return;
    this.frame.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    this.tell({ what: "close" });
    this.button.focus();
  }

  identify(identity: Identity): void {
    this.identity = identity;
    this.tell({ what: "identify", identity });
  }

  private load(): HTMLIFrameElement {
    const frame = document.createElement("iframe");
    const page = new URL("panel.html", base);
    page.searchParams.set("channel", channel);
    page.searchParams.set("host", location.origin);
    frame.src = page.href;
    frame.title = label;
    frame.allow = "clipboard-write";
    this.shadowRoot?.append(frame);
    return frame;
  }

  private hear(event: MessageEvent): void {
    if (event.origin !== base.origin || event.source !== this.frame?.contentWindow) return;
    const news = event.data as { what: string; count?: number; token?: string };
    if (news.what === "ready") {
      this.isReady = true;
      if (this.identity !== null) this.tell({ what: "identify", identity: this.identity });
      this.tell({ what: this.isOpen ? "open" : "close" });
    } else if (news.what === "close") this.close();
    else if (news.what === "unread") this.count(news.count ?? 0);
    else if (news.what === "visit" && news.token) keep(news.token);
  }

  private tell(news: object): void {
    if (this.isReady) this.frame?.contentWindow?.postMessage(news, base.origin);
  }

  private count(unread: number): void {
    this.badge.hidden = unread === 0;
    this.badge.textContent = unread > 99 ? "99+" : String(unread);
    const more = unread === 0 ? "" : `, ${unread} unread ${unread === 1 ? "message" : "messages"}`;
    this.button.setAttribute("aria-label", label + more);
  }

  /** Only while the chat itself is not loaded: it knows by itself. */
  private async poll(): Promise<void> {
    const token = kept();
    if (this.frame !== null || token === null || document.visibilityState === "hidden") return;
    try {
      const answer = await fetch(new URL(`../c/webchat/${channel}/unread`, base), {
        headers: { Authorization: `Bearer ${token}` },
        credentials: "omit",
      });
      if (answer.ok) this.count(((await answer.json()) as { unread: number }).unread);
      else if (answer.status === 401 || answer.status === 403) localStorage.removeItem(countKey);
    } catch {
      // The next time.
    }
  }
}

function icon(): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute(
    "d",
    "M6 4.5h12A2.5 2.5 0 0 1 20.5 7v7.5A2.5 2.5 0 0 1 18 17h-5.5L8 20.5V17H6a2.5 2.5 0 0 1-2.5-2.5V7A2.5 2.5 0 0 1 6 4.5zM8 10.7h.01M12 10.7h.01M16 10.7h.01",
  );
  svg.append(path);
  return svg;
}

function kept(): string | null {
  try {
    return localStorage.getItem(countKey);
  } catch {
    return null;
  }
}

function keep(token: string): void {
  try {
    localStorage.setItem(countKey, token);
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
    identify: (identity) => chat.identify(identity),
  };
  const draw = (): void => void document.body.append(chat);
  if (document.body) draw();
  else addEventListener("DOMContentLoaded", draw);
}

export {};
