import type { Heard } from "../protocol.ts";
import type { FrameRecord, Reply } from "../record.ts";
import { type Envelope, type Fields, fieldsOf, readable, sealed, textIn } from "./frames.ts";
import { frameLimits } from "./options.ts";
import { broadcast, post, type Realm, store } from "./realm.ts";
import type { ReadySession } from "./session.ts";
import { advanceStream, beginStream, type Stream } from "./streams.ts";
import { fragmentsOf, replyTargetOf } from "./view.ts";
import type { Conversation } from "./world.ts";

/** A frame of the plugin about a conversation it may speak in. */
export interface Uplink {
  session: ReadySession;
  frame: Envelope;
  chat: Conversation;
  record: FrameRecord;
}

/** Why the server refuses a frame, as `message.error` says it. */
export interface Refusal {
  code: string;
  reason: string;
}

interface Written {
  body: string;
  reply: Reply;
}

/** Takes the messages, streams and reactions of the plugin. */
export class Messages {
  readonly streams = new Map<string, Stream>();
  readonly #realm: Realm;
  /** What was written last, by message id. */
  readonly #written = new Map<string, Written>();
  /** Streams that were not let begin: what was on its way when the plugin heard of it is no fault. */
  readonly #refused = new Set<string>();

  constructor(realm: Realm) {
    this.#realm = realm;
  }

