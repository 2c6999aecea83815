import type { ChatSent, ErrorCode } from "../../../generated/websocket/index.ts";
import type { Act, ActName } from "../acts.ts";
import type { Inbound } from "../inbound.ts";
import { clip } from "../../core/redact.ts";
import type { Activity, Terminal } from "../turn.ts";

/** What a connection understands: without `chat.hello` only the documented types and fields (WS-28). */
export interface Dialect {
  extended: boolean;
  extensions: readonly string[];
}

/** The message something is about. */
export interface About {
  messageId: string;
  groupId?: string;
  threadId?: string;
}

export function terminalFrame(dialect: Dialect, of: About, end: Terminal): ChatSent {
  if (end.type === "error") return errorFrame(dialect, end.code, end.error, of.messageId);
  const urls = end.mediaUrls ?? [];
  const named = dialect.extended ? urls.slice(0, MEDIA_URLS) : [];
  return {
    type: "chat.response",
    messageId: of.messageId,
    // An application that does not know `mediaUrls` still gets the links, and one that does those for which it has no room.
    content: named.length === urls.length ? end.content : [end.content, ...urls.slice(named.length)].filter(Boolean).join("\n\n"),
    done: true,
    ...(named.length > 0 && { mediaUrls: named }),
    ...(dialect.extended && end.replyToMessageId !== undefined && { replyToMessageId: end.replyToMessageId }),
    ...additions(dialect, of),
  };
}

/** `maxItems` of `mediaUrls`. */
const MEDIA_URLS = 64;

export function errorFrame(dialect: Dialect, code: ErrorCode, error: string, messageId: string | undefined): ChatSent {
  return { type: "chat.error", ...(messageId !== undefined && { messageId }), error, ...(dialect.extended && { code }) };
}

export function typingFrame(dialect: Dialect, of: About): ChatSent {
  const group = of.groupId !== undefined && has(dialect, "groups") ? { groupId: of.groupId } : {};
  return { type: "chat.typing", ...(dialect.extended && { messageId: of.messageId }), ...group };
}

export function thoughtFrame(dialect: Dialect, of: About, content: string): ChatSent {
  return { type: "chat.thought", messageId: of.messageId, content, ...additions(dialect, of) };
}

/** Names of tools are the agent's, and may be longer than the wire takes. */
export function activityFrame(dialect: Dialect, of: About, { id, tool, status }: Activity): ChatSent {
  return { type: "chat.activity", messageId: of.messageId, activityId: clip(id, NAME_CHARACTERS), tool: clip(tool, NAME_CHARACTERS), status, ...additions(dialect, of) };
}

const NAME_CHARACTERS = 128;

export function welcomeFrame(dialect: Dialect, senderId: string): ChatSent {
  return { type: "chat.welcome", extensions: [...dialect.extensions], senderId };
}

export function postFrame(inbound: Inbound): ChatSent {
  const { conversation, sender } = inbound;
  return {
    type: "chat.message",
    messageId: inbound.messageId,
    groupId: conversation.id,
    senderId: sender.id,
    content: inbound.content,
    ...(sender.name !== undefined && { senderName: sender.name }),
    ...(conversation.threadId !== undefined && { threadId: conversation.threadId }),
  };
}

export function additions(dialect: Dialect, of: About): { groupId?: string; threadId?: string } {
  return {
    ...(of.groupId !== undefined && has(dialect, "groups") && { groupId: of.groupId }),
    ...(of.threadId !== undefined && has(dialect, "threads") && { threadId: of.threadId }),
  };
}

/** What frames about an inbound message carry besides its id. */
export function aboutOf(inbound: Inbound): About {
  const { conversation, messageId } = inbound;
  return {
    messageId,
    ...(conversation.kind === "group" && { groupId: conversation.id }),
    ...(conversation.threadId !== undefined && { threadId: conversation.threadId }),
  };
}

/** Something that is done to a message that was said before (WS-35, WS-36). */
export function actFrame(act: Act, messageId: string, senderId: string): ChatSent {
  switch (act.act) {
    case "react":
      return { type: "chat.reaction", messageId, emoji: act.emoji, op: act.isRemoval ? "remove" : "add", senderId };
    case "edit":
      return { type: "chat.edited", messageId, content: act.content, senderId };
    case "delete":
      return { type: "chat.deleted", messageId, senderId };
  }
}

/** What the connection has turned on of this. */
export function carriedBy(dialect: Dialect): ActName[] {
  return [...(has(dialect, "reactions") ? (["react"] as const) : []), ...(has(dialect, "edit") ? (["edit", "delete"] as const) : [])];
}

/** Whether the connection turned this extension on. */
export function has(dialect: Dialect, extension: string): boolean {
  return dialect.extensions.includes(extension);
}
