import type { LossCause } from "./close-policy.ts";
import type { LastLoss } from "./fault.ts";
import type { LinkProfile, LinkState, LinkStatus } from "./link.ts";
import type { LinkTimer } from "./state.ts";

/** What the supervisor knows. */
export interface Supervision {
  readonly profile: LinkProfile;
  readonly state: LinkState;
  /** Why it is in this state, for the operator. */
  readonly reason: string;
  /** Of the last dial, or of the preparation of one. What older ones say does not count. */
  readonly generation: number;
  readonly socket: "none" | "dialing" | "open" | "closing";
  /** Dial as soon as no socket is left. */
  readonly isDue: boolean;
  readonly nextDialAt?: number;
  /** Whoever hastens the next dial gets it no sooner. */
  readonly notBefore?: number;
  readonly connectedAt?: number;
  /** How the link was lost; absent while it is ready. */
  readonly lastLoss?: LastLoss;
  /** When others have pushed this link out, the newest last. */
  readonly takeovers: readonly number[];
  /** Dials since the last proven link. */
  readonly attempts: number;
  /** Losses since the last proven link. */
  readonly losses: number;
  /** The link of this socket has lasted. */
  readonly isProven: boolean;
  /** What was said loudly since the last proven link. */
  readonly said: readonly string[];
}

/** How a socket that we give up fails us. */
export type Breakage = "silent" | "stuck" | "fault" | "binary";

export type SocketEvent =
  | { on: "opened" }
  /** The socket has ended by itself. */
  | { on: "lost"; cause: LossCause }
  /** Nothing of it is left: no frame that came on it waits any more. */
  | { on: "gone" }
  | { on: "broken"; how: Breakage };

export type LinkEvent =
  | (SocketEvent & { generation: number })
  | { on: "start" }
  | { on: "prepared"; preparation: number; missing?: string }
  | { on: "ready" }
  | { on: "recycle"; reason: string }
  | { on: "close"; code: number; reason: string; isLongest?: boolean }
  /** Somebody wants to know whether the peer answers: the wait before the next dial ends as soon as it may. */
  | { on: "hasten" }
  | { on: "reconfigure"; profile: LinkProfile; redial: boolean }
  | { on: "stop" }
  | { on: "timer"; timer: LinkTimer };

export type LinkEffect =
  | { do: "prepare"; generation: number }
  | { do: "dial"; generation: number }
  /** The socket that has opened may be used. */
  | { do: "admit"; generation: number }
  | { do: "close"; generation: number; code: number; reason: string }
  /** Ends the socket without a word; frames that came on it are still handled. */
  | { do: "terminate"; generation: number }
  /** Ends the socket and all that waits on it, now. */
  | { do: "drop"; generation: number }
  | { do: "arm"; timer: LinkTimer; ms: number }
  | { do: "disarm"; timer: LinkTimer }
  | { do: "tell"; level: "debug" | "info" | "warn" | "error"; text: string }
  /** The stop is over. */
  | { do: "settle" };

export interface LinkBounds {
  closeMs: number;
  warnings: number;
}

/** The moment of a step: the clock, and a number in [0, 1). */
export interface Moment {
  now: number;
  random: number;
}

export interface LinkStep {
  readonly next: Supervision;
  readonly effects: readonly LinkEffect[];
}

export function createSupervision(profile: LinkProfile): Supervision {
  return {
    profile,
    state: "disconnected",
    reason: "not started",
    generation: 0,
    socket: "none",
    isDue: false,
    attempts: 0,
    losses: 0,
    isProven: false,
    said: [],
    takeovers: [],
  };
}

export function statusOf(supervision: Supervision): LinkStatus {
  const { state, reason, attempts, nextDialAt, connectedAt, lastLoss, takeovers } = supervision;
  return {
    state,
    reason,
    attempts,
    ...(nextDialAt === undefined ? {} : { nextDialAt }),
    ...(connectedAt === undefined ? {} : { connectedAt }),
    ...(lastLoss === undefined ? {} : { lastLoss }),
    ...(takeovers.length === 0 ? {} : { takeovers }),
  };
}
