import type { GatewaySent, Ping, SentData, SentError, SentEvent, System } from "../../../generated/insta-claw/index.ts";
import { validateId } from "../../../generated/insta-claw/index.ts";
import type { FailureCode, Terminal } from "../turn.ts";
import type { Refusal } from "../inbound.ts";
import { numberedId } from "./ids.ts";
import type { Profile } from "./profile.ts";
import { itemOf, type Reply } from "./reply.ts";

export type Framing = Profile["framing"];

export const AGENT_FAILED = "The agent could not produce a reply.";
export const CANCELLED = "The request was cancelled.";
export const RESTARTING = "The gateway is restarting. Try again later.";
export const NOT_STORED = "The message could not be stored. Try again later.";
export const TOO_MANY = "Maximum concurrent requests exceeded";
export const NO_CONTENT = "Request content must be a non-empty string";
export const REJECTED_MEDIA = "An attachment was rejected.";

/** Puts an event into the form its reader wants (IC-19). */
export function replyFrame(event: SentEvent, framing: Framing, inReplyTo: string | undefined, now: number): GatewaySent {
  return frameOf(event, framing, inReplyTo, now, numberedId("msg", event.response_id, event.sequence_number, now));
}

/** The same for what belongs to no reply; `messageId` is the envelope's. */
export function frameOf(event: SentData, framing: Framing, inReplyTo: string | undefined, now: number, messageId: string): GatewaySent {
  if (framing === "bare") return event;
  const answers = inReplyTo === undefined ? {} : { inReplyTo };
  return framing === "topic"
    ? { type: "MESSAGE", headers: { messageId, topic: "/v1.0/im/bot/messages", ...answers }, data: event }
    : { type: "message", headers: { messageId, timestamp: now, ...answers }, data: event };
}

/** A whole reply at once, for who asked for no stream. */
export function wholeFrame({ responseId, metadata }: Reply, end: { text: string } | { error: SentError }): GatewaySent {
  const about = { id: responseId, object: "response", metadata } as const;
  if ("error" in end) return { ...about, status: "failed", output: [], error: end.error };
  const text = end.text.toWellFormed();
  return { ...about, status: "completed", output: [itemOf(responseId, "completed", text)], output_text: text };
}

/** The text of an answer. There is no other place for attachments than links in it. */
export function answerText({ content, mediaUrls = [] }: { content: string; mediaUrls?: readonly string[] }): string {
  return [content, ...mediaUrls].filter((piece) => piece !== "").join("\n\n");
}

/** What a failed turn is told as: a code and a sentence of ours, for whatever the agent said may come from inside (IC-27). */
export function failureOf({ code }: Extract<Terminal, { type: "error" }>, requestTimeoutMs: number): SentError {
  const failures: Record<FailureCode, SentError> = {
    agent_error: { code: "SDK_ERROR", message: AGENT_FAILED },
    cancelled: { code: "SDK_ERROR", message: CANCELLED },
    timeout: { code: "TIMEOUT", message: `Request timed out after ${requestTimeoutMs}ms` },
  };
  return failures[code];
}

/** What a refused sender is told; undefined for one who is not let in (IC-26). */
export function refusalOf({ code, error }: Refusal): SentError | undefined {
  switch (code) {
    case "forbidden":
      return undefined;
    case "queue_full":
      return { code: "RATE_LIMIT", message: TOO_MANY };
    case "rate_limited":
      return { code: "RATE_LIMIT", message: error };
    case "media_rejected":
      return { code: "INVALID_REQUEST", message: REJECTED_MEDIA };
    case "shutting_down":
      return { code: "SDK_ERROR", message: RESTARTING };
    case "not_stored":
      return { code: "SDK_ERROR", message: NOT_STORED };
    case "agent_error":
      return { code: "SDK_ERROR", message: AGENT_FAILED };
  }
}

/** Says that an envelope was taken, in the form the server reads (IC-28). */
export function ackFrame(mode: Profile["ack"], messageId: string): GatewaySent | undefined {
  switch (mode) {
    case "off":
      return undefined;
    case "intclaw":
      return { headers: { messageId }, data: { success: true } };
    case "dingtalk":
      return { code: 200, headers: { contentType: "application/json", messageId }, message: "OK", data: '{"response":{"success":true}}' };
  }
}

/** The answer to a ping, framed like it. */
export function pongFrame({ headers }: Ping): GatewaySent {
  if (typeof headers !== "object" || headers === null || Array.isArray(headers)) return { type: "pong" };
  const { messageId } = headers as { messageId?: unknown };
  return { type: "pong", headers: validateId(messageId) ? { messageId } : {}, data: "{}" };
}

export function systemPong({ headers = {}, data }: System): GatewaySent {
  return { code: 200, headers, message: "OK", ...(data !== undefined && { data }) };
}
