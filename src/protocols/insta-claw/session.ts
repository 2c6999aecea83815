import { encodeGatewaySent, type GatewaySent, type ResponseEvent, type SentError, validateId } from "../../../generated/insta-claw/index.ts";
import { clip, forLog } from "../../core/redact.ts";
import { limits as ours } from "../../core/limits.ts";
import type { DialedCommand, DialedRequest, DialedSession } from "../dialed.ts";
import type { Inbound } from "../inbound.ts";
import type { Effect, Step } from "../session.ts";
import { type Change, carriedOf, heardChange, isChange, sentChange } from "./acts.ts";
import { type Carrier, type ControlFrame, type Read, readFrame } from "./codec.ts";
import { handleControl } from "./control.ts";
import { ackFrame, NO_CONTENT, refusalOf } from "./frames.ts";
import { identityOf, type Origin } from "./identity.ts";
import type { Ids } from "./ids.ts";
import type { Profile } from "./profile.ts";
import { readRequest } from "./requests.ts";
import { hear, noResponses, type Note, type Responses, staleAt, type Step as HeardStep, sweep } from "./responses.ts";
import { type Announcement, beginSpeech, createVoice, framingFor, isOwn, type Speech, type Spoken } from "./speech.ts";

/** One account's connection to its gateway. */
export interface ConnectionState {
  /** What the server is saying. */
  responses: Responses;
  /** What we are saying. */
  speech: Speech;
  /** What the server's hello named, on this connection (IC-33). */
  extensions: readonly string[];
}

type About = Inbound<Origin>;
type GatewayStep = Step<ConnectionState, DialedRequest<Origin>>;
type GatewayEffect = Effect<DialedRequest<Origin>>;

