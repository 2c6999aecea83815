import {
  type ChatReceived,
  type ChatSend,
  type ChatSent,
  type ChatStream,
  encodeChatSent,
  encodeChatStream,
} from "../../../generated/websocket/index.ts";
import { continues, grow, type Grown } from "../../../generated/escape.ts";
import { PersistentMap } from "../../core/persistent-map.ts";
import { forLog } from "../../core/redact.ts";
import type { Act, HeardAct } from "../acts.ts";
import type { Effect, Session, Step } from "../session.ts";
import { extensionOf, INVALID_FORMAT, invalidField, readFrame, type Refusal, refusalOf } from "./codec.ts";
import { type Peer, settleSender } from "./identity.ts";
import {
  type About, aboutOf, actFrame, activityFrame, additions, carriedBy, type Dialect, errorFrame, has, postFrame, terminalFrame, thoughtFrame, typingFrame, welcomeFrame,
} from "./frames.ts";
import type { Inbound } from "../inbound.ts";
import type { Profile } from "./profile.ts";
import { findBrokenRule, listMedia, saysSomething } from "./rules.ts";
import type { Activity, Terminal } from "../turn.ts";

/** One open connection of an application. */
export interface ConnectionState extends Dialect, Opening {
  /** Rejected frames since the last good one (WS-10). */
  rejected: number;
  /** What this connection was shown of each message that has no terminal frame yet. */
  shown: PersistentMap<Shown>;
}

interface Shown {
  seq: number;
  content: Grown;
}

const nothingYet: Shown = { seq: 0, content: grow(undefined, "") };

/** Who has connected. */
export interface Opening {
  peer: Peer;
  connectionId: string;
}

/** Where a message came from. */
export interface Origin {
  /** The connection may be gone when the answer is ready. */
  connectionId: string;
}

/** What a frame asks of the account. */
export type Request =
  | { ask: "turn"; inbound: Inbound<Origin> }
  | { ask: "cancel"; messageId: string; senderId: string }
  | { ask: "join"; groupId: string }
  | { ask: "leave"; groupId: string }
  | { ask: "verify"; token: string }
  /** Somebody edits, deletes or reacts to a message that was said before. */
  | { ask: "act"; heard: HeardAct };

/** What the account wants said on this connection. */
export type Command =
  | { say: "typing"; of: About }
  | { say: "stream"; of: About; content: string }
  | { say: "thought"; of: About; content: string }
  | { say: "activity"; of: About; activity: Activity }
  | { say: "terminal"; of: About; terminal: Terminal }
  | { say: "refused"; refusal: Refusal }
  | { say: "pairing"; of: About; code: string; expiresAt: number }
  | { say: "post"; inbound: Inbound<Origin> }
  /** `senderId`: who does it. */
  | { say: "act"; act: Act; messageId: string; senderId: string }
  | { say: "renewed"; peer: Peer }
  /** The verifier was asked once more, and the peer was not told. */
  | { say: "known"; peer: Peer }
  /** The token is not good, or not any more: the connection ends (WS-37). */
  | { say: "expelled"; why: string };

/** One for all connections: whose it is stands in the state. */
export interface ConnectionSession extends Omit<Session<ConnectionState, Command, Request>, "open"> {
  open(now: number, opening: Opening): ConnectionStep;
}
type ConnectionStep = Step<ConnectionState, Request>;

const GREETING = '{"type":"chat.response","content":"Connected to WebSocket chat server"}';

const noExtensions: readonly string[] = [];

