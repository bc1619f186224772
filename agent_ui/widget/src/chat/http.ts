// The hub over plain HTTP: where a visit begins, files go up, and everything works without a socket.

import type { FileInfo, HubFrame, Opened, Outgoing, Polled } from "./protocol";

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    words: string,
    readonly after: number | null,
  ) {
    super(words);
  }

  /** The same may work later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export interface Identity {
  user: string;
  proof: string;
  name?: string;
}

export class Http {
  token = "";

  constructor(private readonly base: string) {}

  visit(token: string | null, identity: Identity | null, host: string | null): Promise<Opened> {
    return this.call<Opened>("POST", "visit", {
      ...(identity ? { identity } : token ? { token } : {}),
      ...(host ? { host } : {}),
    });
  }

  async say(message: Outgoing): Promise<HubFrame> {
    try {
      return await this.call<HubFrame>("POST", "messages", { t: "message", ...message });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { client_id } = message;
      if (error.isPassing) return { t: "wait", client_id, after: error.after ?? 3, code: error.code };
      return { t: "refused", client_id, code: error.code, words: error.message };
    }
  }

  poll(after: number, wait: number): Promise<Polled> {
    return this.call<Polled>("GET", `messages?after=${after}&wait=${wait}`);
  }

  marks(delivered: number, read: number): Promise<void> {
    return this.call<void>("POST", "marks", { t: "marks", delivered, read });
  }

  typing(on: boolean): Promise<void> {
    return this.call<void>("POST", "typing", { t: "typing", on });
  }

  async file(one: FileInfo): Promise<Blob> {
    const answer = await fetch(`${this.base}file/${one.media_id}`, { headers: this.headers() });
    if (!answer.ok) throw new Refusal(answer.status, "file", "The file can’t be loaded.", null);
    return answer.blob();
  }

  /** With progress, which fetch can't tell. */
  upload(file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<{ ticket: string; file: FileInfo }> {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", `${this.base}upload?name=${encodeURIComponent(file.name)}`);
      for (const [name, value] of Object.entries(this.headers())) request.setRequestHeader(name, value);
      request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
      request.upload.onprogress = (event) => onProgress(event.lengthComputable ? event.loaded / event.total : 0);
      request.onerror = () => reject(new Refusal(0, "unreachable", "The file did not go through.", null));
      request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
      request.onload = () => {
        const body = parse(request.responseText) as { ticket: string; file: FileInfo; title?: string; code?: string };
        if (request.status < 300) resolve(body);
        else reject(new Refusal(request.status, body.code ?? "upload", body.title ?? "The file was refused.", null));
      };
      signal.addEventListener("abort", () => request.abort());
      request.send(file);
    });
  }

  private headers(): Record<string, string> {
    return this.token ? { Authorization: `Bearer ${this.token}` } : {};
  }

  private async call<T>(method: string, path: string, body?: object): Promise<T> {
    const init: RequestInit = { method, headers: this.headers(), credentials: "omit", signal: AbortSignal.timeout(30_000) };
    if (body) {
      init.body = JSON.stringify(body);
      init.headers = { ...this.headers(), "Content-Type": "application/json" };
    }
    let answer: Response;
    try {
      answer = await fetch(this.base + path, init);
    } catch {
      throw new Refusal(0, "unreachable", "The server can’t be reached.", null);
    }
    const content = parse(await answer.text()) as T & { title?: string; code?: string; after?: number };
    if (answer.ok) return content;
    throw new Refusal(answer.status, content?.code ?? "error", content?.title ?? "Something went wrong.", content?.after ?? null);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text || "{}");
  } catch {
    return {};
  }
}
