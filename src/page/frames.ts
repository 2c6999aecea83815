import { decodeChatReceived, decodeChatSent } from "../../generated/websocket/codec.ts";
import type { NotDecoded } from "../../generated/runtime.ts";

/** What the generated validators say of a frame. */
export type Verdict = { readonly ok: true } | { readonly ok: false; readonly where: string; readonly text: string };

/** One line of the inspector: a frame, or something that happened to the connection. */
export interface Frame {
  readonly n: number;
  readonly at: number;
  readonly way: "sent" | "received" | "event";
  /** The type of the frame, as far as it has one; what happened otherwise. */
  readonly type: string;
  readonly bytes: number;
  /** JSON for people, or the text where it is none. */
  readonly shown: string;
  readonly verdict: Verdict;
}

/** Of one text in a frame that is shown: an attachment would fill the panel. */
const LONGEST = 400;
const sensitive: readonly string[] = ["token"];

/** Reads a frame with the validators of its direction: what the gateway would, and what it should have sent. */
export function judge(n: number, way: "sent" | "received", text: unknown, at: number): Frame {
  if (typeof text !== "string") return { n, at, way, type: "binary", bytes: 0, shown: "", verdict: { ok: false, where: "", text: "Expected a text frame, got a binary one" } };
  const decoded = way === "sent" ? decodeChatReceived(text) : decodeChatSent(text);
  const input: unknown = decoded.ok ? decoded.value : decoded.input;
  return { n, at, way, type: typeOf(input), bytes: new TextEncoder().encode(text).length, shown: input === undefined ? clip(text) : pretty(input), verdict: decoded.ok ? { ok: true } : explain(decoded) };
}

export function happened(n: number, type: string, shown: string, at: number): Frame {
  return { n, at, way: "event", type, bytes: 0, shown, verdict: { ok: true } };
}

function explain({ path, detail }: NotDecoded): Verdict {
  return { ok: false, where: path, text: detail };
}

function typeOf(input: unknown): string {
  const type = typeof input === "object" && input !== null ? (input as { type?: unknown }).type : undefined;
  return typeof type === "string" ? clip(type) : "no type";
}

function pretty(input: unknown): string {
  return JSON.stringify(input, (name, value: unknown) => (typeof value !== "string" ? value : sensitive.includes(name) ? "…" : clip(value)), 2);
}

function clip(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text;
}
