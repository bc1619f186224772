// One way to call the hub. A failure is a Problem that says in words what happened and whether trying again makes sense.

import { t } from "../i18n/t";

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    words: string,
    readonly id: string,
    readonly detail: Record<string, unknown> = {},
  ) {
    super(words);
    this.name = "Problem";
  }

  /** The hub never saw it, or may not have: the same client id may be sent again. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export const asProblem = (error: unknown): Problem =>
  error instanceof Problem ? error : new Problem(0, "broken", error instanceof Error ? error.message : String(error), "");

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface CallOptions {
  body?: unknown;
  signal?: AbortSignal;
  /** The page may be going away: let the browser finish it. */
  keepalive?: boolean;
}

const PATIENCE_MS = 20_000;
let onSignedOut: () => void = () => undefined;

export function whenSignedOut(tell: () => void): void {
  onSignedOut = tell;
}

export async function call<T>(method: Method, path: string, options: CallOptions = {}): Promise<T> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const init: RequestInit = {
    method,
    credentials: "same-origin",
    headers: headers(method, options.body !== undefined),
    signal: options.signal ? AbortSignal.any([options.signal, patience]) : patience,
    keepalive: options.keepalive ?? false,
  };
  if (options.body !== undefined) init.body = JSON.stringify(options.body);
  let answer: Response;
  try {
    answer = await fetch(path, init);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    const words = patience.aborted ? t("The server took too long to answer.") : t("The server can’t be reached.");
    throw new Problem(0, "unreachable", words, "");
  }
  if (answer.ok) return (answer.status === 204 ? undefined : await answer.json()) as T;
  throw await problemOf(answer, path);
}

function headers(method: Method, hasBody: boolean): HeadersInit {
  const all: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") all["X-Continuo"] = "1";
  if (hasBody) all["Content-Type"] = "application/json";
  return all;
}

export async function problemOf(answer: Response, path: string): Promise<Problem> {
  let body: Record<string, unknown> = {};
  try {
    body = (await answer.json()) as Record<string, unknown>;
  } catch {
    // Not JSON: a proxy answered. The status says enough.
  }
  const code = typeof body["code"] === "string" ? body["code"] : `http_${answer.status}`;
  const words = [body["detail"], body["title"]].find((text) => typeof text === "string" && text !== "");
  const id = answer.headers.get("X-Request-Id") ?? "";
  if (answer.status === 401 && !path.startsWith("/api/session")) onSignedOut();
  return new Problem(answer.status, code, (words as string | undefined) ?? t("The server answered {status}.", answer), id, body);
}

/** Upload with progress, which fetch can't tell. */
export function upload<T>(path: string, file: Blob, onProgress: (share: number) => void, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("X-Continuo", "1");
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.upload.onprogress = (event) => onProgress(event.lengthComputable ? event.loaded / event.total : 0);
    request.onerror = () => reject(new Problem(0, "unreachable", t("The server can’t be reached."), ""));
    request.onabort = () => reject(new DOMException("aborted", "AbortError"));
    request.onload = () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText) as T);
      else problemOf(new Response(request.responseText, { status: request.status }), path).then(reject, reject);
    };
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
