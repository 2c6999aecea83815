import type { Conversation, User } from "./world.ts";
import { type Fields, readable } from "./frames.ts";

/** A message as the app of a person shows it. */
export interface Shown {
  readonly messageId: string;
  readonly chatId: string;
  readonly senderId: string;
  text: string;
  fragments: readonly unknown[];
  mode: string;
  /** The message it answers. */
  replyTo: string | undefined;
  /** How often it was written; the last one counts. */
  writes: number;
  /** Each text it has had, oldest first. */
  readonly texts: string[];
  /** Put together by the server from a stream, until the agent says it itself. */
  provisional: boolean;
}

/** What the people in the conversations see. */
export class View {
  readonly messages = new Map<string, Shown>();
  /** By `<message id> <user id>`. */
  readonly reactions = new Map<string, string>();
  /** `<chat id> <user id>` of whoever is typing. */
  readonly typing = new Set<string>();
  /** Ids of messages that have reached a device of an agent. */
  readonly delivered = new Set<string>();
  /** The watermark of each `<chat id> <user id>`. */
  readonly read = new Map<string, number>();

  write(messageId: string, { chat, sender, message, mode = "", provisional = false }: { chat: Conversation; sender: User; message: Fields; mode?: string; provisional?: boolean }): Shown {
    const known = this.messages.get(messageId);
    const fragments = fragmentsOf(message);
    const text = readable(fragments);
    const shown = known ?? { messageId, chatId: chat.id, senderId: sender.id, text, fragments, mode, replyTo: undefined, writes: 0, texts: [], provisional };
    this.messages.set(messageId, shown);
    if (!provisional) shown.writes += 1;
    // A copy that the server made never replaces what the agent itself said.
    if (known && provisional && !known.provisional) return known;
    Object.assign(shown, { text, fragments, mode, provisional, replyTo: replyTargetOf(message) });
    shown.texts.push(text);
    return shown;
  }

  react(messageId: string, userId: string, emoji: string, removed: boolean): void {
    if (removed) this.reactions.delete(`${messageId} ${userId}`);
    else this.reactions.set(`${messageId} ${userId}`, emoji);
  }

  /** Of one conversation, oldest first. */
  in(chatId: string): Shown[] {
    return [...this.messages.values()].filter((shown) => shown.chatId === chatId);
  }
}

export function fragmentsOf(message: Fields): readonly unknown[] {
  const body = message["body"];
  const fragments = typeof body === "object" && body !== null && "fragments" in body ? body.fragments : undefined;
  return Array.isArray(fragments) ? fragments : [];
}

export function replyTargetOf(message: Fields): string | undefined {
  const context = message["context"];
  const reply = typeof context === "object" && context !== null && "reply" in context ? context.reply : undefined;
  const target = typeof reply === "object" && reply !== null && "reply_to_msg_id" in reply ? reply.reply_to_msg_id : undefined;
  return typeof target === "string" ? target : undefined;
}
