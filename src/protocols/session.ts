/**
 * A session is protocol logic on one open connection, without IO: a state and an event in, a state and effects out.
 * No classes, no promises, no clock: `now` (milliseconds since the epoch) is an argument. An invalid frame is a step,
 * never a throw.
 */
export interface Session<State, Command, Request> {
  /** The connection is open and its peer is known. `before` is what the last one left, where links follow each other. */
  open(now: number, before?: State): Step<State, Request>;
  /** A text frame came. */
  frame(state: State, text: string, now: number): Step<State, Request>;
  /** What was delivered is on disk: only now may the peer be told that it was accepted. */
  admitted(state: State, request: Request, now: number): Step<State, Request>;
  /**
   * What was delivered is done with for good: on disk, known from before, or turned away. Not called for what could not
   * be stored, which the peer has to send again.
   */
  settled?(state: State, request: Request, now: number): Step<State, Request>;
  /** The account wants something said or changed. */
  command(state: State, command: Command, now: number): Step<State, Request>;
  /** The time named by a step's `wakeAt` has come. */
  tick?(state: State, now: number): Step<State, Request>;
}

export interface Step<State, Request> {
  state: State;
  effects: readonly Effect<Request>[];
  /** Call `tick` at this time (ms since the epoch) instead of at the one a former step named. */
  wakeAt?: number;
}

/** `refused` is final: the same again would be refused again. `why` is for the operator. */
export type Answered = { is: "arrived" } | { is: "refused"; why: string };

/** What a session asks its shell to do, in order. */
export type Effect<Request> =
  /**
   * Wire text, already encoded by the generated codec. While it waits to leave, a later one with the same key replaces
   * it. With a `receipt` the peer answers it: a `settle` of the same name says how.
   */
  | { do: "send"; text: string; key?: string; receipt?: string }
  /** The peer has answered what was sent with this receipt. */
  | { do: "settle"; receipt: string; how: Answered }
  /** The peer had its time to answer: nobody waits any more. */
  | { do: "overdue"; receipt: string }
  /** Write to the journal, then run the turn; answered by `admitted`, or by a command that refuses. */
  | { do: "deliver"; inbound: Request }
  /** Links only: `isLongest` puts off the next dial for as long as the backoff goes. */
  | { do: "close"; code: number; reason: string; isLongest?: boolean }
  /** Links only: the peer has proven that it speaks the protocol, and finished replies may leave. */
  | { do: "ready" }
  /** Links only: give this one up and dial again at once. */
  | { do: "recycle"; reason: string }
  | { do: "note"; level: "debug" | "info" | "warn"; code: string; data?: Readonly<Record<string, unknown>> };
