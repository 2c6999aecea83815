import type { Log, System } from "../core/ports.ts";
import type { LastLoss, LinkFault } from "./fault.ts";

/** The numbers one protocol dials with. All times in ms. */
export interface LinkProfile {
  backoff: Backoff;
  /** A link that lasted this long resets the backoff. */
  provenMs: number;
  /** For `LinkOptions.prepare`; absent where a dial needs no preparation. */
  prepareMs?: number;
  /** From the dial to the open socket. */
  handshakeMs: number;
  /** From the open socket to `ready`; absent where an open socket is ready. */
  readyMs?: number;
  pingMs: number;
  /** Silence after which the peer is dead. */
  deadAfterMs: number;
  maxPayload: number;
  /** Dials in a row, none of which led to a link that lasted, after which no more are tried; absent where there is no end to it. */
  maxAttempts?: number;
  /** What a binary frame does: the wire has none. */
  binary: "close" | "ignore";
  /** Close codes and HTTP statuses with a meaning of their own; every other one backs off. */
  refusals: readonly LinkRefusal[];
}

export interface Backoff {
  baseMs: number;
  maxMs: number;
  /** Of the random part, which is added. */
  jitterMs: number;
  /** `outside`: `min(base·2^n, max) + jitter`. `inside`: `min(base·2^n + jitter, max)`. */
  jitter: "outside" | "inside";
  /** The random part is at least up to this share of the delay. */
  jitterRatio?: number;
  /** After the loss of a link that was ready the delay is never less than this. */
  floorMs?: number;
}

export interface LinkRefusal {
  /** A WebSocket close code, or the HTTP status of a refused upgrade. */
  code: number;
  /** `back-off`: dial again as after any loss. `at-most`: only after the longest delay. `stop`: not before the configuration changes. */
  then: "back-off" | "at-most" | "stop";
  /** What is wrong, where the code says more than that the link has ended. */
  fault?: LinkFault;
  /** For the operator. */
  text: string;
}

export type LinkState = "disconnected" | "preparing" | "connecting" | "handshaking" | "ready" | "recovering" | "blocked" | "stopped";

export interface LinkStatus {
  state: LinkState;
  /** Why it is in this state, for the operator. */
  reason: string;
  /** Dials since the last proven link. */
  attempts: number;
  /** When the next dial is due. */
  nextDialAt?: number;
  connectedAt?: number;
  /** When bytes last came. */
  heardAt?: number;
  /** How the link before this one was lost; absent once this one is ready. */
  lastLoss?: LastLoss;
  /** When other connections of the same account have pushed this one out, the newest last. */
  takeovers?: readonly number[];
}

/** Where to dial. Headers hold secrets: they appear in no log, error or status. */
export interface LinkTarget {
  url: string;
  headers: Readonly<Record<string, string>>;
  /** Secrets that are said on the link instead: a server may quote these too. */
  said?(): readonly string[];
}

export interface LinkOptions {
  account: string;
  profile: LinkProfile;
  /** Asked at every dial. */
  target(): LinkTarget;
  /** What has to be done before each dial, which waits for it; asked where the profile has `prepareMs`. */
  prepare?(): Promise<Preparation>;
  handler: LinkHandler;
  system: System;
  log: Log;
}

/** Not ready: no dial before `reconfigure`; `why` tells the operator what is missing. */
export type Preparation = { ready: true } | { ready: false; why: string };

/** Never called for a link that is over, nor after `stop` has settled. */
export interface LinkHandler {
  /** A socket is open; frames may be sent. */
  opened(): void;
  /**
   * Text frames, strictly one after the other, those that came before the socket was lost too; while too many wait, the
   * socket is not read. One that is still being handled `linkCloseMs` after its socket is gone is not waited for.
   */
  frame(text: string): Promise<void> | void;
  /** The socket of `opened` is gone. */
  closed(why: { code: number; reason: string }): void;
  /** `Link.status` has changed. */
  changed(): void;
}

/** `unsent`: nothing of its last frame has left. `unknown`: it may have arrived or not. */
export type Arrival = "arrived" | "unsent" | "unknown";

export interface Frame {
  text: string;
  /** While it waits to leave, a later frame with the same key takes its place, at the end of the queue. */
  key?: string;
}

/**
 * What a look at the line has shown. `fault` is absent where only the time was too short; `text` is for the operator.
 * `dialed`: it was not there, and was dialed at once.
 */
export type LinkProbe = { ok: true; roundTripMs: number; dialed: boolean } | { ok: false; text: string; fault?: LinkFault; code?: number };

/** One account's line to its server: at most one socket, dialed again whenever it is gone, until `stop`. */
export interface Link {
  readonly status: LinkStatus;
  /** The session has said `ready`, or needs not to. */
  readonly ready: boolean;
  /** More is unsent than a peer that reads would leave: what a later frame repeats should be left out. */
  readonly congested: boolean;
  /** Sends what may be missed; dropped while there is no socket. */
  send(frame: Frame): void;
  /**
   * Sends what must arrive. On a link that was silent for long the peer is asked for a pong first, so that a dead one
   * swallows nothing; `arrived` means that the pong to a ping sent behind the last frame has come back. Never rejects.
   */
  sendFinal(frames: readonly Frame[]): Promise<Arrival>;
  /** The peer has proven that it speaks the protocol. */
  markReady(): void;
  /**
   * Looks whether the peer answers: by a ping on the socket that is there, and never by a second one. Where there is none,
   * the next dial comes at once, or as soon as the server's own floors allow. Settles within `withinMs`; never rejects.
   */
  probe(withinMs: number): Promise<LinkProbe>;
  /** Gives up the socket and dials again: at once where this link is proven, otherwise by the backoff. */
  recycle(reason: string): void;
  /** Closes the socket with this code and dials again by the rules, or only after the longest delay. */
  close(code: number, reason: string, isLongest?: boolean): void;
  /** Takes over new numbers, `maxPayload` and `handshakeMs` with the next dial; `redial` when the target has changed. Leaves `blocked`. */
  reconfigure(profile: LinkProfile, redial: boolean): void;
  /** Closes with 1000 and dials no more. Settles in every state, at most `linkCloseMs` later. */
  stop(): Promise<void>;
}
