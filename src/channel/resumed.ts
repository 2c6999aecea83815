import { forLog } from "../core/redact.ts";
import type { Inbound } from "../protocols/inbound.ts";
import type { HostAccount } from "./host.ts";
import { pauseFor } from "./pause.ts";
import type { Route } from "./routes.ts";
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
const LOOK_EVERY_MS = 500;
/** How long after a turn's end its answer may still be on the way. */
const GRACE_MS = 4000;
/**
 * How long the host may leave a cut turn while it goes on with no other either. It takes up one session after the other,
 * which takes minutes where there are many, and passes over some of them (issue 7); who runs a message there all the same
 * has the host's place for it, before its own.
 */
const TAKE_UP_MS = 60_000;

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

/**
 * Settles when the session is at rest and what it had to say has come, or when the turn is aborted. `hasCome`: of what was
 * said to the address there may be an answer to somebody else only (issue 7).
 */
export async function untilSettled(host: HostAccount<unknown>, route: Route, signal: AbortSignal, hasCome: () => Promise<boolean>): Promise<void> {
  const pause = (ms: number) => pauseFor(host.system, ms, signal);
  let waitedFor = 0;
  let leftBefore = Infinity;
  for (let state = stateOf(host, route); state !== "at rest" && !signal.aborted; state = stateOf(host, route)) {
    if (waitedFor % TAKE_UP_MS === 0 && state === "cut") {
      const left = cutSessions(host, route);
      if (left >= leftBefore) {
        host.log.warn(`the host does not go on with session ${forLog(route.sessionKey)}, which a restart cut`);
        return;
      }
      leftBefore = left;
    }
    waitedFor = state === "cut" ? waitedFor + LOOK_EVERY_MS : 0;
    await pause(LOOK_EVERY_MS);
  }
  for (let waited = 0; waited < GRACE_MS && !signal.aborted && !(await hasCome()); waited += LOOK_EVERY_MS) await pause(LOOK_EVERY_MS);
  await pause(LOOK_EVERY_MS);
}

/** The host calls a session running that it works in, and one that it worked in when it ended. */
function stateOf({ runtime }: HostAccount<unknown>, { agentId, sessionKey }: Route): "at rest" | "at work" | "cut" {
  const entry = runtime.agent.session.getSessionEntry({ agentId, sessionKey });
  if (entry?.status !== "running") return "at rest";
  return isCut(entry) ? "cut" : "at work";
}

/** How many the host has not gone on with yet. */
function cutSessions({ runtime }: HostAccount<unknown>, { agentId }: Route): number {
  return runtime.agent.session.listSessionEntries({ agentId }).filter(({ entry }) => isCut(entry)).length;
}

function isCut({ status, abortedLastRun }: { status?: string; abortedLastRun?: boolean }): boolean {
  return status === "running" && abortedLastRun === true;
}
