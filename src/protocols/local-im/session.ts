import { encodeImSent, encodeStream, type Hello, type ImSent, type Stream } from "../../../generated/local-im/index.ts";
import { continues, grow } from "../../../generated/escape.ts";
import { codePoints } from "../../../generated/runtime.ts";
import { PersistentMap } from "../../core/persistent-map.ts";
import { forLog } from "../../core/redact.ts";
import type { Act, ActName } from "../acts.ts";
import type { DialedCommand, DialedRequest, DialedSession } from "../dialed.ts";
import type { Inbound, Refusal } from "../inbound.ts";
import type { Effect, Step } from "../session.ts";
import { type Read, readFrame } from "./codec.ts";
import { actFrame, activityFrame, additions, type Dialect, doneFrame, echoOf, errorFrame, has, type Reply, terminalFrame } from "./frames.ts";
import { conversationOf, type Ids, type Origin, readId, senderOf } from "./identity.ts";
import { OFFERED, type Profile } from "./profile.ts";

/** One open connection to the server. */
export interface ConnectionState {
  dialect: Dialect;
  /** Replies that have begun on this connection and not ended, by the id of their message. */
  replies: PersistentMap<Reply>;
}

type ImStep = Step<ConnectionState, DialedRequest<Origin>>;
type ImEffect = Effect<DialedRequest<Origin>>;
type About = Inbound<Origin>;

/** The session of one account; `newId` makes ids for messages that come without one. */
export function createSession(profile: Profile, newId: () => string): DialedSession<ConnectionState, Origin> {
  return {
    // A server negotiates on every connection anew.
    open: () => ({ state: { dialect: { extended: false, extensions: [] }, replies: new PersistentMap() }, effects: [] }),

    frame(state, text, now) {
      const read = readFrame(text, profile.contentChars);
      switch (read.is) {
        case "message":
          return deliver(state, read.ids, read.content, now);
        case "frame":
          return handle(state, read.frame, now);
        case "broken":
          return reject(state, read);
        case "other":
          return { state, effects: [note(read.isKnown ? "warn" : "debug", "ignored-frame", { type: forLog(read.type), field: read.field })] };
        case "noise":
          return { state, effects: [note("warn", "not-a-json-object", { length: text.length })] };
      }
    },

    admitted(state, request) {
      if (request.ask !== "turn") return { state, effects: [] };
      const { inbound } = request;
      // From now on a broken frame with its id is not about a message of its own (LI-11).
      return { state: { ...state, replies: state.replies.with(inbound.messageId, begin(state)) }, effects: ack(state, inbound, "queued") };
    },

    command: obey,
  };

  function handle(state: ConnectionState, frame: Extract<Read, { is: "frame" }>["frame"], now: number): ImStep {
    switch (frame.type) {
      case "ping":
        return { state, effects: [send({ type: "pong" })] };
      case "pong":
      case "ack":
        return { state, effects: [] };
      case "hello":
        return { state: { ...state, dialect: agreeOn(frame) }, effects: [note("debug", "hello", { extensions: agreeOn(frame).extensions })] };
      case "cancel": {
        const messageId = readId(frame.messageId);
        if (messageId === undefined || !has(state.dialect, "cancel")) return ignore(state, frame.type);
        return { state, effects: [{ do: "deliver", inbound: { ask: "cancel", messageId } }] };
      }
      case "reaction":
        return hearAct(state, frame, "reactions", { act: "react", emoji: frame.emoji, isRemoval: frame.op === "remove" }, now);
      case "edit":
        return hearAct(state, frame, "edit", { act: "edit", content: frame.content }, now);
      case "delete":
        return hearAct(state, frame, "edit", { act: "delete" }, now);
    }
  }

  /** Of a server that has not named the extension nothing of it counts (LI-25). */
  function hearAct(state: ConnectionState, frame: { type: string; messageId?: unknown; userId?: unknown }, extension: string, act: Act, now: number): ImStep {
    const name = readId(frame.messageId);
    const userId = readId(frame.userId);
    const isReadable = act.act !== "edit" || (act.content.trim() !== "" && codePoints(act.content) <= profile.contentChars);
    if (name === undefined || !isReadable || !has(state.dialect, extension)) return ignore(state, frame.type);
    const actor = senderOf(userId === undefined ? {} : { userId }, profile);
    return { state, effects: [{ do: "deliver", inbound: { ask: "act", heard: { act, name, actor, at: now } } }] };
  }

  function deliver(state: ConnectionState, { origin, numbers }: Ids, content: string, now: number): ImStep {
    const inbound: About = {
      messageId: origin.messageId ?? `${origin.conversationId ?? "unknown"}-${now}-${newId()}`,
      origin,
      sender: senderOf(origin, profile),
      conversation: conversationOf(origin, profile),
      content,
      media: [],
      receivedAt: now,
    };
    const noted = numbers.length > 0 ? [note("warn", "ids-are-numbers", { messageId: forLog(inbound.messageId), fields: numbers })] : [];
    return { state, effects: [...noted, { do: "deliver", inbound: { ask: "turn", inbound } }] };
  }
}

function ignore(state: ConnectionState, type: string): ImStep {
  return { state, effects: [note("debug", "ignored-frame", { type })] };
}

function agreeOn({ extensions }: Hello): Dialect {
  return { extended: true, extensions: OFFERED.filter((name) => extensions.includes(name)) };
}

