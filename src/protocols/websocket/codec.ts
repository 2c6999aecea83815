import {
  type ChatReceived,
  type ChatSend,
  decodeChatReceived,
  type ErrorCode,
  extensions,
  validateId,
} from "../../../generated/websocket/index.ts";

/** What a text frame turned out to be: a frame, or a refusal to answer with (WS-7). */
export type Read = { ok: true; frame: ChatReceived } | { ok: false; refusal: Refusal };

export interface Refusal {
  code: ErrorCode;
  error: string;
  /** The id the sender gave, where it is one. */
  messageId?: string;
}

export const INVALID_FORMAT = "Invalid message format. Expected: { type: 'chat.send', content: '...' }";
export const PARSE_ERROR = "Failed to parse message";

/** Decodes one text frame; total. */
export function readFrame(text: string): Read {
  const decoded = decodeChatReceived(text);
  if (decoded.ok) return { ok: true, frame: decoded.value };
  if (decoded.code === "not-json") return { ok: false, refusal: { code: "parse_error", error: PARSE_ERROR } };
  const refuse = (code: ErrorCode, error: string): Read => ({ ok: false, refusal: refusalOf(code, error, decoded.input) });
  if (decoded.code === "unknown-event") return refuse("invalid_format", INVALID_FORMAT);
  // Old applications match on the documented text, which covers type and content (WS-7).
  if (decoded.message === "ChatSend" && isAboutContent(decoded)) return refuse("invalid_format", INVALID_FORMAT);
  return refuse("invalid_field", decoded.detail);
}

const extensionsByName: Readonly<Partial<Record<ChatReceived["type"], string>>> = extensions;

/** The extension a frame belongs to; undefined for the documented types. */
export function extensionOf(frame: ChatReceived): string | undefined {
  return extensionsByName[frame.type];
}

/** The refusal of a valid frame because of one field. */
export function invalidField(frame: ChatSend, field: string, expectation: string): Refusal {
  return refusalOf("invalid_field", `Invalid field ${field}: ${expectation}`, frame);
}

/** Also a valid frame may have anything for its id, where its type has no such field. */
export function refusalOf(code: ErrorCode, error: string, input: unknown): Refusal {
  const messageId = messageIdOf(input);
  return { code, error, ...(messageId !== undefined && { messageId }) };
}

function isAboutContent(failure: { path: string; detail: string; keyword: string; input?: unknown }): boolean {
  if (failure.path === "content") {
    const content = (failure.input as Partial<ChatSend> | undefined)?.content;
    return typeof content !== "string" || content === "";
  }
  return failure.keyword === "required" && !(failure.input instanceof Object && Object.hasOwn(failure.input, "content"));
}

function messageIdOf(input: unknown): string | undefined {
  if (typeof input !== "object" || input === null || !Object.hasOwn(input, "messageId")) return undefined;
  const id = (input as { messageId: unknown }).messageId;
  return validateId(id) ? id : undefined;
}
