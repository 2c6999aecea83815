import type { Inbound } from "../protocols/inbound.ts";
import type { Spoken } from "./speech.ts";

/**
 * Answers the host gives outside of a dispatch: to a turn that a restart cut and the host takes up by itself, or that
 * it queued behind another one of the session. It then speaks through `outbound`; whoever waits here gets it instead
 * of the address.
 */
export interface Resumed {
  /** Collects what is said to the address until `release`. */
  collect(address: string): Collection;
  /** Whether somebody waits for what is said to this address; then it is theirs. */
  take(address: string, piece: Spoken): boolean;
}

export interface Collection {
  readonly pieces: readonly Spoken[];
  /** Members of a group wait at one address, and the host names no session: what it said stands in the session alone. */
  readonly isShared: boolean;
  release(): void;
}

/** The first words of what the host says of a turn that a restart cut: about the answer, not part of it. */
export const NOTICES = ["I'm continuing your interrupted request now", "I couldn’t confirm whether my previous reply reached this chat", "I couldn't continue this session after a gateway restart"] as const;

export function createResumed(): Resumed {
  const waiting = new Map<string, { pieces: Spoken[]; isShared: boolean }[]>();
  return {
    collect(address) {
      const others = waiting.get(address) ?? [];
      const own = { pieces: [] as Spoken[], isShared: others.length > 0 };
      for (const other of others) other.isShared = true;
      waiting.set(address, [...others, own]);
      return {
        pieces: own.pieces,
        get isShared() {
          return own.isShared;
        },
        release() {
          const left = (waiting.get(address) ?? []).filter((other) => other !== own);
          if (left.length > 0) waiting.set(address, left);
          else waiting.delete(address);
        },
      };
    },
    take(address, piece) {
      const first = waiting.get(address)?.[0];
      if (!first) return false;
      if (!first.isShared && !isNotice(piece)) first.pieces.push(piece);
      return true;
    },
  };
}

function isNotice({ text = "" }: Spoken): boolean {
  return NOTICES.some((words) => text.startsWith(words));
}

/** Something that stands in the host's session. */
export interface SessionText {
  role: "user" | "assistant";
  text: string;
  /** Of what a person has said: when it came to us. */
  timestamp?: number;
}

/** What the agent has said of it. */
export function answersIn(texts: readonly SessionText[]): Spoken[] {
  return texts.filter(({ role }) => role === "assistant").map(({ text }) => ({ text }));
}

/**
 * What answers this message, of what stands in the session and of what was said to the address meanwhile: that has the
 * files, and may have an earlier message's answer before this one's (issue 7). Undefined where the host has not begun
 * with the message.
 */
export function answerTo(message: Asked, texts: readonly SessionText[], collection: Collection): readonly Spoken[] | undefined {
  if (placeOf(message, texts) < 0) return undefined;
  const own = saidTo(message, texts, collection);
  return own.length > 0 ? own : answersTo(message, texts);
}

/** What was said to the address and is not in the session before the message, or anywhere in it while the message is not. */
export function saidTo(message: Asked, texts: readonly SessionText[], { pieces, isShared }: Collection): readonly Spoken[] {
  const at = placeOf(message, texts);
  const others = new Set(texts.slice(0, at < 0 ? undefined : at).map(({ text }) => text));
  return isShared ? [] : pieces.filter(({ text }) => text === undefined || !others.has(text));
}

/**
 * What stands behind the message in the session: what was said last, for nothing of its lane runs before it has ended.
 * A host that was told to go on says all of it once more, and what it said before that nobody has seen (issue 7).
 */
export function answersTo(message: Asked, texts: readonly SessionText[]): Spoken[] {
  const at = placeOf(message, texts);
  if (at < 0) return [];
  const behind = texts.slice(at + 1);
  const last = behind.findLastIndex(({ role }) => role === "assistant");
  const told = behind.findLastIndex(({ role }, index) => role === "user" && index < last);
  return answersIn(behind.slice(told + 1));
}

type Asked = Pick<Inbound, "receivedAt" | "content">;

/** A host that gives several messages to the agent as one, or works one into a turn that runs, keeps the words and not the time. */
function placeOf({ receivedAt, content }: Asked, texts: readonly SessionText[]): number {
  const at = texts.findLastIndex(({ role, timestamp }) => role === "user" && timestamp === receivedAt);
  if (at >= 0 || content.trim() === "") return at;
  return texts.findLastIndex(({ role, timestamp = receivedAt, text }) => role === "user" && timestamp >= receivedAt && `\n${text}\n`.includes(`\n${content}\n`));
}
