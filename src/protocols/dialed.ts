import type { Inbound, Refusal } from "./inbound.ts";
import type { Session } from "./session.ts";
import type { Terminal, TurnBounds } from "./turn.ts";

/** The session of a link that we dial: one peer at the other end speaks for all senders of the account. */
export type DialedSession<State, Origin> = Session<State, DialedCommand<Origin>, DialedRequest<Origin>>;

/** What a frame asks of the account. */
export type DialedRequest<Origin> =
  | { ask: "turn"; inbound: Inbound<Origin> }
  /** Ends the turn of this message. */
  | { ask: "cancel"; messageId: string };

/** What the account wants said. All that is about one message names it as it was delivered. */
export type DialedCommand<Origin> =
  | { say: "typing"; of: Inbound<Origin> }
  /** Everything said so far: what is new of it is the session's to find out. */
  | { say: "stream"; of: Inbound<Origin>; content: string }
  /** Everything thought so far. */
  | { say: "thought"; of: Inbound<Origin>; content: string }
  /**
   * The end of a reply, as one or more frames of which the last one ends it. `isRepeat`: it may have arrived before,
   * on a link that is gone.
   */
  | { say: "terminal"; of: Inbound<Origin>; terminal: Terminal; isRepeat: boolean }
  | { say: "refused"; of: Inbound<Origin>; refusal: Refusal }
  /** The message was seen before and its answer is on its way or has arrived. */
  | { say: "repeated"; of: Inbound<Origin> }
  /** The operator has to approve the sender first; `text` says so. */
  | { say: "pairing"; of: Inbound<Origin>; text: string }
  /** What nobody asked for, to whoever wrote `to` the last time. */
  | { say: "announce"; messageId: string; to: Inbound<Origin>; text: string; mediaUrls: readonly string[] };

/** What an account has to know of a protocol besides its session. */
export interface DialedProtocol<State, Origin> {
  session: DialedSession<State, Origin>;
  /** What tells a repeat from a new message; a `messageId` alone where ids are unique per account. */
  identify(inbound: Inbound<Origin>): { sender: string; messageId: string };
  turn: TurnBounds;
  /** ms for which a message that comes again is a repeat, and a finished reply waits for the link. */
  repeatMs: number;
  /**
   * Whether a reply that may have arrived goes out again, because the peer can tell that it is the same one. Where it
   * cannot, the failure is reported instead.
   */
  repeatsUnproven: boolean;
}
