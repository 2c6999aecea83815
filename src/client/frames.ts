import type { ChatActivity, ChatDeleted, ChatEdited, ChatError, ChatMedia, ChatMessage, ChatPairing, ChatReaction, ChatResponse, ChatStream, ChatThought, ChatTyping, ChatWelcome } from "../../generated/websocket/types.ts";

/** What the server may say. The generated validators are ten times the size of the whole client, so this reads the envelope by hand. */
export type Heard =
  | ChatActivity
  | ChatDeleted
  | ChatEdited
  | (Omit<ChatError, "code"> & { code?: string })
  | ChatMedia
  | ChatMessage
  | ChatPairing
  | ChatReaction
  | ChatResponse
  | ChatStream
  | ChatThought
  | ChatTyping
  | ChatWelcome;

type HeardType = Heard["type"];
type Kind<Value> = Value extends string ? "string" : Value extends number ? "number" : Value extends readonly string[] ? "strings" : "boolean";
/** A field that may be absent ends in `?`. The compiler holds the table against the generated types. */
type Shape<Frame> = { readonly [Name in Exclude<keyof Frame, "type">]-?: undefined extends Frame[Name] ? `${Kind<NonNullable<Frame[Name]>>}?` : Kind<Frame[Name]> };

const shapes: { readonly [Type in HeardType]: Shape<Extract<Heard, { type: Type }>> } = {
  "chat.typing": { messageId: "string?", groupId: "string?" },
  "chat.stream": { messageId: "string", content: "string", done: "boolean", delta: "string?", seq: "number?", groupId: "string?", threadId: "string?" },
  "chat.thought": { messageId: "string", content: "string", groupId: "string?", threadId: "string?" },
  "chat.activity": { messageId: "string", activityId: "string", tool: "string", status: "string", groupId: "string?", threadId: "string?" },
  "chat.response": { messageId: "string", content: "string", done: "boolean", mediaUrls: "strings?", replyToMessageId: "string?", groupId: "string?", threadId: "string?" },
  "chat.error": { messageId: "string?", error: "string", code: "string?" },
  "chat.welcome": { extensions: "strings", senderId: "string" },
  "chat.pairing": { messageId: "string", code: "string", expiresAt: "number" },
  "chat.message": { messageId: "string", groupId: "string", senderId: "string", senderName: "string?", content: "string", threadId: "string?" },
  "chat.media": { messageId: "string", mediaId: "string", mimeType: "string?", name: "string?", url: "string" },
  "chat.edited": { messageId: "string", content: "string", senderId: "string" },
  "chat.deleted": { messageId: "string", senderId: "string" },
  "chat.reaction": { messageId: "string", emoji: "string", op: "string", senderId: "string" },
};

export type Read =
  | { is: "frame"; frame: Heard }
  /** A type of a newer server, or the greeting of an older one. */
  | { is: "nothing" }
  | { is: "malformed"; text: string };

/** Reads one message of the socket. Total: nothing that arrives throws, and nothing malformed gets past it. */
export function readFrame(data: unknown): Read {
  if (typeof data !== "string") return malformed("expected a text frame, got a binary one");
  const frame = parse(data);
  if (typeof frame !== "object" || frame === null || Array.isArray(frame)) return malformed("expected a JSON object");
  const fields = frame as Record<string, unknown>;
  const { type } = fields;
  if (typeof type !== "string") return malformed(`expected a type, got ${nameOf(type)}`);
  if (!Object.hasOwn(shapes, type)) return { is: "nothing" };
  // Older servers greet with it.
  if (type === "chat.response" && fields["messageId"] === undefined) return { is: "nothing" };
  for (const [name, expected] of Object.entries(shapes[type as HeardType])) {
    const value = fields[name];
    if (!fits(value, expected)) return malformed(`${type}: expected ${name} to be a ${expected.replace("?", "").replace("strings", "list of strings")}, got ${nameOf(value)}`);
  }
  return { is: "frame", frame: frame as Heard };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fits(value: unknown, expected: string): boolean {
  if (value === undefined) return expected.endsWith("?");
  if (expected.startsWith("strings")) return Array.isArray(value) && value.every((item) => typeof item === "string");
  return expected.startsWith(typeof value);
}

function nameOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
}

function malformed(text: string): Read {
  return { is: "malformed", text };
}
