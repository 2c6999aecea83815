import type { Heard } from "../protocol.ts";
import type { FrameRecord } from "../record.ts";
import { type Envelope, fieldsOf, numberIn, textIn } from "./frames.ts";
import { type Messages, type Refusal, type Uplink } from "./messages.ts";
import { frameLimits } from "./options.ts";
import { broadcast, post, type Realm } from "./realm.ts";
import { isMember, type ReadySession } from "./session.ts";

const about = ["message.send", "message.reply", "message.created", "message.add", "message.done", "message.failed", "message.reaction"];

/** Does what the frames of a plugin ask for, after the handshake. */
export class Uplinks {
  readonly #realm: Realm;
  readonly #messages: Messages;

  constructor(realm: Realm, messages: Messages) {
    this.#realm = realm;
    this.#messages = messages;
  }

  heard(session: ReadySession, frame: Envelope, record: FrameRecord): Heard {
    const version: unknown = frame.version;
    if (version !== "2") return { faults: this.#messages.refuse({ session, frame }, { code: "unsupported_version", reason: "expected version 2" }) };
    if (about.includes(frame.event)) return this.#business(session, frame, record);
    return { faults: this.#signal(session, frame) };
  }

  #business(session: ReadySession, frame: Envelope, record: FrameRecord): Heard {
    const chatId: unknown = frame.chat_id;
    // Without a word; the check of the frame has said what is wrong.
    if (typeof chatId !== "string" || chatId === "") return { faults: [] };
    const told = this.#realm.faults.take("error");
    if (told !== undefined) return { faults: this.#messages.refuse({ session, frame }, { code: told || "chat_not_found", reason: "told to" }) };
    const refusal = this.#refusalOf(session, frame, chatId);
    if (refusal) return { faults: this.#messages.refuse({ session, frame }, refusal) };
    const chat = this.#realm.world.conversations.get(chatId);
    if (!chat) return { faults: [] };
    const uplink: Uplink = { session, frame, chat, record };
    if (frame.event === "message.reaction") return this.#messages.reaction(uplink);
    if (frame.event !== "message.send" && frame.event !== "message.reply") return this.#messages.stream(uplink);
    this.#realm.view.typing.delete(`${chat.id} ${session.agent.id}`);
    return this.#messages.message(uplink);
  }

  #refusalOf(session: ReadySession, { payload }: Envelope, chatId: string): Refusal | undefined {
    if (!chatId.startsWith("cnv_")) return { code: "bad_request", reason: "chat_id names no conversation" };
    const chat = this.#realm.world.conversations.get(chatId);
    if (!chat || chat.dissolved) return { code: "chat_not_found", reason: "no such chat" };
    if (!isMember(session, chat)) return { code: "not_member", reason: "not a member of this chat" };
    if (Buffer.byteLength(textIn(fieldsOf(payload), "message_id")) > frameLimits.messageId) return { code: "message_id_too_long", reason: `over ${frameLimits.messageId} bytes` };
    return undefined;
  }

  #signal(session: ReadySession, frame: Envelope): string[] {
    const payload = fieldsOf(frame.payload);
    switch (frame.event) {
      case "ping":
        // The very trace_id and time of the ping.
        post(this.#realm, session, { version: "2", event: "pong", ...(frame.trace_id !== undefined && { trace_id: frame.trace_id }), emitted_at: frame.emitted_at, payload: {} });
        return [];
      case "message.sync_ack":
        return this.#realm.delivery.syncAck(session, numberIn(payload, "dseq") ?? 0, textIn(payload, "epoch"));
      case "message.cursor_ack":
        return this.#realm.delivery.cursorAck(session, numberIn(payload, "seq") ?? 0);
      case "device.cursor.reset":
        this.#realm.delivery.inbox(session.agent).rewind(session.deviceId);
        this.#realm.delivery.kick(session, "cursor reset");
        return [];
      case "typing.update":
        return this.#typing(session, frame);
      case "message.read":
        return this.#read(session, frame);
      case "message.delivered":
        return this.#delivered(session, frame);
      case "presence.subscribe":
      case "presence.unsubscribe":
        return this.#presence(session, frame);
      case "history.transit":
        if (!session.capabilities.has("history_sync")) this.#messages.refuse({ session, frame }, { code: "capability_missing", reason: "history_sync was not asked for" });
        return session.capabilities.has("history_sync") ? [] : ["history.transit came without the capability history_sync"];
      case "connect":
        return ["connect came after hello-ok"];
      default:
        // Dropped without a word; that it is no event of the document was said before.
        return [];
    }
  }

  #typing(session: ReadySession, frame: Envelope): string[] {
    const chat = this.#realm.world.conversations.get(frame.chat_id ?? "");
    if (!chat || chat.dissolved || !isMember(session, chat)) return [];
    const isTyping = fieldsOf(frame.payload)["is_typing"] === true;
    const { typing } = this.#realm.view;
    if (isTyping) typing.add(`${chat.id} ${session.agent.id}`);
    else typing.delete(`${chat.id} ${session.agent.id}`);
    broadcast(this.#realm, chat, this.#realm.pen.business("typing.update", { is_typing: isTyping }, { chat, sender: session.agent }));
    return [];
  }

  #read(session: ReadySession, frame: Envelope): string[] {
    const watermark = numberIn(fieldsOf(frame.payload), "last_read_emitted_at") ?? 0;
    if (!frame.chat_id || watermark <= 0) return [];
    const key = `${frame.chat_id} ${session.agent.id}`;
    this.#realm.view.read.set(key, Math.max(watermark, this.#realm.view.read.get(key) ?? 0));
    return [];
  }

  #delivered(session: ReadySession, frame: Envelope): string[] {
    if (!session.capabilities.has("delivery_receipt")) return ["message.delivered came without the capability delivery_receipt"];
    if (textIn(fieldsOf(frame.to), "id") !== "") this.#realm.view.delivered.add(textIn(fieldsOf(frame.payload), "message_id"));
    return [];
  }

  #presence(session: ReadySession, frame: Envelope): string[] {
    const userId = textIn(fieldsOf(frame.payload), "user_id");
    const { subscriptions } = session;
    if (frame.event === "presence.unsubscribe") subscriptions.delete(userId);
    if (frame.event === "presence.unsubscribe" || !/^(usr|agt)_/.test(userId)) return [];
    if (!subscriptions.has(userId) && subscriptions.size >= frameLimits.subscriptions) return [`more than ${frameLimits.subscriptions} subscriptions`];
    subscriptions.add(userId);
    const online = this.#realm.world.find(userId) !== undefined;
    post(this.#realm, session, this.#realm.pen.frame("presence.snapshot", { user_id: userId, online }, frame.trace_id ?? ""));
    return [];
  }
}
