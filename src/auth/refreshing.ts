import type { TokenPair } from "../protocols/clawchat/rest.ts";
import type { Lease, Login, StoredLogin } from "../store/logins.ts";
import type { RefreshOutcome } from "./outcome.ts";
import type { RefreshAnswer } from "./refresh-call.ts";

/** What the refresh machine of one process knows beside the store, which outlives it. */
export interface Refreshing {
  /** What the account works with: swapped in after it was written, never before. */
  readonly login: Login | undefined;
  /** Why there is none. */
  readonly absence: Absence;
  /** An access token that was refused and cannot be renewed: nothing is dialed with it any more (CC-8). */
  readonly dead?: string;
  readonly flight: Flight;
  /** What could not be written: it is tried again, and no request leaves before it has succeeded. */
  readonly unsaved?: Unsaved;
  /** Transient failures in a row. */
  readonly failures: number;
  readonly isStopped: boolean;
  readonly lastError?: string;
  /** ms; when the refresh of our own accord is due. */
  readonly refreshAt?: number;
}

export interface Absence {
  kind: "no-login" | "incomplete" | "logged-out";
  why: string;
}

/** Who wants fresh tokens, and which access token was refused, where one was. */
export interface Ask {
  cause: "timer" | "dial" | "socket" | "rest";
  refused?: string;
}

/**
 * The one attempt that may be under way. `waiting`: for another process. `inheriting`: for one whose time is over, and
 * which may be alive and about to write what it got.
 */
export type Flight =
  | { readonly is: "none" }
  | { readonly is: "waiting" | "inheriting" | "saving"; readonly ask: Ask }
  | { readonly is: "claiming"; readonly ask: Ask; readonly isInherited: boolean }
  | { readonly is: "calling"; readonly ask: Ask; readonly refreshHash: string };

/** A pair that the server has given, or a logout, of the grant with this refresh token. */
export type Unsaved = { refreshHash: string; tries: number } & (
  | { what: "pair"; pair: TokenPair; grantedAt: number }
  | { what: "logout"; at: number; code: number; message: string; why: string }
);

/** `refresh`: of our own accord. `write`: of what is unsaved. `wait`: for another process. */
export type RefreshTimer = "refresh" | "write" | "wait";

export type RefreshEvent =
  | { on: "start" }
  | { on: "ask"; ask: Ask }
  /** Somebody may have changed the login. `isAsked`: who looks is told by the answer. */
  | { on: "look"; isAsked?: boolean }
  /** `false`: somebody was faster. */
  | { on: "claimed"; done: boolean }
  | { on: "unclaimable"; why: string }
  | { on: "answered"; answer: RefreshAnswer }
  /** `superseded`: another grant is stored. */
  | { on: "written"; result: "done" | "superseded" }
  | { on: "unwritable"; why: string }
  | { on: "timer"; timer: RefreshTimer }
  | { on: "stop" };

export type RefreshEffect =
  | { do: "claim"; version: number; lease: Lease }
  | { do: "release" }
  | { do: "call"; identity: Login["identity"]; refreshToken: string; accessToken: string }
  | { do: "write"; unsaved: Unsaved }
  | { do: "settle"; outcome: RefreshOutcome }
  | { do: "arm"; timer: RefreshTimer; ms: number }
  | { do: "disarm"; timer: RefreshTimer }
  | { do: "renewed"; login: Login }
  | { do: "logged-out"; why: string }
  | { do: "tell"; level: "debug" | "info" | "warn" | "error"; text: string };

/** The moment of a step: the clock, a number in [0, 1), and what the store says, if it can be read. */
export interface RefreshMoment {
  now: number;
  random: number;
  stored: StoredLogin | undefined;
}

export interface RefreshSettings {
  /** The server of the configuration: a login that another one gave is not used. */
  baseUrl: string;
  /** The name of this process in a lease. */
  holder: string;
  /** What the configuration lacks to be a login. */
  lack?: string;
  /** The command that makes a login of an invite code, for the operator. */
  activate?: string;
}

export interface RefreshStep {
  readonly next: Refreshing;
  readonly effects: readonly RefreshEffect[];
}

export function createRefreshing(): Refreshing {
  return { login: undefined, absence: { kind: "no-login", why: "not started" }, flight: { is: "none" }, failures: 0, isStopped: false };
}