/** Answers a message that cannot be run, where the server can tell what the answer is about (LI-7). */
function reject(state: ConnectionState, { ids, field, detail }: Extract<Read, { is: "broken" }>): ImStep {
  const { messageId, ...place } = ids.origin;
  const noted = note("warn", "invalid-message", { ...(messageId !== undefined && { messageId: forLog(messageId) }), field: forLog(field) });
  if (place.conversationId === undefined && place.sessionId === undefined) return { state, effects: [noted] };
  // A reply that still runs must not look finished (LI-11).
  const of = messageId !== undefined && !state.replies.has(messageId) ? ids.origin : place;
  return { state, effects: [noted, send(errorFrame(begin(state), of, "invalid_message", detail))] };
}

function obey(state: ConnectionState, command: DialedCommand<Origin>): ImStep {
  switch (command.say) {
    case "typing":
      return has(replyTo(state, command.of).dialect, "typing") ? { state, effects: [send({ type: "typing", ...echoOf(command.of.origin) })] } : { state, effects: [] };
    case "stream":
      return stream(state, command.of, command.content);
    case "activity": {
      const reply = replyTo(state, command.of);
      return { state, effects: has(reply.dialect, "activity") ? [send(activityFrame(reply, command.of.origin, command.activity))] : [] };
    }
    case "thought":
      return think(state, command.of, command.content);
    case "terminal":
      return end(state, command.of, terminalFrame(replyTo(state, command.of), command.of.origin, command.terminal));
    case "pairing":
      return end(state, command.of, doneFrame(replyTo(state, command.of), command.of.origin, { content: command.text }));
    case "refused":
      return refuse(state, command.of, command.refusal);
    case "repeated":
      return { state, effects: [note("warn", "repeated-message", { messageId: forLog(command.of.messageId) }), ...ack(state, command.of, "duplicate")] };
    case "goodbye":
      return { state, effects: [] };
    case "announce": {
      const { messageId: _answered, ...place } = command.to.origin;
      const frame = doneFrame(begin(state), place, { content: command.text, mediaUrls: command.mediaUrls, unasked: command.messageId });
      return { state, effects: [send(frame)] };
    }
    case "act":
      return { state, effects: carriedBy(state).includes(command.act.act) ? [send(actFrame(command.act, command.target.name))] : [] };
  }
}

/** What the server's `hello` has turned on (LI-25). */
export function carriedBy({ dialect }: ConnectionState): ActName[] {
  return [...(has(dialect, "reactions") ? (["react"] as const) : []), ...(has(dialect, "edit") ? (["edit", "delete"] as const) : [])];
}

function stream(state: ConnectionState, of: About, content: string): ImStep {
  const reply = replyTo(state, of);
  const said = grow(reply.said, content);
  const frame: Stream = { type: "stream", ...echoOf(of.origin), content, ...additions(reply, of.origin) };
  // Numbered frames are not replaced while they wait: the numbers would have gaps (LI-26).
  const effect: ImEffect = { do: "send", text: encodeStream(frame, said), ...(!reply.dialect.extended && { key: `stream ${of.messageId}` }) };
  return { state: advance(state, of, { ...reply, said }), effects: [effect] };
}

/** Sends what continues the thoughts this connection has seen; what does not is left to `done` (LI-14). */
function think(state: ConnectionState, of: About, content: string): ImStep {
  const reply = replyTo(state, of);
  const delta = content.slice(reply.thought.length);
  if (delta === "" || !continues(content, reply.thought)) return { state, effects: [] };
  const frame: ImSent = { type: "thought", ...echoOf(of.origin), content, delta, ...additions(reply, of.origin) };
  return { state: advance(state, of, { ...reply, thought: content }), effects: [send(frame)] };
}

function refuse(state: ConnectionState, of: About, { code }: Refusal): ImStep {
  const reply = replyTo(state, of);
  const rejected = ack(state, of, "rejected");
  // Who is not let in is not told so, unless the server wants to know (LI-23).
  if (code === "forbidden" && !has(reply.dialect, "policies")) return { state, effects: rejected };
  const ended = end(state, of, errorFrame(reply, of.origin, code));
  return { ...ended, effects: [...rejected, ...ended.effects] };
}

function end(state: ConnectionState, of: About, frame: ImSent): ImStep {
  return { state: { ...state, replies: state.replies.without(of.messageId) }, effects: [send(frame)] };
}

function replyTo(state: ConnectionState, of: About): Reply {
  return state.replies.get(of.messageId) ?? begin(state);
}

function begin({ dialect }: ConnectionState): Reply {
  return { dialect, seq: 0, thought: "" };
}

function advance(state: ConnectionState, of: About, reply: Reply): ConnectionState {
  return { ...state, replies: state.replies.with(of.messageId, { ...reply, seq: reply.seq + 1 }) };
}

/** Says what became of a message, to a server that wants to know and has a name for it (LI-27). */
function ack({ dialect }: ConnectionState, { origin: { messageId } }: About, status: "queued" | "duplicate" | "rejected"): ImEffect[] {
  return messageId !== undefined && has(dialect, "ack") ? [send({ type: "ack", messageId, status })] : [];
}

function send(frame: ImSent): ImEffect {
  return { do: "send", text: encodeImSent(frame) };
}

function note(level: "debug" | "info" | "warn", code: string, data: Readonly<Record<string, unknown>>): ImEffect {
  return { do: "note", level, code, data };
}