/** `newId` makes ids for messages that come without one. */
export function createSession(profile: Profile, newId: () => string): ConnectionSession {
  return {
    open: (_, { peer, connectionId }) => ({
      state: { peer, connectionId, extended: false, extensions: noExtensions, rejected: 0, shown: new PersistentMap() },
      effects: profile.greeting ? [{ do: "send", text: GREETING }] : [],
    }),

    frame(state, text, now) {
      const read = readFrame(text);
      if (!read.ok) return reject(state, read.refusal, profile);
      const refusal = refuseExtension(state, read.frame, profile);
      if (refusal) return reject(state, refusal, profile);
      return handle(state, read.frame, now);
    },

    admitted(state, request) {
      if (request.ask !== "turn") return { state: { ...state, rejected: 0 }, effects: [] };
      const about = aboutOf(request.inbound);
      const next = { ...state, rejected: 0, shown: state.shown.with(about.messageId, nothingYet) };
      return { state: next, effects: [send(typingFrame(next, about))] };
    },

    command: (state, command) => obey(state, command, profile),
  };

  function handle(state: ConnectionState, frame: ChatReceived, now: number): ConnectionStep {
    switch (frame.type) {
      case "chat.send":
        return handleSend(state, frame, now);
      case "chat.hello":
        return handleHello(state, frame.extensions);
      case "chat.cancel":
        return ask(state, { ask: "cancel", messageId: frame.messageId, senderId: state.peer.sender.id });
      case "chat.join":
        return ask(state, { ask: "join", groupId: frame.groupId });
      case "chat.leave":
        return ask(state, { ask: "leave", groupId: frame.groupId });
      case "chat.auth":
        return ask(state, { ask: "verify", token: frame.token });
      case "chat.edit":
        if (frame.content.trim() === "") return reject(state, { code: "invalid_field", error: "Invalid field content: expected text, got blanks" }, profile);
        return askAct(state, { act: "edit", content: frame.content }, frame.messageId, now);
      case "chat.delete":
        return askAct(state, { act: "delete" }, frame.messageId, now);
      case "chat.react":
        return askAct(state, { act: "react", emoji: frame.emoji, isRemoval: frame.op === "remove" }, frame.messageId, now);
      case "chat.directory":
        return reject(state, unsupported(frame), profile);
    }
  }

  function askAct(state: ConnectionState, act: Act, name: string, at: number): ConnectionStep {
    return ask(state, { ask: "act", heard: { act, name, actor: state.peer.sender, at } });
  }

  function handleSend(state: ConnectionState, frame: ChatSend, now: number): ConnectionStep {
    const broken = findBrokenRule(frame, profile.customData);
    if (broken) {
      const refusal = invalidField(frame, broken.field, broken.expectation);
      return reject(state, broken.tooLarge ? { ...refusal, code: "too_large" } : refusal, profile);
    }
    if (!saysSomething(frame)) return reject(state, refusalOf("invalid_format", INVALID_FORMAT, frame), profile);
    const sender = settleSender(state.peer, frame);
    if (!sender) return reject(state, refusalOf("forbidden", "Sender not allowed: senderId is not the verified user", frame), profile);
    const media = listMedia(frame);
    const thread = frame.threadId !== undefined && has(state, "threads") ? { threadId: frame.threadId } : {};
    const inbound: Inbound<Origin> = {
      messageId: frame.messageId ?? newId(),
      origin: { connectionId: state.connectionId },
      sender,
      conversation:
        frame.chatType === "group" && frame.groupId !== undefined
          ? { kind: "group", id: frame.groupId, subject: frame.groupSubject ?? frame.groupId, ...thread }
          : { kind: "direct", id: sender.id, ...thread },
      content: frame.content,
      media,
      receivedAt: now,
      ...quoteOf(frame),
      ...(frame.customData !== undefined && { customData: frame.customData }),
      ...(frame.mentioned !== undefined && has(state, "groups") && { mentioned: frame.mentioned }),
    };
    const step = ask(state, { ask: "turn", inbound });
    return frame.groupId !== undefined && frame.chatType !== "group"
      ? { ...step, effects: [{ do: "note", level: "warn", code: "group-id-ignored", data: { messageId: forLog(inbound.messageId) } }, ...step.effects] }
      : step;
  }

  function handleHello(state: ConnectionState, asked: readonly string[]): ConnectionStep {
    if (state.extended) {
      return reject(state, { code: "invalid_format", error: "Invalid message format. chat.hello may be sent once per connection" }, profile);
    }
    const extensions = profile.offered.filter((name) => asked.includes(name));
    const next = { ...state, extended: true, extensions, rejected: 0 };
    return { state: next, effects: [send(welcomeFrame(next, next.peer.sender.id))] };
  }
}

function ask(state: ConnectionState, request: Request): ConnectionStep {
  return { state, effects: [{ do: "deliver", inbound: request }] };
}

