import type { ErrorCode } from "../../generated/websocket/types.ts";

/** What the client itself has to say, beside the codes of the wire. */
export type ClientCode =
  /** The chat is closed: by `close()`, or for good by the server. */
  | "closed"
  /** The connection was away for longer than the server remembers: the agent may have answered, or not. */
  | "unknown_outcome"
  /** A frame of the server that is not as its document says. */
  | "malformed"
  /** An option of `connect` or `send` that cannot work. */
  | "bad_option";

/** `code` may be one that a newer server has added. */
export type ChatErrorCode = ErrorCode | ClientCode | (string & {});

/** `never`: the same would fail again. `later`: it may be sent again as a new message. `unsure`: it may have been answered. */
export type Retry = "never" | "later" | "unsure";

/** Every other code is `never`. */
const retries: { readonly [Code in ErrorCode | ClientCode]?: Retry } = {
  rate_limited: "later",
  queue_full: "later",
  agent_error: "later",
  not_stored: "later",
  timeout: "later",
  shutting_down: "later",
  unknown_outcome: "unsure",
};

/** Why a message has no answer. */
export class ChatError extends Error {
  override readonly name = "ChatError";
  readonly code: ChatErrorCode;
  readonly retry: Retry;
  /** The message it is about. */
  readonly messageId: string | undefined;

  constructor(code: ChatErrorCode, text: string, messageId?: string) {
    super(text);
    this.code = code;
    this.retry = (Object.hasOwn(retries, code) && retries[code as ErrorCode]) || "never";
    this.messageId = messageId;
  }
}
