import type { ChatSent } from "../../../generated/websocket/index.ts";

/**
 * Follows the answers to what was said: frames in, what to show out. Several messages may be under way; the oldest
 * unanswered one is shown as it grows, the others when their turn comes.
 */
export interface Conversation {
  readonly waiting: readonly Pending[];
  /** What of the oldest one stands on the screen. */
  readonly shown: string;
}

interface Pending {
  readonly id: string;
  readonly content: string;
  readonly end?: { readonly error: string } | { readonly media: readonly string[] };
}

export type Show =
  | { show: "typing" }
  /** More of the answer. */
  | { show: "more"; text: string }
  /** The agent took back what it had said; this replaces it. */
  | { show: "anew"; text: string }
  /** The answer to `id` is complete; `text` is all of it. */
  | { show: "answered"; id: string; text: string; media: readonly string[] }
  | { show: "failed"; id: string; error: string }
  /** Not an answer: something the agent says by itself, or an error about no message in particular. */
  | { show: "notice"; text: string }
  | { show: "warning"; text: string };

interface Next {
  conversation: Conversation;
  shows: readonly Show[];
}

export const silence: Conversation = { waiting: [], shown: "" };

export function said(conversation: Conversation, id: string): Conversation {
  return { ...conversation, waiting: [...conversation.waiting, { id, content: "" }] };
}

export function heard(conversation: Conversation, frame: ChatSent): Next {
  if (frame.type === "chat.typing") {
    const expected = conversation.waiting.length > 0 && conversation.shown === "";
    return { conversation, shows: expected ? [{ show: "typing" }] : [] };
  }
  if (frame.type === "chat.stream") return update(conversation, frame.messageId, { content: frame.content });
  if (frame.type === "chat.response") {
    if (isUnasked(frame.messageId)) return { conversation, shows: [{ show: "notice", text: frame.content }] };
    return update(conversation, frame.messageId, { content: frame.content, end: { media: frame.mediaUrls ?? [] } });
  }
  if (frame.type === "chat.error") {
    if (frame.messageId === undefined) return { conversation, shows: [{ show: "warning", text: frame.error }] };
    return update(conversation, frame.messageId, { end: { error: frame.error } });
  }
  return { conversation, shows: [] };
}

/** What was asked and not answered yet, oldest first. */
export function unanswered(conversation: Conversation): string[] {
  return conversation.waiting.filter((pending) => !pending.end).map((pending) => pending.id);
}

/** WS-27. An id that is neither unasked nor waiting is a repeat of an answer, and says nothing new. */
function isUnasked(id: string | undefined): id is undefined {
  return id === undefined || id.startsWith("srv_");
}

function update(conversation: Conversation, id: string, change: Omit<Pending, "id" | "content"> & { content?: string }): Next {
  const waiting = conversation.waiting.map((pending) => (pending.id === id && !pending.end ? { ...pending, ...change } : pending));
  return settle({ ...conversation, waiting });
}

/** Brings the screen up to date with the oldest message, and with those behind it when it has ended. */
function settle(conversation: Conversation): Next {
  const shows: Show[] = [];
  let { waiting, shown } = conversation;
  for (let oldest = waiting[0]; oldest; oldest = waiting[0]) {
    shows.push(...difference(shown, oldest.content));
    shown = oldest.content;
    if (!oldest.end) break;
    shows.push("error" in oldest.end ? { show: "failed", id: oldest.id, error: oldest.end.error } : { show: "answered", id: oldest.id, text: oldest.content, media: oldest.end.media });
    waiting = waiting.slice(1);
    shown = "";
  }
  return { conversation: { waiting, shown }, shows };
}

function difference(before: string, after: string): Show[] {
  if (after === before) return [];
  if (after.startsWith(before)) return [{ show: "more", text: after.slice(before.length) }];
  return [{ show: "anew", text: after }];
}
