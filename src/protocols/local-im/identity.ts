import { validateGivenId } from "../../../generated/local-im/index.ts";
import type { Conversation, Sender } from "../inbound.ts";
import type { Profile } from "./profile.ts";

/** The ids of a message as the server gave them: what its answers echo (LI-12). */
export interface Origin {
  /** Absent where the server gave none, whatever id the message has among us. */
  messageId?: string;
  conversationId?: string;
  userId?: string;
  sessionId?: string;
}

export interface Ids {
  origin: Origin;
  /** Fields that held a number where the wire has text. */
  numbers: readonly string[];
}

const FIELDS = ["messageId", "conversationId", "userId", "sessionId"] as const;

/** Reads the ids of a frame; what is none is left out (LI-8). */
export function readIds(frame: Readonly<Partial<Record<(typeof FIELDS)[number], unknown>>>): Ids {
  const origin: Origin = {};
  const numbers: string[] = [];
  for (const field of FIELDS) {
    const id = readId(frame[field]);
    if (id === undefined) continue;
    origin[field] = id;
    if (typeof frame[field] === "number") numbers.push(field);
  }
  return { origin, numbers };
}

export function readId(given: unknown): string | undefined {
  return given === undefined || given === null || given === "" || !validateGivenId(given) ? undefined : String(given);
}

/** What a message shares its memory with: never its content, nor a conversation's id unless the operator chose so (LI-22). */
export function conversationOf(origin: Origin, { accountId, sessionScope }: Pick<Profile, "accountId" | "sessionScope">): Conversation {
  const shared = (sessionScope === "conversation" ? origin.conversationId : undefined) ?? origin.sessionId;
  return shared === undefined ? { kind: "direct", id: senderId(origin, accountId), scope: "user" } : { kind: "direct", id: shared, scope: "conversation" };
}

/** Who wrote a message: what the server says, believed where the server itself is certain to be it (LI-23). */
export function senderOf(origin: Origin, { accountId, trustsPeer }: Pick<Profile, "accountId" | "trustsPeer">): Sender {
  return { id: senderId(origin, accountId), verified: trustsPeer };
}

function senderId({ userId }: Origin, accountId: string): string {
  return userId ?? accountId;
}
