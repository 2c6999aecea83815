import { forLog } from "../core/redact.ts";
import { backOffCutMs, backOffLongestMs, backOffMs } from "./backoff.ts";
import { judgeLoss, type LossCause } from "./close-policy.ts";
import type { LastLoss, LinkFault } from "./fault.ts";
import type { LinkProfile } from "./link.ts";
import type { LinkReason } from "./state.ts";
import type { Breakage, Supervision } from "./supervision.ts";

/** Why a link is left, how its socket ends, and when the next dial comes. */
export interface Loss {
  why: LinkReason;
  text: string;
  /** The same for losses of the same kind, whose texts may differ. */
  kind: string;
  level: "info" | "warn" | "error";
  ending: { by: "itself" } | { by: "terminate" } | { by: "close"; code: number; reason: string };
  delayMs: number;
  /** Nobody can have the next dial sooner. */
  leastMs: number;
  /** What is wrong; absent where the link is given up for good reasons. */
  loss?: LastLoss;
}

const itself = { by: "itself" } as const;
const reconnecting = { by: "close", code: 1000, reason: "reconnecting" } as const;

/** The socket has ended by itself: the protocol's table of refusals decides. */
export function explainEnd(before: Supervision, cause: LossCause, random: number): Loss {
  const { profile, socket } = before;
  const { then, text, kind, loss } = judgeLoss(cause, profile.refusals);
  if (then === "stop") return { why: "barred", text, kind, level: "error", ending: itself, delayMs: 0, leastMs: 0, loss };
  const usual = socket === "open" ? delayAfterCut(before, random) : delayAfterDial(before, random);
  const longest = backOffLongestMs(profile.backoff, random);
  const timing = then === "at-most" ? { delayMs: longest, leastMs: longest } : { delayMs: usual, leastMs: leastOf(before) };
  return { why: "lost", text, kind, level: "warn", ending: itself, ...timing, loss };
}

const breakages: Record<Breakage, { text(profile: LinkProfile): string; ending: Loss["ending"]; fault: LinkFault }> = {
  silent: { text: ({ deadAfterMs }) => `the server is silent for ${seconds(deadAfterMs)} and answers no ping`, ending: { by: "terminate" }, fault: "silent" },
  stuck: { text: () => "the server does not read what it is sent", ending: { by: "terminate" }, fault: "stuck" },
  fault: { text: () => "a frame could not be handled", ending: { by: "close", code: 1011, reason: "internal error" }, fault: "internal" },
  binary: { text: () => "the server sent a binary frame", ending: { by: "close", code: 1003, reason: "text frames only" }, fault: "incompatible" },
};

export function explainBreakage(before: Supervision, how: Breakage, random: number): Loss {
  const { ending, fault, ...row } = breakages[how];
  const text = row.text(before.profile);
  return { why: how, text, kind: how, level: "warn", ending, delayMs: delayAfterCut(before, random), leastMs: leastOf(before), loss: { fault, text } };
}

/** The session has closed it. */
export function explainClose(before: Supervision, { code, reason, isLongest = false }: { code: number; reason: string; isLongest?: boolean }, random: number): Loss {
  const text = `closed by us (${code}, ${forLog(reason)})`;
  const delayMs = isLongest ? backOffLongestMs(before.profile.backoff, random) : delayAfterCut(before, random);
  // Before it was ready, we and the peer could not agree.
  const fault = before.state === "ready" ? "closed" : "incompatible";
  return { why: "closed", text, kind: `closed ${code}`, level: "warn", ending: { by: "close", code, reason }, delayMs, leastMs: isLongest ? delayMs : leastOf(before), loss: { fault, text, code } };
}

/** At once, but only once per proven link: a server that asks each new link for another gets no fast loop. */
export function explainRecycle(before: Supervision, reason: string, random: number): Loss {
  const text = `reconnecting: ${forLog(reason)}`;
  return { why: "recycled", text, kind: "recycled", level: "info", ending: reconnecting, delayMs: before.isProven ? 0 : delayAfterCut(before, random), leastMs: leastOf(before) };
}

export function explainReconfigure(): Loss {
  return { why: "reconfigured", text: "the configuration or the login has changed", kind: "reconfigured", level: "info", ending: reconnecting, delayMs: 0, leastMs: 0 };
}

/** Only who configures the account, or logs it in, can help. */
export function explainUnprepared(missing: string): Loss {
  return { why: "unprepared", text: missing, kind: `unprepared ${missing}`, level: "warn", ending: itself, delayMs: 0, leastMs: 0, loss: { fault: "login", text: missing } };
}

export function explainTimeout(before: Supervision, timer: "prepare" | "handshake" | "ready", random: number): Loss {
  const { prepareMs = 0, handshakeMs, readyMs = 0 } = before.profile;
  if (timer === "prepare") {
    const text = `what is needed to dial was not there within ${seconds(prepareMs)}`;
    return { why: "prepare-timeout", text, kind: timer, level: "warn", ending: itself, delayMs: delayAfterDial(before, random), leastMs: leastOf(before), loss: { fault: "prepare-timeout", text } };
  }
  if (timer === "handshake") {
    const text = `no connection within ${seconds(handshakeMs)}`;
    return { why: "dial-timeout", text, kind: timer, level: "warn", ending: { by: "terminate" }, delayMs: delayAfterDial(before, random), leastMs: leastOf(before), loss: { fault: "dial-timeout", text } };
  }
  const text = `the server did not complete the handshake within ${seconds(readyMs)}`;
  const ending = { by: "close", code: 1002, reason: "handshake timeout" } as const;
  return { why: "ready-timeout", text, kind: timer, level: "warn", ending, delayMs: delayAfterCut(before, random), leastMs: leastOf(before), loss: { fault: "handshake-timeout", text } };
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Who asks for the next dial is given it no sooner than the first one would come after a single loss. */
function leastOf({ profile: { backoff }, state }: Supervision): number {
  return Math.max(backoff.baseMs, state === "ready" ? (backoff.floorMs ?? 0) : 0);
}

/** An open link was cut, and perhaps those of a thousand others with it. */
function delayAfterCut({ losses, profile, state }: Supervision, random: number): number {
  return backOffCutMs(losses, profile.backoff, random, state === "ready" ? profile.backoff.floorMs : undefined);
}

function delayAfterDial({ losses, profile }: Supervision, random: number): number {
  return backOffMs(losses, profile.backoff, random);
}