/** The session of one account. */
export function createSession(profile: Profile, ids: Ids): DialedSession<ConnectionState, Origin> {
  const voice = createVoice(profile, ids);

  return {
    open(_now, before) {
      const lost = [...(before?.responses.open.keys() ?? [])];
      return {
        // Of a message that a drop cut nobody knows whether the server goes on or begins again (IC-15).
        state: { responses: { open: new Map(), finished: before?.responses.finished ?? noResponses.finished }, speech: beginSpeech(before?.speech, ids), extensions: [] },
        effects: lost.length > 0 ? [note("warn", "responses-cut", { responses: lost.map(forLog) })] : [],
      };
    },

    frame(state, text, now) {
      const read = readFrame(text);
      const tidied = "carrier" in read ? read.carrier.tidied.map((what) => note(what === "type-case" ? "debug" : "warn", what, aboutCarrier(read.carrier))) : [];
      const step = handle(state, read, now);
      return tidied.length === 0 ? step : { ...step, effects: [...tidied, ...step.effects] };
    },

    admitted: (state, request) => ({ state, effects: request.ask === "turn" ? ack(request.inbound.origin.envelopeId) : [] }),

    command: obey,

    tick: (state, now) => heard(state, sweep(state.responses, now), undefined, now),
  };

  function handle(state: ConnectionState, read: Read, now: number): GatewayStep {
    switch (read.is) {
      case "event":
        return handleEvent(state, read.event, read.carrier, now);
      case "request":
        return deliver(state, readRequest(read.request, read.carrier, now, ids.newId), now);
      case "control":
        return isChange(read.frame) ? change(state, read.frame, read.carrier, now) : { state: greeted(state, read.frame), effects: handleControl(read.frame) };
      case "broken":
        return reject(state, read, now);
      case "other":
        return { state, effects: [note("debug", "unknown-type", { type: forLog(read.type) }), ...ack(read.carrier.headers.messageId)] };
      case "noise":
        return { state, effects: [note("warn", "not-a-frame", { detail: forLog(read.detail) })] };
    }
  }

  /** Somebody does something to a message that was said before; of a server that has not named the extension nothing of it counts. */
  function change(state: ConnectionState, frame: Change, { headers }: Carrier, now: number): GatewayStep {
    const heard = heardChange(frame, profile.trustsPeer, now);
    if (!carriedOf(state.extensions).includes(heard.act.act)) return { state, effects: [note("debug", "ignored-change", { type: frame.type }), ...ack(headers.messageId)] };
    return { state, effects: [...ack(headers.messageId), { do: "deliver", inbound: { ask: "act", heard } }] };
  }

  function handleEvent(state: ConnectionState, event: ResponseEvent, carrier: Carrier, now: number): GatewayStep {
    const named = [event.response_id, "response" in event ? event.response?.id : undefined];
    if (!named.some((id) => isOwn(state.speech, id, now))) return heard(state, hear(state.responses, event, now), carrier, now);
    return { state, effects: [note("debug", "own-event", { type: event.type }), ...ack(carrier.headers.messageId)] };
  }

  /** Takes over what an event or the passing of time has made of the messages that are coming in. */
  function heard(before: ConnectionState, { responses, notes, message }: HeardStep, carrier: Carrier | undefined, now: number): GatewayStep {
    const state = { ...before, responses };
    const noted = notes.map(noteOf);
    const wakeAt = staleAt(responses);
    const wake = wakeAt === undefined ? {} : { wakeAt };
    // Tool traffic and thoughts alone are nobody's message.
    if (!message?.hasMessage || !carrier) return { state, effects: [...noted, ...ack(carrier?.headers.messageId)], ...wake };
    const step = deliver(state, inboundOf(message, carrier, now), now);
    return { ...step, effects: [...noted, ...step.effects], ...wake };
  }

  function inboundOf({ id, text, media, metadata, truncated }: NonNullable<HeardStep["message"]>, carrier: Carrier, now: number): About {
    const { headers, framing } = carrier;
    const { sender, conversation, origin, mentioned } = identityOf({ metadata, headers });
    return {
      messageId: id,
      origin: { framing, ...(headers.messageId !== undefined && { envelopeId: headers.messageId }), requestId: id, ...origin },
      sender,
      conversation,
      content: text,
      media,
      ...(metadata.reply_to !== undefined && { quote: { messageId: metadata.reply_to } }),
      ...(mentioned !== undefined && { mentioned }),
      ...(truncated && { customData: { truncated: true, ...truncated } }),
      receivedAt: now,
    };
  }

  function deliver(state: ConnectionState, read: About, now: number): GatewayStep {
    const said = marked(state, read);
    // Whoever can change what is on its way can write under any name (IC-17).
    const { quote } = said;
    const known: About = quote && isOwn(state.speech, quote.messageId, now) ? { ...said, quote: { ...quote, isAgents: true } } : said;
    const inbound: About = profile.trustsPeer ? known : { ...known, sender: { ...known.sender, verified: false } };
    if (inbound.content.trim() === "" && inbound.media.length === 0) return acknowledged(inbound, refuse(state, inbound, { code: "INVALID_REQUEST", message: NO_CONTENT }, now));
    return { state, effects: [{ do: "deliver", inbound: { ask: "turn", inbound } }] };
  }

  /** Skips what cannot be read; a message that names itself or its session is told so (IC-6). */
  function reject(state: ConnectionState, { asks, said, detail, carrier }: Extract<Read, { is: "broken" }>, now: number): GatewayStep {
    const noted = note("warn", "invalid-frame", { ...aboutCarrier(carrier), detail: forLog(detail) });
    if (!asks) return { state, effects: [noted] };
    const metadata = pick(said["metadata"], ["message_id", "session_id", "sender_id", "user_id"]);
    const headers = pick(carrier.headers, ["messageId", "requestId", "senderId"]);
    const requestId = metadata["message_id"] ?? headers["requestId"] ?? headers["messageId"];
    const { sender, conversation, origin } = identityOf({ metadata, headers });
    const about: About = {
      messageId: requestId ?? ids.newId(),
      origin: { framing: carrier.framing, ...(requestId !== undefined && { requestId }), ...(headers["messageId"] !== undefined && { envelopeId: headers["messageId"] }), ...origin },
      sender,
      conversation,
      content: "",
      media: [],
      receivedAt: now,
    };
    const isEmpty = [said["content"], said["input"]].every((content) => content === undefined || content === "" || (Array.isArray(content) && content.length === 0));
    const message = isEmpty || typeof (said["content"] ?? "") !== "string" ? NO_CONTENT : clip(detail, ours.errorCodePoints);
    const step = refuse(state, about, { code: "INVALID_REQUEST", message }, now);
    return { ...step, effects: [noted, ...step.effects] };
  }

  function refuse(state: ConnectionState, of: About, error: SentError, now: number): GatewayStep {
    const noted = note("warn", "invalid-request", { messageId: forLog(of.messageId) });
    // Nobody could tell what the answer is about, or the answer to a running message would look finished.
    const isKnown = of.origin.requestId !== undefined || of.origin.sessionId !== undefined;
    if (!isKnown || state.speech.replies.has(of.messageId)) return { state, effects: [noted] };
    const step = spoken(state, voice.say(state.speech, marked(state, of), { error }, now));
    return { ...step, effects: [noted, ...step.effects] };
  }

  function obey(state: ConnectionState, command: DialedCommand<Origin>, now: number): GatewayStep {
    const { speech } = state;
    switch (command.say) {
      case "typing":
        return spoken(state, voice.start(speech, command.of, now));
      case "stream":
        return spoken(state, voice.stream(speech, command.of, command.content, now));
      // The wire has no place for what is not the answer.
      case "activity":
      case "thought":
        return { state, effects: [] };
      case "terminal":
        return spoken(state, voice.end(speech, command.of, command.terminal, command.isRepeat, now));
      case "pairing":
        return acknowledged(command.of, spoken(state, voice.say(speech, command.of, { text: command.text }, now, { kind: "pairing" })));
      case "refused": {
        const error = refusalOf(command.refusal);
        return acknowledged(command.of, error ? spoken(state, voice.say(speech, command.of, { error }, now)) : { state, effects: [] });
      }
      case "repeated":
        return acknowledged(command.of, { state, effects: [note("debug", "repeated-message", { messageId: forLog(command.of.messageId) })] });
      case "goodbye":
        return { state, effects: [] };
      case "announce":
        return spoken(state, voice.announce(speech, announcementOf(command, state.extensions), command.at ?? now));
      case "act": {
        const { act, target } = command;
        if (!carriedOf(state.extensions).includes(act.act)) return { state, effects: [] };
        return { state, effects: [{ do: "send", text: sentChange(act, target, framingFor(target.place.origin, profile), ids.newId(), now) }] };
      }
    }
  }

  /** The server is done with a message that will not be run, or not again (IC-28). */
  function acknowledged({ origin }: About, step: GatewayStep): GatewayStep {
    return { ...step, effects: [...ack(origin.envelopeId), ...step.effects] };
  }

  function ack(messageId: string | undefined): GatewayEffect[] {
    const frame = messageId === undefined ? undefined : ackFrame(profile.ack, messageId);
    return frame ? [send(frame)] : [];
  }
}

