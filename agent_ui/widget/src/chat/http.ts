// The hub over plain HTTP: where a visit begins, files go up, and everything works without a socket.

import type { Ack, FileInfo, Identity, Opened, Outgoing, Polled, Refused, Wait } from "./protocol";

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    words: string,
    readonly after: number | null = null,
  ) {
    super(words);
  }

  /** The same may work later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

interface Problem {
  title?: string;
  code?: string;
  after?: number;
}

const LONGEST_MS = 40_000;

export class Http {
  token = "";

  constructor(private readonly base: string) {}

  visit(token: string | null, identity: Identity | null, host: string | null): Promise<Opened> {
    return this.call<Opened>("visit", {
      ...(identity ? { identity } : token ? { token } : {}),
      ...(host ? { host } : {}),
    });
  }

  async say(message: Outgoing): Promise<Ack | Wait | Refused> {
    try {
      return await this.call<Ack>("messages", message).then((ack) => ({ ...ack, t: "ack" }));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { client_id } = message;
      if (error.isPassing) return { t: "wait", client_id, after: error.after ?? 3, code: error.code };
      return { t: "refused", client_id, code: error.code, words: error.message };
    }
  }

  poll(after: number, wait: number, signal: AbortSignal): Promise<Polled> {
    return this.call<Polled>(`messages?after=${after}&wait=${wait}`, null, signal);
  }

  marks(delivered: number, read: number): Promise<void> {
    return this.call("marks", { delivered, read });
  }

  typing(on: boolean): Promise<void> {
    return this.call("typing", { on });
  }

  async file(media_id: string): Promise<Blob> {
    const answer = await fetch(`${this.base}file/${media_id}`, { headers: this.headers(), credentials: "omit" });
    if (!answer.ok) throw new Refusal(answer.status, "file", answer.statusText);
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
      request.onerror = () => reject(new Refusal(0, "unreachable", ""));
      request.onabort = () => reject(new DOMException("", "AbortError"));
      request.onload = () => {
        const body = parse(request.responseText);
        if (request.status < 300) resolve(body as { ticket: string; file: FileInfo });
        else reject(refusal(request.status, body as Problem));
      };
      signal.addEventListener("abort", () => request.abort());
      request.send(file);
    });
  }

  private headers(): Record<string, string> {
    return this.token ? { Authorization: `Bearer ${this.token}` } : {};
  }

  /** A body makes it a POST. */
  private async call<T>(path: string, body: object | null = null, signal = AbortSignal.timeout(LONGEST_MS)): Promise<T> {
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(this.base + path, {
        method: body ? "POST" : "GET",
        headers: this.headers(),
        credentials: "omit",
        signal,
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      text = await answer.text();
    } catch {
      throw new Refusal(0, "unreachable", "");
    }
    if (!answer.ok) throw refusal(answer.status, parse(text) as Problem);
    return parse(text) as T;
  }
}

const refusal = (status: number, { title, code, after }: Problem): Refusal =>
  new Refusal(status, code ?? "error", title ?? "", after ?? null);

function parse(text: string): unknown {
  try {
    return JSON.parse(text || "{}");
  } catch {
    return {};
  }
}
