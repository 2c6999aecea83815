import * as wire from "../../../../generated/clawchat/index.ts";
import type { Check } from "../record.ts";
import { fieldsOf, textIn } from "./frames.ts";

/** What may be sent, by event. `offline.ack` is described and may not. */
const strict: Readonly<Record<wire.HubSent["event"], wire.Validator<unknown>>> = {
  connect: wire.validateConnect,
  "message.send": wire.validateMessageSend,
  "message.reply": wire.validateMessageReply,
  "message.reaction": wire.validateMessageReaction,
  "message.read": wire.validateMessageRead,
  "message.delivered": wire.validateMessageDelivered,
  "message.created": wire.validateMessageCreated,
  "message.add": wire.validateMessageAdd,
  "message.done": wire.validateMessageDone,
  "message.failed": wire.validateMessageFailed,
  "typing.update": wire.validateTypingUpdate,
  "presence.subscribe": wire.validatePresenceSubscribe,
  "presence.unsubscribe": wire.validatePresenceUnsubscribe,
  "history.transit": wire.validateHistoryTransit,
  "message.cursor_ack": wire.validateMessageCursorAck,
  "message.sync_ack": wire.validateMessageSyncAck,
  "device.cursor.reset": wire.validateDeviceCursorReset,
  ping: wire.validatePing,
};

/** Decoders pass fields they do not know; a conforming plugin sends none. */
export function checkFromPlugin(text: string): Check {
  const decoded = wire.decodeHubSent(text);
  if (!decoded.ok) return { ok: false, path: decoded.path, detail: decoded.detail };
  const frame: wire.HubSent = decoded.value;
  const validate = strict[frame.event];
  const first = validate(frame) ? undefined : wire.describe(validate.errors, frame);
  if (first) return { ok: false, path: first.path, detail: first.detail };
  const chatId = "chat_id" in frame ? frame.chat_id : undefined;
  if (chatId !== undefined && !chatId.startsWith("cnv_")) return { ok: false, path: "chat_id", detail: `Invalid field chat_id: expected a conversation, got ${JSON.stringify(chatId)}` };
  if (!isWhole(frame)) return { ok: false, path: "", detail: "Invalid frame: half of a character, or U+0000" };
  return { ok: true, name: frame.event };
}

export function checkFromServer(text: string): Check {
  const decoded = wire.decodeHubReceived(text);
  return decoded.ok ? { ok: true, name: decoded.value.event } : { ok: false, path: decoded.path, detail: decoded.detail };
}

/** Without the token of `connect`, for whoever looks on. */
export function mask(text: string): string {
  if (!text.includes('"connect"')) return text;
  try {
    const frame = fieldsOf(JSON.parse(text));
    const payload = fieldsOf(frame["payload"]);
    return textIn(payload, "token") === "" ? text : JSON.stringify({ ...frame, payload: { ...payload, token: "…" } });
  } catch {
    return text;
  }
}

/** CC-30 */
function isWhole(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed() && !value.includes("\u0000");
  return typeof value !== "object" || value === null || Object.values(value).every(isWhole);
}
