import type { Act } from "../protocols/acts.ts";
import type { Inbound, Refusal, Sender } from "../protocols/inbound.ts";
import type { Activity, Said, StreamingMode } from "../protocols/turn.ts";

/** Whoever answers: the host behind `src/channel`, a scripted one in tests that need no host. */
export interface Agent {
  /** May this sender talk here, and in which session? Asked before anything is queued. */
  access(inbound: Inbound): Promise<Access>;
  /** May this sender read along in a group (`chat.join`, WS-24)? The same policy as for writing there, mentions aside. */
  mayFollow(sender: Sender, groupId: string): Promise<boolean>;
  /** Whether the session is to hear of this: its sender is let in, and the operator wants it told. */
  heeds(event: ActEvent): Promise<boolean>;
  /** Tells the session of it, which hears of it with its next message. Starts no turn. */
  tell(event: ActEvent): void;
  /** Whether it is a control command (`/stop`, `/approve`), or the answer that a turn waits for: it does not wait in its lane (WS-19). */
  isControlCommand(inbound: Pick<Inbound, "content" | "mentioned" | "conversation">): boolean;
  /**
   * Runs one turn. Resolves when the turn has ended, whatever was said; rejects only for faults of our own.
   * `signal` aborts it: by `chat.cancel`, by the turn's time limit, by stop.
   */
  run(turn: TurnRequest, reply: Reply, signal: AbortSignal): Promise<TurnOutcome>;
  /**
   * Runs nothing: the turn was cut too often. A host may go on with it by itself all the same; its conversation waits for
   * that, and what it makes of it is the answer. Undefined where it makes nothing of it.
   */
  giveUp?(turn: TurnRequest, reply: Reply, signal: AbortSignal): Promise<TurnOutcome | undefined>;
}

export type Access =
  | { admitted: true; lane: string }
  | ({ admitted: false } & Refusal)
  /** The operator must approve first; `text` says so to a person. */
  | { admitted: false; pairing: { code: string; text: string; expiresAt: number } };

/** Somebody has edited or deleted a message that was said before, or reacted to it. */
export interface ActEvent {
  act: Act;
  /** Who did it, and in which conversation; without content. */
  inbound: Inbound;
  /** Our id of the message. */
  messageId: string;
  /** The agent has written it. */
  isOwn: boolean;
}

export interface TurnRequest {
  inbound: Inbound;
  /** 1 for the first run, more when a crash cut the one before. */
  attempt: number;
}

/** What the agent says while a turn runs. Called in order; never after `run` has settled. */
export interface Reply {
  /** How this turn is shown; said before anything else, `partial` where it is not. */
  mode(mode: StreamingMode): void;
  /** The agent began to work. */
  started(): void;
  /** The whole text so far of the agent's current message. */
  partial(text: string): void;
  /** The whole of the agent's thoughts so far. Never called where the operator shows none. */
  thought(text: string): void;
  /** The agent's current message is over and another begins; its partials start over. */
  nextMessage(): void;
  /** The agent uses a tool. Never called where the operator shows no tools. */
  activity(activity: Activity): void;
  /** A finished piece of the answer. */
  payload(payload: Said): void;
}

export type TurnOutcome =
  | { ended: "completed" }
  | { ended: "failed"; error: string }
  | { ended: "aborted" }
  /** The host knew this message already and ran nothing. */
  | { ended: "duplicate" }
  /** The host is stopping; the turn did not run and may run after a restart. */
  | { ended: "shutting-down" };
