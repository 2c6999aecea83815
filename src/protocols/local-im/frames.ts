import { type ErrorCode, errorCodes, type ImSent } from "../../../generated/local-im/index.ts";
import type { Grown } from "../../../generated/escape.ts";
import { clip } from "../../core/redact.ts";
import type { Act } from "../acts.ts";
import type { Activity, Terminal } from "../turn.ts";
import type { Origin } from "./identity.ts";

/** What the server understands: before its `hello` only the documented types and fields (LI-25). */
export interface Dialect {
  extended: boolean;
  extensions: readonly string[];
}

/** A reply as this connection has been shown it. */
export interface Reply {
  /** As it was when the reply began, so that no reply changes its form (LI-25). */
  dialect: Dialect;
  /** Frames so far. */
  seq: number;
  /** What it was shown last of the answer. */
  said?: Grown;
  /** What it has been shown of the thoughts (LI-14). */
  thought: string;
}

/** Code points of a `done`: an answer and the links below it. */
const DONE_CODE_POINTS = 524_288;

export function doneFrame(reply: Reply, of: Origin, { content, thought = "", mediaUrls = [], unasked }: Said): ImSent {
  const isNamed = has(reply.dialect, "edit") || has(reply.dialect, "reactions");
  return {
    type: "done",
    ...echoOf(of),
    content: clip([content, ...mediaUrls].filter((text) => text !== "").join("\n\n"), DONE_CODE_POINTS),
    thought,
    ...additions(reply, of),
    ...(unasked !== undefined && reply.dialect.extended && { proactive: true, ...(isNamed && { messageId: unasked }) }),
  };
}

interface Said {
  content: string;
  thought?: string;
  /** The wire has no place for files: their links stand below the text. */
  mediaUrls?: readonly string[];
  /** Nobody asked for it: its own id, as no message gives it one. */
  unasked?: string;
}

/** Something the agent does to a message that was said before (LI-30, LI-31). */
export function actFrame(act: Act, name: string): ImSent {
  switch (act.act) {
    case "react":
      return { type: "reaction", messageId: name, emoji: act.emoji, op: act.isRemoval ? "remove" : "add" };
    case "edit":
      return { type: "edited", replyTo: name, content: act.content };
    case "delete":
      return { type: "deleted", replyTo: name };
  }
}

/** The text is the code's (LI-16), unless it is about the frame itself and nothing else. */
export function errorFrame(reply: Reply, of: Origin, code: ErrorCode, error = textOf(code)): ImSent {
  return { type: "error", ...echoOf(of), error, ...(reply.dialect.extended && { code }), ...additions(reply, of) };
}

/** Names of tools are the agent's, and may be longer than the wire takes. It is no frame of the reply itself: it has no number. */
export function activityFrame({ dialect }: Reply, of: Origin, { id, tool, status }: Activity): ImSent {
  const replyTo = dialect.extended && of.messageId !== undefined ? { replyTo: of.messageId } : {};
  return { type: "activity", ...echoOf(of), ...replyTo, activityId: clip(id, NAME_CHARACTERS), tool: clip(tool, NAME_CHARACTERS), status };
}

const NAME_CHARACTERS = 128;

export function terminalFrame(reply: Reply, of: Origin, end: Terminal): ImSent {
  return end.type === "error" ? errorFrame(reply, of, end.code) : doneFrame(reply, of, end);
}

/** The ids of the message, as they came (LI-12). */
export function echoOf({ conversationId, sessionId }: Origin): { conversationId?: string; sessionId?: string } {
  return { ...(conversationId !== undefined && { conversationId }), ...(sessionId !== undefined && { sessionId }) };
}

/** What tells the frames of several replies apart, and their order (LI-26). */
export function additions({ dialect, seq }: Reply, { messageId }: Origin): { replyTo?: string; seq?: number } {
  if (!dialect.extended) return {};
  return { ...(messageId !== undefined && { replyTo: messageId }), seq };
}

export function has(dialect: Dialect, extension: string): boolean {
  return dialect.extensions.includes(extension);
}

function textOf(code: ErrorCode): string {
  return errorCodes.find((row) => row.code === code)?.error ?? code;
}