function marked({ speech }: ConnectionState, of: About): About {
  return { ...of, origin: { ...of.origin, process: speech.process } };
}

/** What goes beyond the documented wire only to a server that said it reads it (IC-33). */
function announcementOf({ messageId, to, text, mediaUrls, threadId, replyToMessageId }: Extract<DialedCommand<Origin>, { say: "announce" }>, extensions: readonly string[]): Announcement {
  const isThreaded = extensions.includes("threads");
  // A session beside its user is a thread of ours alone (IC-18).
  const isThread = threadId !== undefined && threadId !== to.origin.sessionId;
  return {
    messageId,
    to: isThread && isThreaded ? { ...to, origin: { ...to.origin, threadId } } : to,
    text,
    mediaUrls,
    ...(replyToMessageId !== undefined && isThreaded && { replyTo: replyToMessageId }),
  };
}

function greeted(state: ConnectionState, frame: ControlFrame): ConnectionState {
  return "type" in frame && frame.type === "instaclaw:hello" ? { ...state, extensions: frame.extensions } : state;
}

function spoken(state: ConnectionState, { speech, texts }: Spoken): GatewayStep {
  return { state: { ...state, speech }, effects: texts.map((text) => ({ do: "send", text })) };
}

/** The ids that are ids, of what may be anything. */
function pick<Key extends string>(from: unknown, keys: readonly Key[]): { [K in Key]?: string } {
  const given: Partial<Record<Key, unknown>> = typeof from === "object" && from !== null ? from : {};
  const found = keys.flatMap((key) => (Object.hasOwn(given, key) && validateId(given[key]) ? [[key, given[key]] as const] : []));
  return Object.fromEntries(found) as { [K in Key]?: string };
}

function aboutCarrier({ headers }: Carrier): Readonly<Record<string, unknown>> {
  const { messageId } = pick(headers, ["messageId"]);
  return messageId === undefined ? {} : { messageId: forLog(messageId) };
}

function noteOf({ level, code, data }: Note): GatewayEffect {
  return note(level, code, Object.fromEntries(Object.entries(data).map(([key, value]) => [key, typeof value === "string" ? forLog(value) : value])));
}

function note(level: "debug" | "info" | "warn", code: string, data: Readonly<Record<string, unknown>>): GatewayEffect {
  return { do: "note", level, code, data };
}

function send(frame: GatewaySent): GatewayEffect {
  return { do: "send", text: encodeGatewaySent(frame) };
}
