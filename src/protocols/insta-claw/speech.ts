import { encodeGatewaySent, limits, type Metadata, type SentError, type SentEvent } from "../../../generated/insta-claw/index.ts";
import { PersistentMap } from "../../core/persistent-map.ts";
import type { Inbound } from "../inbound.ts";
import type { Terminal } from "../turn.ts";
import { answerText, failureOf, type Framing, replyFrame, wholeFrame } from "./frames.ts";
import { echoOf, type Origin, recipientOf } from "./identity.ts";
import { firstResponseId, freshResponseId, type Ids } from "./ids.ts";
import type { Profile } from "./profile.ts";
import { completeReply, continueReply, failReply, type Reply, startReply, type Written } from "./reply.ts";
import { remember, remembers, type Ring } from "./ring.ts";

/** What this side says: its replies in progress, and the ids of all it said lately. */
export interface Speech {
  /** Replies that have begun on this connection and not ended, by the id of their message. */
  replies: PersistentMap<Reply>;
  /** Messages whose replies have begun on any connection of this process, and not ended. */
  begun: PersistentMap<true>;
  /** Responses of ours, to know their echo, and that they were begun (IC-8, IC-23). */
  issued: Ring;
  /** Stands in every message that comes in: one with another mark was perhaps begun by a process that is gone (IC-23). */
  process: string;
}

export interface Spoken {
  speech: Speech;
  texts: readonly string[];
}

type About = Inbound<Origin>;
type End = { text: string } | { error: SentError };

const echo = { most: limits.echoIds, forMs: limits.echoMs };

/** What a new connection takes over: nothing that was begun is finished there. */
export function beginSpeech(before: Speech | undefined, { newId }: Pick<Ids, "newId">): Speech {
  return { replies: new PersistentMap(), begun: before?.begun ?? new PersistentMap(), issued: before?.issued ?? new Map(), process: before?.process ?? newId() };
}

/** Whether this is a response of ours that the server sends back (IC-8). */
export function isOwn({ issued }: Speech, id: string | undefined, now: number): boolean {
  return remembers(issued, id, now);
}

export interface Voice {
  /** Says that something is coming. */
  start(speech: Speech, of: About, now: number): Spoken;
  /** Says what is new of everything said so far. */
  stream(speech: Speech, of: About, content: string, now: number): Spoken;
  end(speech: Speech, of: About, terminal: Terminal, isRepeat: boolean, now: number): Spoken;
  /** A whole reply in one go. */
  say(speech: Speech, of: About, end: End, now: number, more?: Metadata): Spoken;
  /** What nobody asked for. */
  announce(speech: Speech, announcement: Announcement, now: number): Spoken;
}

export interface Announcement {
  messageId: string;
  to: About;
  text: string;
  mediaUrls: readonly string[];
  /** The message it quotes. */
  replyTo?: string;
}

export function createVoice(profile: Profile, ids: Ids): Voice {
  function start(speech: Speech, of: About, now: number, isRepeat = false, more: Metadata = {}): { speech: Speech; written: Written } {
    const known = speech.replies.get(of.messageId);
    if (known) return { speech, written: { reply: known, events: [] } };
    const first = firstResponseId(of, ids);
    // What was begun before on a connection that is gone begins anew, and says of what it is the repeat (IC-23).
    const isAgain = isRepeat || of.origin.process !== speech.process || speech.begun.has(of.messageId) || remembers(speech.issued, first, now);
    const responseId = isAgain ? freshResponseId(now, ids) : first;
    const metadata = { ...echoOf(of.origin), ...more, ...(isAgain && { retry_of: first }) };
    const written = startReply(responseId, metadata, profile, now);
    return { speech: issue(issue(speech, first, now), responseId, now), written };
  }

  function issue(speech: Speech, id: string, now: number): Speech {
    return { ...speech, issued: remember(speech.issued, id, now, echo) };
  }

  function finish(speech: Speech, of: About, end: End, now: number, isRepeat: boolean, more: Metadata = {}): Spoken {
    const started = start(speech, of, now, isRepeat, more);
    const next = { ...started.speech, replies: started.speech.replies.without(of.messageId), begun: started.speech.begun.without(of.messageId) };
    const { reply } = started.written;
    if (isWhole(of)) return { speech: next, texts: [encodeGatewaySent(wholeFrame(reply, end))] };
    const ended = "error" in end ? failReply(reply, end.error, now) : completeReply(reply, end.text, profile, now);
    return { speech: next, texts: encode([...started.written.events, ...ended.events], of, now) };
  }

  function keep(speech: Speech, of: About, reply: Reply, events: readonly SentEvent[], now: number): Spoken {
    const next = { ...speech, replies: speech.replies.with(of.messageId, reply), begun: speech.begun.with(of.messageId, true) };
    return { speech: next, texts: isWhole(of) ? [] : encode(events, of, now) };
  }

  function encode(events: readonly SentEvent[], { origin }: About, now: number): string[] {
    return events.map((event) => encodeGatewaySent(replyFrame(event, framingOf(origin), origin.envelopeId, now)));
  }

  const framingOf = (origin: Origin): Framing => framingFor(origin, profile);

  return {
    start(speech, of, now) {
      const started = start(speech, of, now);
      return keep(started.speech, of, started.written.reply, started.written.events, now);
    },
    stream(speech, of, content, now) {
      const started = start(speech, of, now);
      const spoken = continueReply(started.written.reply, content, profile, now);
      return keep(started.speech, of, spoken.reply, [...started.written.events, ...spoken.events], now);
    },
    end(speech, of, terminal, isRepeat, now) {
      const end = terminal.type === "error" ? { error: failureOf(terminal, profile.requestTimeoutMs) } : { text: answerText(terminal) };
      return finish(speech, of, end, now, isRepeat);
    },
    say: (speech, of, end, now, more) => finish(speech, of, end, now, false, more),
    announce(speech, { messageId, to, text, mediaUrls, replyTo }, now) {
      const about: About = { ...to, messageId, receivedAt: now, origin: { framing: to.origin.framing, process: speech.process } };
      return finish(speech, about, { text: answerText({ content: text, mediaUrls }) }, now, false, { ...recipientOf(to), ...(replyTo !== undefined && { reply_to: replyTo }) });
    },
  };
}

/** Who sends without an envelope reads without one, whatever the profile is (IC-19). */
export function framingFor(origin: Pick<Origin, "framing">, { framing }: Pick<Profile, "framing">): Framing {
  return origin.framing === "bare" ? "bare" : framing;
}

/** A bare request that asked for no stream gets one whole response (IC-32). */
function isWhole({ origin }: About): boolean {
  return origin.whole === true && origin.framing === "bare";
}
