import { forLog } from "../core/redact.ts";
import { backOffCutMs, backOffLongestMs, backOffMs } from "./backoff.ts";
import { judgeLoss, type LossCause } from "./close-policy.ts";
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
}

const itself = { by: "itself" } as const;
const reconnecting = { by: "close", code: 1000, reason: "reconnecting" } as const;

/** The socket has ended by itself: the protocol's table of refusals decides. */
export function explainEnd(before: Supervision, cause: LossCause, random: number): Loss {
  const { profile, socket } = before;
  const { then, text, kind } = judgeLoss(cause, profile.refusals);
  if (then === "stop") return { why: "barred", text, kind, level: "error", ending: itself, delayMs: 0 };
  const usual = socket === "open" ? delayAfterCut(before, random) : delayAfterDial(before, random);
  return { why: "lost", text, kind, level: "warn", ending: itself, delayMs: then === "at-most" ? backOffLongestMs(profile.backoff, random) : usual };
}

const breakages: Record<Breakage, { text(profile: LinkProfile): string; ending: Loss["ending"] }> = {
  silent: { text: ({ deadAfterMs }) => `the server is silent for ${seconds(deadAfterMs)} and answers no ping`, ending: { by: "terminate" } },
  stuck: { text: () => "the server does not read what it is sent", ending: { by: "terminate" } },
  fault: { text: () => "a frame could not be handled", ending: { by: "close", code: 1011, reason: "internal error" } },
  binary: { text: () => "the server sent a binary frame", ending: { by: "close", code: 1003, reason: "text frames only" } },
};

export function explainBreakage(before: Supervision, how: Breakage, random: number): Loss {
  const { text, ending } = breakages[how];
  return { why: how, text: text(before.profile), kind: how, level: "warn", ending, delayMs: delayAfterCut(before, random) };
}

/** The session has closed it. */
export function explainClose(before: Supervision, { code, reason, isLongest = false }: { code: number; reason: string; isLongest?: boolean }, random: number): Loss {
  const text = `closed by us (${code}, ${forLog(reason)})`;
  const delayMs = isLongest ? backOffLongestMs(before.profile.backoff, random) : delayAfterCut(before, random);
  return { why: "closed", text, kind: `closed ${code}`, level: "warn", ending: { by: "close", code, reason }, delayMs };
}

/** At once, but only once per proven link: a server that asks each new link for another gets no fast loop. */
export function explainRecycle(before: Supervision, reason: string, random: number): Loss {
  const text = `reconnecting: ${forLog(reason)}`;
  return { why: "recycled", text, kind: "recycled", level: "info", ending: reconnecting, delayMs: before.isProven ? 0 : delayAfterCut(before, random) };
}

export function explainReconfigure(): Loss {
  return { why: "reconfigured", text: "the configuration or the login has changed", kind: "reconfigured", level: "info", ending: reconnecting, delayMs: 0 };
}

/** Only who configures the account, or logs it in, can help. */
export function explainUnprepared(missing: string): Loss {
  return { why: "unprepared", text: missing, kind: `unprepared ${missing}`, level: "warn", ending: itself, delayMs: 0 };
}

export function explainTimeout(before: Supervision, timer: "prepare" | "handshake" | "ready", random: number): Loss {
  const { prepareMs = 0, handshakeMs, readyMs = 0 } = before.profile;
  if (timer === "prepare") {
    const text = `what is needed to dial was not there within ${seconds(prepareMs)}`;
    return { why: "prepare-timeout", text, kind: timer, level: "warn", ending: itself, delayMs: delayAfterDial(before, random) };
  }
  if (timer === "handshake") {
    const text = `no connection within ${seconds(handshakeMs)}`;
    return { why: "dial-timeout", text, kind: timer, level: "warn", ending: { by: "terminate" }, delayMs: delayAfterDial(before, random) };
  }
  const text = `the server did not complete the handshake within ${seconds(readyMs)}`;
  const ending = { by: "close", code: 1002, reason: "handshake timeout" } as const;
  return { why: "ready-timeout", text, kind: timer, level: "warn", ending, delayMs: delayAfterCut(before, random) };
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** An open link was cut, and perhaps those of a thousand others with it. */
function delayAfterCut({ losses, profile, state }: Supervision, random: number): number {
  return backOffCutMs(losses, profile.backoff, random, state === "ready" ? profile.backoff.floorMs : undefined);
}

function delayAfterDial({ losses, profile }: Supervision, random: number): number {
  return backOffMs(losses, profile.backoff, random);
}
