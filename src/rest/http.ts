import { limits } from "../core/limits.ts";
import type { Timers } from "../core/ports.ts";

export interface HttpRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  url: string;
  /** May hold secrets. */
  headers?: Readonly<Record<string, string>>;
  /** A form brings its own content type. */
  body?: { json: unknown } | { form: FormData };
  /** ms for all of it, looking up the name and reading the answer included. */
  timeoutMs?: number;
  /** Bytes of the answer's body. */
  maxBytes?: number;
}

/** `why` is for people and holds nothing of the request's headers or body. */
export type HttpAnswer =
  | {
      kind: "answered";
      status: number;
      /** What the body says; absent where it is no JSON. */
      body?: unknown;
      /** The body where it is no JSON. */
      text?: string;
    }
  /** Nothing of the request has reached a server: what may be done only once may be done again. */
  | { kind: "never-arrived"; why: string }
  /** The server may have done what it was asked. */
  | { kind: "unclear"; why: string };

/** One HTTP request. Never rejects; redirects are answers, never followed: a token must not go where a server points. */
export type HttpCall = (request: HttpRequest) => Promise<HttpAnswer>;

/** The only place that makes HTTP requests with tokens. */
export function createHttp(timers: Timers, send: typeof fetch = fetch): HttpCall {
  return async (request) => {
    const { timeoutMs = limits.restMs, maxBytes = limits.restBodyBytes } = request;
    const abort = new AbortController();
    const late = Promise.withResolvers<HttpAnswer>();
    const cancel = timers.after(timeoutMs, () => {
      late.resolve({ kind: "unclear", why: `no whole answer within ${timeoutMs / 1000} s` });
      abort.abort();
    });
    // The race settles also where a name is looked up, which cannot be aborted.
    const answer = await Promise.race([late.promise, exchange(request, maxBytes, send, abort.signal)]);
    cancel();
    abort.abort();
    return answer;
  };
}

/** The same, given up after `ms` whatever it does: for what must end, such as a call that only one process may make. */
export function boundHttp(http: HttpCall, timers: Timers, ms: number): HttpCall {
  return async (request) => {
    const late = Promise.withResolvers<HttpAnswer>();
    const cancel = timers.after(ms, () => late.resolve({ kind: "unclear", why: `no whole answer within ${ms / 1000} s` }));
    const answer = await Promise.race([late.promise, http(request).catch((): HttpAnswer => ({ kind: "unclear", why: "the exchange failed" }))]);
    cancel();
    return answer;
  };
}

async function exchange({ method, url, headers, body }: HttpRequest, maxBytes: number, send: typeof fetch, signal: AbortSignal): Promise<HttpAnswer> {
  try {
    const response = await send(url, { method, redirect: "manual", signal, ...contentOf(headers, body) });
    const text = await readText(response, maxBytes);
    if (text === undefined) return { kind: "unclear", why: `the answer has more than ${maxBytes} bytes` };
    return { kind: "answered", status: response.status, ...parse(text) };
  } catch (thrown) {
    return explain(thrown);
  }
}

function contentOf(headers: HttpRequest["headers"], body: HttpRequest["body"]): RequestInit {
  if (body === undefined) return { headers: { ...headers } };
  if ("form" in body) return { headers: { ...headers }, body: body.form };
  return { headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(body.json) };
}

async function readText(response: Response, maxBytes: number): Promise<string | undefined> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const chunk = await reader?.read();
    if (!chunk || chunk.done) return text + decoder.decode();
    bytes += chunk.value.byteLength;
    if (bytes > maxBytes) return undefined;
    text += decoder.decode(chunk.value, { stream: true });
  }
}

function parse(text: string): { body: unknown } | { text: string } {
  try {
    return { body: JSON.parse(text) };
  } catch {
    return { text };
  }
}

/** Only codes are told: the texts of the platform may repeat a header or the URL. */
function explain(thrown: unknown): HttpAnswer {
  const faults = faultsOf(thrown);
  const code = faults.map(({ code }) => code).find((code) => code !== undefined) ?? (thrown instanceof Error ? thrown.name : typeof thrown);
  if (faults.length > 0 && faults.every(({ syscall }) => syscall === "getaddrinfo")) return { kind: "never-arrived", why: `the server's name is not known (${code})` };
  if (faults.length > 0 && faults.every(({ syscall }) => syscall === "connect" || syscall === "getaddrinfo")) {
    return { kind: "never-arrived", why: `the server cannot be reached (${code})` };
  }
  return { kind: "unclear", why: `the exchange failed (${code})` };
}

interface Fault {
  code?: string;
  syscall?: string;
}

/** What is at the bottom of an error: a host with several addresses fails with several. */
function faultsOf(thrown: unknown, depth = 0): Fault[] {
  if (!(thrown instanceof Error) || depth > 5) return [];
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return thrown.errors.flatMap((error) => faultsOf(error, depth + 1));
  if (thrown.cause instanceof Error) return faultsOf(thrown.cause, depth + 1);
  const { code, syscall } = thrown as { code?: unknown; syscall?: unknown };
  return [{ ...(typeof code === "string" && { code }), ...(typeof syscall === "string" && { syscall }) }];
}
