import { decodeHubReceived, type HubReceived } from "../../../generated/clawchat/index.ts";

/** What a text frame turned out to be. */
export type Read = Marks &
  (
    | { is: "frame"; frame: HubReceived }
    /** Of a known event, and against its schema. */
    | { is: "broken"; event: string; field: string; detail: string; payload: unknown }
    /** Of an event nobody here knows, which is no fault. */
    | { is: "other"; event: string }
    /** No JSON object at all. */
    | { is: "noise" }
  );

/** What counts of every frame, whatever is wrong with the rest of it. */
export interface Marks {
  /** As it came: anything. */
  dseq: unknown;
  seq: unknown;
  chatId: string | undefined;
  traceId: string | undefined;
}

/** Decodes one text frame; total. */
export function readFrame(text: string): Read {
  const decoded = decodeHubReceived(text);
  if (decoded.ok) return { ...marksOf(decoded.value), is: "frame", frame: decoded.value };
  const { input } = decoded;
  if (!isJson(input)) return { is: "noise", ...marksOf({}) };
  const { event, payload } = input;
  if (decoded.code === "unknown-event") return { is: "other", event: typeof event === "string" ? event : typeof event, ...marksOf(input) };
  return { is: "broken", event: String(event), field: decoded.path, detail: decoded.detail, payload, ...marksOf(input) };
}

export function isJson(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function marksOf(frame: { dseq?: unknown; seq?: unknown; chat_id?: unknown; trace_id?: unknown }): Marks {
  const { dseq, seq, chat_id: chatId, trace_id: traceId } = frame;
  return { dseq, seq, chatId: wordIn(chatId), traceId: wordIn(traceId) };
}

function wordIn(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