function obey(state: ConnectionState, command: Command, profile: Profile): ConnectionStep {
  switch (command.say) {
    case "typing":
      return { state, effects: [send(typingFrame(state, command.of))] };
    case "stream":
      return stream(state, command.of, command.content, profile);
    case "thought":
      return { state, effects: has(state, "thoughts") ? [send(thoughtFrame(state, command.of, command.content))] : [] };
    case "activity":
      return { state, effects: has(state, "activity") ? [send(activityFrame(state, command.of, command.activity))] : [] };
    case "terminal": {
      const next = { ...state, shown: state.shown.without(command.of.messageId) };
      return { state: next, effects: [send(terminalFrame(state, command.of, command.terminal))] };
    }
    case "refused":
      return reject(state, command.refusal, profile);
    case "pairing":
      if (!has(state, "pairing")) return { state, effects: [] };
      return {
        state,
        effects: [send({ type: "chat.pairing", messageId: command.of.messageId, code: command.code, expiresAt: command.expiresAt })],
      };
    case "post":
      return { state, effects: has(state, "groups") ? [send(postFrame(command.inbound))] : [] };
    case "act":
      return { state, effects: carriedBy(state).includes(command.act.act) ? [send(actFrame(command.act, command.messageId, command.senderId))] : [] };
    case "renewed": {
      const next = { ...state, peer: command.peer };
      return { state: next, effects: [send(welcomeFrame(next, next.peer.sender.id))] };
    }
    case "known":
      return { state: { ...state, peer: command.peer }, effects: [] };
    case "expelled":
      return {
        state,
        effects: [send(errorFrame(state, "auth_failed", `Authentication failed: ${command.why}`, undefined)), { do: "close", code: 4401, reason: "Authentication failed" }],
      };
  }
}

/** Answers a bad frame, and closes after too many in a row (WS-10). */
function reject(state: ConnectionState, refusal: Refusal, profile: Profile): ConnectionStep {
  const rejected = state.rejected + 1;
  const next = { ...state, rejected };
  if (rejected > profile.rejectedInARow) return { state: next, effects: [{ do: "close", code: 4429, reason: "Rate limit exceeded" }] };
  // An id whose answer still runs here must not look finished (WS-13).
  const messageId = refusal.messageId !== undefined && !state.shown.has(refusal.messageId) ? refusal.messageId : undefined;
  return { state: next, effects: [send(errorFrame(state, refusal.code, refusal.error, messageId))] };
}

function refuseExtension(state: ConnectionState, frame: ChatReceived, profile: Profile): Refusal | undefined {
  const extension = extensionOf(frame);
  if (extension === undefined || extension === "hello") return undefined;
  if (!state.extended) return refusalOf("invalid_format", INVALID_FORMAT, frame);
  return profile.offered.includes(extension) && has(state, extension) ? undefined : unsupported(frame);
}

function unsupported(frame: ChatReceived): Refusal {
  return refusalOf("unsupported", `${frame.type} is not offered by this server`, frame);
}

function stream(state: ConnectionState, of: About, content: string, profile: Profile): ConnectionStep {
  const before = state.shown.get(of.messageId) ?? nothingYet;
  const said = before.content.text;
  const delta = continues(content, said) ? content.slice(said.length) : undefined;
  if (delta === "") return { state, effects: [] };
  const grown = grow(before.content, content);
  const shown = state.shown.with(of.messageId, { seq: before.seq + 1, content: grown });
  const frame: ChatStream = {
    type: "chat.stream",
    messageId: of.messageId,
    content: profile.streamMode === "delta" && delta !== undefined ? delta : content,
    done: false,
    ...(state.extended && { seq: before.seq, ...(delta !== undefined && { delta }) }),
    ...additions(state, of),
  };
  return { state: { ...state, shown }, effects: [{ do: "send", text: encodeChatStream(frame, grown) }] };
}

/** How the ids begin that the plugin makes (WS-27). */
const UNASKED = "srv_";

function quoteOf(frame: ChatSend): Pick<Inbound, "quote"> {
  if (frame.replyToMessageId === undefined && frame.replyToBody === undefined) return {};
  return {
    quote: {
      ...(frame.replyToMessageId !== undefined && { messageId: frame.replyToMessageId }),
      ...(frame.replyToMessageId?.startsWith(UNASKED) && { isAgents: true }),
      ...(frame.replyToBody !== undefined && { body: frame.replyToBody }),
    },
  };
}

function send(frame: ChatSent): Effect<Request> {
  return { do: "send", text: encodeChatSent(frame) };
}
