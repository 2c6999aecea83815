import { forLog } from "../core/redact.ts";
import type { HttpAnswer, HttpCall, HttpRequest } from "./http.ts";

/** What became of a REST call. `why` and `message` are for people: bounded, one line, without what was sent as a secret. */
export type RestOutcome =
  | { kind: "ok"; data: Readonly<Record<string, unknown>> }
  /** The request has reached nobody: safe to repeat. */
  | { kind: "never-arrived"; why: string }
  /** It may have been done, or not. */
  | { kind: "unclear"; why: string }
  /** HTTP 401 or 403: the token is refused. */
  | { kind: "auth"; status: number; code?: number; message: string }
  /** Refused otherwise; `code` is the server's own, absent where it gave none. */
  | { kind: "api"; status: number; code?: number; message: string; data?: unknown };

/** The members of `{ code, msg | message, data }` that are there and of the right type. */
export interface RestEnvelope {
  code?: number;
  message?: string;
  data?: unknown;
}

/** Makes a call and reads its envelope. Never rejects. */
export async function callRest(http: HttpCall, request: HttpRequest, secrets: readonly string[] = []): Promise<RestOutcome> {
  return readOutcome(await http(request), [...secrets, ...secretsIn(request)]);
}

/** The class of an answer by HTTP status and envelope. */
export function readOutcome(answer: HttpAnswer, secrets: readonly string[] = []): RestOutcome {
  if (answer.kind !== "answered") return answer;
  const { status } = answer;
  const { code, message = "", data } = readEnvelope(answer.body);
  const said = { status, ...(code !== undefined && { code }), message: forLog(hide(message, secrets)) };
  if (status === 401 || status === 403) return { kind: "auth", ...said };
  if (status < 200 || status > 299) return { kind: "api", ...said, ...(data !== undefined && { data }) };
  if (code === undefined) return { kind: "unclear", why: `the answer (HTTP ${status}) is not what was expected of this server` };
  if (code !== 0) return { kind: "api", ...said, ...(data !== undefined && { data }) };
  return isRecord(data) ? { kind: "ok", data } : { kind: "unclear", why: "the answer holds no data" };
}

export function readEnvelope(body: unknown): RestEnvelope {
  if (!isRecord(body)) return {};
  const { code, msg, message, data } = body;
  const text = [msg, message].find((candidate) => typeof candidate === "string");
  return { ...(typeof code === "number" && { code }), ...(typeof text === "string" && { message: text }), ...(data !== undefined && { data }) };
}

/** What needs the owner of an agent is never tried again by itself (CC-89). */
const owners: Readonly<Record<number, string>> = { 21001: "the owner has to approve it first", 21003: "the owner does not allow it" };

/** One sentence about an outcome that is not `ok`. */
export function explainOutcome(outcome: Exclude<RestOutcome, { kind: "ok" }>): string {
  if (outcome.kind === "never-arrived" || outcome.kind === "unclear") return outcome.why;
  const asked = outcome.code === undefined ? undefined : owners[outcome.code];
  if (asked !== undefined) return asked;
  const code = outcome.code === undefined ? "" : `, code ${outcome.code}`;
  return `the server refused (HTTP ${outcome.status}${code})${outcome.message === "" ? "" : `: ${outcome.message}`}`;
}

/** A text of the server without these: it may well answer "unknown token abc". */
export function hide(text: string, secrets: readonly string[]): string {
  // Longest first: a part must not break up the whole.
  const known = [...new Set(secrets)].filter((secret) => secret !== "").toSorted((a, b) => b.length - a.length);
  return known.reduce((left, secret) => left.replaceAll(secret, "***"), text);
}

/** Shorter ones would blot out ordinary words. */
const SHORTEST = 6;

/** What a request says that its answer could repeat: the words of its headers, the texts of its body. */
function secretsIn({ headers = {}, body }: HttpRequest): string[] {
  const inHeaders = Object.values(headers).flatMap((value) => [value, ...value.split(/\s+/)]);
  const inBody = body !== undefined && "json" in body && isRecord(body.json) ? Object.values(body.json).filter((value) => typeof value === "string") : [];
  return [...inHeaders, ...inBody].filter(({ length }) => length >= SHORTEST);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
