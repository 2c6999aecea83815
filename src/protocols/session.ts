/**
 * A session is protocol logic on one open link, without IO: a state and an event in, a state and effects out.
 * No classes, no promises, no clock: `now` (milliseconds since the epoch) is an argument. An invalid frame is a step,
 * never a throw.
 */
export interface Session<State, Command, Inbound> {
  /** The link is open and its peer is known. */
  open(now: number): Step<State, Inbound>;
  /** A text frame came. */
  frame(state: State, text: string, now: number): Step<State, Inbound>;
  /** The journal has the delivered message on disk: only now may the peer be told that it was accepted. */
  admitted(state: State, inbound: Inbound, now: number): Step<State, Inbound>;
  /** The channel wants something said or changed. */
  command(state: State, command: Command, now: number): Step<State, Inbound>;
}

export interface Step<State, Inbound> {
  state: State;
  effects: readonly Effect<Inbound>[];
}

/** What a session asks its shell to do, in order. */
export type Effect<Inbound> =
  /** Wire text, already encoded by the generated codec. */
  | { do: "send"; text: string }
  /** Write to the journal, then run the turn; answered by `admitted`, or by a command that refuses. */
  | { do: "deliver"; inbound: Inbound }
  | { do: "close"; code: number; reason: string }
  | { do: "note"; level: "debug" | "info" | "warn"; code: string; data?: Readonly<Record<string, unknown>> };
