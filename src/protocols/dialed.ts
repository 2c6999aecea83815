import type { Act, ActName, ActTarget, HeardAct } from "./acts.ts";
import type { Inbound, Refusal } from "./inbound.ts";
import type { Session } from "./session.ts";
import type { Activity, Attachment, Terminal, TurnBounds } from "./turn.ts";

/** The session of a link that we dial: one peer at the other end speaks for all senders of the account. */
export type DialedSession<State, Origin> = Session<State, DialedCommand<Origin>, DialedRequest<Origin>>;

/** What a frame asks of the account. */
export type DialedRequest<Origin> =
  | { ask: "turn"; inbound: Inbound<Origin>; ref?: string }
  /** Ends the turn of this message. */
  | { ask: "cancel"; messageId: string }
  /** Was said without asking for an answer: kept for quotes. `ref` is the session's, to know it by in `settled`. */
  | { ask: "keep"; inbound: Inbound<Origin>; ref?: string }
  /** A frame that cannot be read and must not come again. */
  | { ask: "quarantine"; text: string; why: string; ref?: string }
  | { ask: "notice"; notice: Notice }
  /** Somebody edits, deletes or reacts to a message that was said before. */
  | { ask: "act"; heard: HeardAct };

/** What an account should look at, of a wire that has more than messages. */
export type Notice =
  /** The server does not take this access token any more. */
  | { of: "login-refused"; accessToken: string }
  /** The server cannot check tokens now: none is to be renewed because of it. */
  | { of: "login-unchecked" }
  /** How the account has to behave in groups may have changed. */
  | { of: "group-settings" }
  | { of: "permissions" }
  /** What is known of this conversation may have changed; `scope` is the server's word for what. */
  | { of: "conversation"; id: string; scope: readonly string[] };

/** What the account wants said. All that is about one message names it as it was delivered. */
export type DialedCommand<Origin> =
  | { say: "typing"; of: Inbound<Origin> }
  /** Everything said so far: what is new of it is the session's to find out. `attempt` is more than 1 where a crash cut the run before. */
  | { say: "stream"; of: Inbound<Origin>; content: string; attempt?: number }
  /** The agent began to use a tool, or has. */
  | { say: "activity"; of: Inbound<Origin>; activity: Activity; attempt?: number }
  /** Everything thought so far. */
  | { say: "thought"; of: Inbound<Origin>; content: string; attempt?: number }
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
  /** What nobody asked for, to whoever wrote `to` the last time. `at`, in ms since the epoch, is now where it is absent. */
  | { say: "announce"; messageId: string; to: Inbound<Origin>; text: string; mediaUrls: readonly string[]; attachments?: readonly Attachment[]; replyToMessageId?: string; at?: number; threadId?: string }
  /** The agent edits or deletes what it said, or reacts to a message. Only what `carries` names is said. */
  | { say: "act"; act: Act; target: ActTarget<Inbound<Origin>> }
  /** The account stops: what must not stay open is ended, what is owed is said, for the link closes behind it. */
  | { say: "goodbye" };

/** What an account has to know of a protocol besides its session. */
export interface DialedProtocol<State, Origin> {
  session: DialedSession<State, Origin>;
  /** What tells a repeat from a new message; a `messageId` alone where ids are unique per account. */
  identify(inbound: Inbound<Origin>): { sender: string; messageId: string };
  turn: TurnBounds;
  /** ms for which a message that comes again is a repeat, and a finished reply waits for the link. */
  repeatMs: number;
  /**
   * How often a finished reply is written at most. 1 where the peer cannot tell a repeat from a new answer: of one that
   * may have been lost the failure is reported instead.
   */
  mostWrites: number;
  /**
   * Nothing on this wire tells what is said unasked from the answer to the message in whose place it is said: it goes
   * where one was answered, and to the last message of all only while none was.
   */
  mistakesUnasked?: true;
  /** An id for what is said unasked. */
  announcementId(): string;
  /** What can be done to messages that were said before; absent where the wire has nothing of the kind. */
  acts?: DialedActs<State, Origin>;
  /** Where to say something unasked to whom no message came from yet; absent where there is no way. */
  reach?(to: { kind: "direct" | "group"; id: string; scope?: string }): Inbound<Origin> | undefined;
}

export interface DialedActs<State, Origin> {
  /** What the peer has said it understands, or has to. */
  carried(state: State): readonly ActName[];
  /** How the peer calls a person's message; undefined where it has no name for it. */
  nameOf(inbound: Inbound<Origin>): string | undefined;
  /** How it calls the answer to a message. */
  nameOfAnswer(of: Inbound<Origin>): string | undefined;
  /** How it calls what the agent said unasked, at this time in ms since the epoch. */
  nameOfAnnouncement(messageId: string, at: number): string;
  /** Who reacts with another emoji has taken the first one back. */
  oneEmoji?: true;
}
