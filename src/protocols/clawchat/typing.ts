import { limits } from "../../../generated/clawchat/index.ts";
import { limits as ours } from "../../core/limits.ts";

/** Where the agent types: a level that is shown again and again, and taken back at the end (CC-42, CC-43). */
export type Typing = ReadonlyMap<string, Typist>;

interface Typist {
  /** Messages of this chat that are being answered. */
  open: readonly string[];
  /** Since when without a pause, in ms since the epoch. */
  since: number;
  /** What this connection was told last. */
  isShown: boolean;
  /** When it was last told so. */
  saidAt?: number;
  /** The same, or when it would have been but for a gate. */
  lookedAt?: number;
}

export interface TypingUpdate {
  chatId: string;
  isTyping: boolean;
}

export function beginTyping(typing: Typing, chatId: string, messageId: string, now: number): Typing {
  const known = typing.get(chatId);
  if (known?.open.includes(messageId) || (!known && typing.size >= ours.typingChats)) return typing;
  const isGoing = known !== undefined && known.open.length > 0;
  const typist: Typist = { isShown: false, ...known, open: [...(known?.open ?? []), messageId], since: isGoing ? known.since : now };
  return new Map(typing).set(chatId, typist);
}

export function endTyping(typing: Typing, chatId: string, messageId: string): Typing {
  const known = typing.get(chatId);
  if (!known?.open.includes(messageId)) return typing;
  return new Map(typing).set(chatId, { ...known, open: known.open.filter((id) => id !== messageId) });
}

/** The account stops. */
export function endAllTyping(typing: Typing): Typing {
  return new Map([...typing].map(([chatId, typist]) => [chatId, { ...typist, open: [] }]));
}

/** What a new connection takes over: nothing is shown on it yet. */
export function resumeTyping(typing: Typing): Typing {
  return new Map([...typing].map(([chatId, typist]) => [chatId, { ...typist, isShown: false }]));
}

/** What has to be said now, in all chats or in `only` one. `mayShow`: nothing is written for a chat behind a gate. */
export function showTyping(typing: Typing, now: number, maxMs: number, mayShow: (chatId: string) => boolean, only?: string): { typing: Typing; updates: readonly TypingUpdate[] } {
  const next = new Map<string, Typist>();
  const updates: TypingUpdate[] = [];
  for (const [chatId, typist] of typing) {
    const isTyping = typist.open.length > 0 && now - typist.since < maxMs;
    if (only !== undefined && chatId !== only) {
      next.set(chatId, typist);
    } else if (!isTyping) {
      if (typist.isShown && mayShow(chatId)) updates.push({ chatId, isTyping: false });
      // Beyond the ceiling it stays hidden until the last answer has ended; and what begins at once is not shown sooner than it would be again.
      if (typist.open.length > 0 || !isDue(typist, now)) next.set(chatId, { ...typist, isShown: false });
    } else if (isDue(typist, now)) {
      const isShown = mayShow(chatId);
      if (isShown) updates.push({ chatId, isTyping: true });
      next.set(chatId, { ...typist, isShown, lookedAt: now, ...(isShown && { saidAt: now }) });
    } else {
      next.set(chatId, typist);
    }
  }
  return { typing: next, updates };
}

/** When something has to be said next, in ms since the epoch. */
export function typingAt(typing: Typing, now: number, maxMs: number): number {
  let at = Infinity;
  for (const { open, since, lookedAt = now } of typing.values()) {
    if (open.length > 0 && now < since + maxMs) at = Math.min(at, lookedAt + limits.typingEveryMs, since + maxMs);
  }
  return at;
}

function isDue({ saidAt }: Typist, now: number): boolean {
  return saidAt === undefined || now < saidAt || now - saidAt >= limits.typingEveryMs;
}
