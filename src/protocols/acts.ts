import type { Sender } from "./inbound.ts";

/** What somebody does to a message that was said before. */
export type Act =
  /** Without an emoji every reaction of this sender is taken back. */
  | { act: "react"; emoji: string; isRemoval: boolean }
  /** `content` is the whole new text. */
  | { act: "edit"; content: string }
  | { act: "delete" };

export type ActName = Act["act"];

/** An act of a person, as a frame told it. */
export interface HeardAct {
  act: Act;
  /** What the peer calls the message. */
  name: string;
  actor: Sender;
  /** ms since the epoch. */
  at: number;
}

/** A message of the agent that was said before, or one of a person's that it reacts to, as the peer calls it. */
export interface ActTarget<Place> {
  name: string;
  /** A message of the conversation: where the frame goes. */
  place: Place;
}

/** Without control characters, for a wire that has a place for one line. */
export function isEmoji(text: string, bytes: number): boolean {
  return text.trim() !== "" && !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text) && new TextEncoder().encode(text).length <= bytes;
}