  /** `message.send` and `message.reply`. */
  message(uplink: Uplink): Heard {
    const { session, frame, chat, record } = uplink;
    const { pen, faults: due, view } = this.#realm;
    const payload = fieldsOf(frame.payload);
    const message = fieldsOf(payload["message"]);
    const messageId = textIn(payload, "message_id") || pen.messageId();
    const mode = textIn(payload, "message_mode");
    const faults = [...disagreements(message), ...this.#unanswerable(message)];
    const down = pen.business(frame.event, { message_id: messageId, message_mode: mode, message: { ...message, streaming: sealed } }, { chat, sender: session.agent, ...(frame.trace_id !== undefined && { traceId: frame.trace_id }) });
    if (Buffer.byteLength(JSON.stringify(down)) > frameLimits.downlink) return { faults: [...faults, ...this.refuse(uplink, { code: "message_too_large", reason: `over ${frameLimits.downlink} bytes` })] };
    const body = JSON.stringify([chat.id, mode, message]);
    const known = this.#written.get(messageId);
    if (known && known.body !== body) faults.push(`${frame.event} has the id ${messageId}, which was another message`);
    if (view.messages.get(messageId)?.senderId !== undefined && view.messages.get(messageId)?.senderId !== session.agent.id) faults.push(`${frame.event} has the id ${messageId} of somebody else's message`);
    store(this.#realm, chat, messageId, down);
    view.write(messageId, { chat, sender: session.agent, message, mode });
    const reply = this.#replyFor(messageId, uplink, replyTargetOf(message));
    this.#written.set(messageId, { body, reply });
    reply.attempts = view.messages.get(messageId)?.writes ?? 1;
    Object.assign(reply, { text: readable(fragmentsOf(message)), end: { how: "completed" } });
    reply.frames.push(record);
    if (due.take("cut") !== undefined) session.link.drop();
    else if (due.take("no-ack") === undefined) this.acknowledge(uplink, messageId);
    if (session.capabilities.has("delivery_receipt")) this.#deliver(uplink, messageId);
    return { faults, reply };
  }

  /** `message.created`, `add`, `done` and `failed`: nobody acknowledges them. */
  stream(uplink: Uplink): Heard {
    const { session, frame, chat, record } = uplink;
    const { pen } = this.#realm;
    const payload = fieldsOf(frame.payload);
    const messageId = textIn(payload, "message_id");
    if (messageId === "") return { faults: [] };
    broadcast(this.#realm, chat, pen.business(frame.event, payload, { chat, sender: session.agent }));
    const known = this.streams.get(messageId);
    if (frame.event === "message.created") {
      const faults = known || this.#written.has(messageId) ? [`message.created has the id ${messageId}, which was used before`] : [];
      const reply = this.#replyFor(messageId, uplink, undefined);
      reply.frames.push(record);
      this.streams.set(messageId, beginStream({ messageId, chatId: chat.id, link: session.link.number, mode: textIn(payload, "message_mode"), reply }));
      return { faults, reply };
    }
    if (!known && this.#refused.has(messageId)) return { faults: [] };
    if (!known) return { faults: [`${frame.event} is about ${messageId}, which no message.created has begun`] };
    // What was on its way when the server ended it.
    if (known.ended === "aborted" && known.link === session.link.number) return { faults: [], reply: known.reply };
    const faults = advanceStream(known, frame.event, payload, session.link.number);
    if (chat.id !== known.chatId) faults.push(`${frame.event} of ${messageId} is in another chat than its message.created`);
    if (faults.some((fault) => fault.includes("came after"))) return { faults, reply: known.reply };
    known.reply.frames.push(record);
    if (known.ended === "done") this.#merge(known, uplink);
    if (known.ended === "failed") known.reply.end = { how: "failed", error: "the agent gave up" };
    return { faults, reply: known.reply };
  }

  reaction(uplink: Uplink): Heard {
    const { session, frame, chat } = uplink;
    const { pen, view } = this.#realm;
    const payload = fieldsOf(frame.payload);
    const target = textIn(payload, "target_message_id");
    const emoji = textIn(payload, "emoji");
    const removed = payload["removed"] === true;
    const size = Buffer.byteLength(emoji);
    if (target === "" || (!removed && (size === 0 || size > frameLimits.emoji))) return { faults: this.refuse(uplink, { code: "bad_request", reason: "no target, or no emoji" }) };
    const messageId = `rxn:${target}:${session.agent.id}`;
    store(this.#realm, chat, messageId, pen.business("message.reaction", { target_message_id: target, emoji, removed, message_id: messageId, reactor_user_id: session.agent.id }, { chat, sender: session.agent }));
    view.react(target, session.agent.id, emoji, removed);
    this.acknowledge(uplink, messageId);
    return { faults: [] };
  }

  acknowledge({ session, frame }: Uplink, messageId: string): void {
    const { pen } = this.#realm;
    const { payload, ...head } = pen.frame("message.ack", { message_id: messageId, accepted_at: pen.now }, frame.trace_id ?? "");
    post(this.#realm, session, { ...head, ...addressOf(frame), payload });
  }

  /** Says no, and has nothing to hold against the plugin. */
  refuse({ session, frame }: Pick<Uplink, "session" | "frame">, { code, reason }: Refusal): [] {
    const { pen } = this.#realm;
    const messageId = textIn(fieldsOf(frame.payload), "message_id");
    if (frame.event === "message.created") this.#refused.add(messageId);
    const { payload, ...head } = pen.frame("message.error", { ...(messageId !== "" && { message_id: messageId }), code, reason, rejected_at: pen.now }, frame.trace_id ?? "");
    post(this.#realm, session, { ...head, ...addressOf(frame), payload });
    return [];
  }

  /** What the people saw of streams that began on this link goes away with it. */
  abort(link: number): void {
    for (const stream of this.streams.values()) {
      if (stream.link !== link || stream.ended) continue;
      stream.ended = "aborted";
      stream.reply.end ??= { how: "incomplete" };
    }
  }

  /** Ends the open streams of a link for it. */
  fail(session: ReadySession): void {
    const { pen, world } = this.#realm;
    for (const stream of this.streams.values()) {
      const chat = world.conversations.get(stream.chatId);
      if (stream.link !== session.link.number || stream.ended || !chat) continue;
      const streaming = { status: "failed", sequence: Math.max(0, stream.sequence), mutation_policy: "append_text_only", started_at: null, completed_at: pen.now };
      const fragments = stream.fragments.map(withoutDelta);
      post(this.#realm, session, pen.business("message.failed", { message_id: stream.messageId, fragments, streaming, completed_at: pen.now }, { chat, sender: session.agent }));
    }
    this.abort(session.link.number);
  }

  /** The server keeps what was streamed as one message, for those who were away. */
  #merge({ messageId, fragments, mode, reply }: Stream, { session, chat }: Uplink): void {
    const { pen, view } = this.#realm;
    const message: Fields = { body: { fragments: fragments.map(withoutDelta) }, context: { mentions: [], reply: null } };
    reply.end = { how: "completed" };
    const payload = { message_id: messageId, message_mode: mode, message: { ...message, streaming: sealed }, stream_merged: true };
    store(this.#realm, chat, messageId, pen.business("message.reply", payload, { chat, sender: session.agent }));
    view.write(messageId, { chat, sender: session.agent, message, mode, provisional: true });
  }

  /** The app of a person says that it has the message. */
  #deliver({ session, chat }: Uplink, messageId: string): void {
    const { pen, world } = this.#realm;
    const person = [...chat.members].flatMap((id) => (world.agentOf(id) ? [] : (world.find(id) ?? [])))[0];
    if (!person) return;
    const { chat_type: _, payload, ...head } = pen.business("message.delivered", { message_id: messageId, delivered_at: pen.now }, { chat, sender: person });
    post(this.#realm, session, { ...head, to: { id: session.agent.id, type: "direct" }, payload });
  }

  #replyFor(messageId: string, { session }: Uplink, target: string | undefined): Reply {
    const known = this.#written.get(messageId)?.reply ?? this.streams.get(messageId)?.reply;
    if (known) {
      if (target !== undefined) known.messageId = target;
      return known;
    }
    const reply: Reply = { ...(target !== undefined && { messageId: target }), account: session.link.account, text: "", thought: "", attempts: 1, frames: [] };
    this.#realm.replies.push(reply);
    return reply;
  }

  #unanswerable(message: Fields): string[] {
    const target = replyTargetOf(message);
    return target === undefined || this.#realm.view.messages.has(target) ? [] : [`a reply to the message "${target}", and there was none`];
  }
}

function addressOf({ chat_id: chatId, to }: Envelope): Pick<Envelope, "chat_id" | "to"> {
  return { ...(chatId !== undefined && { chat_id: chatId }), ...(to !== undefined && { to }) };
}

function withoutDelta(fragment: unknown): Fields {
  const { delta: _, ...rest } = fieldsOf(fragment);
  return rest;
}

/** The mentions of the context are those of the body, in order. */
function disagreements(message: Fields): string[] {
  const inBody = fragmentsOf(message).map(fieldsOf).filter((fragment) => fragment["kind"] === "mention");
  const listed = fieldsOf(message["context"])["mentions"];
  const inContext = Array.isArray(listed) ? listed.map(fieldsOf) : [];
  const ids = (mentions: readonly Fields[]): string => mentions.map((mention) => textIn(mention, "user_id")).join(" ");
  return ids(inBody) === ids(inContext) ? [] : ["context.mentions are not the mentions of the body"];
}
