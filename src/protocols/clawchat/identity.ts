import type { Conversation, Inbound, Sender } from "../inbound.ts";
import type { Profile } from "./profile.ts";

/** Where a message came from and what its answer has to repeat. Plain data: the journal keeps it. */
export interface Origin {
  chatId: string;
  chatType: "direct" | "group";
  /** What an answer replies to; absent where nobody's message asked for it. */
  messageId?: string;
  /** The id of the answer, made when the message came: the same for its stream, the reply and every repeat of it (CC-29). */
  answerId: string;
  /** Users who are mentioned, `all` included; in order. */
  mentions: readonly string[];
  isMentioned: boolean;
  /** What the answer shows of the message. */
  preview?: Preview;
  /** ms since the epoch, by the hub's clock. */
  emittedAt: number;
  /** The hub has made this copy out of a stream; the author's own may follow (CC-54). */
  isProvisional?: true;
}

export interface Preview {
  /** Of the author. */
  id: string;
  name?: string;
  text: string;
}

export type About = Inbound<Origin>;

/** What a message shares its memory with. */
export function conversationOf({ chatId, chatType }: Pick<Origin, "chatId" | "chatType">, senderId: string, { sessionsPerMember }: Pick<Profile, "sessionsPerMember">): Conversation {
  if (chatType === "direct") return { kind: "direct", id: senderId };
  return { kind: "group", id: chatId, subject: chatId, ...(sessionsPerMember && { member: senderId }) };
}

/** Who wrote a message: the hub stamps it, and nothing in a frame of ours could forge it (CC-35). */
export function senderOf(id: string, name: string | undefined, { verifiesSenders }: Pick<Profile, "verifiesSenders">): Sender {
  return { id, ...(name !== undefined && name !== "" && { name }), verified: verifiesSenders };
}

/** What tells a message from another one: ids are unique in a chat (CC-53). */
export function keyOf({ origin, messageId }: Pick<About, "origin" | "messageId">): string {
  return `${origin.chatId}\n${messageId}`;
}

/** The chat of the agent's owner, which no gate closes (CC-41). */
export function isOwnersChat({ origin, sender }: Pick<About, "origin" | "sender">, { ownerUserId, homeConversationId }: OwnIds): boolean {
  return origin.chatId === homeConversationId || (origin.chatType === "direct" && sender.id === ownerUserId);
}

/** The ids an account has at its hub. */
export interface OwnIds {
  userId: string;
  ownerUserId: string;
  /** The direct chat with the owner. */
  homeConversationId?: string;
}
