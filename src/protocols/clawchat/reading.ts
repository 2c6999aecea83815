import { limits, type MessageReplyReceived, type MessageSendReceived, type PermissionResult, validatePermissionResult, validateReplyContextReceived, validateReplyPreviewReceived } from "../../../generated/clawchat/index.ts";
import { codePoints } from "../../../generated/runtime.ts";
import { clip } from "../../core/redact.ts";
import type { Quote } from "../inbound.ts";
import { EVERYONE, readContent, readMentions, readQuoted } from "./content.ts";
import { type About, conversationOf, type Origin, senderOf } from "./identity.ts";
import type { Profile } from "./profile.ts";

type Received = MessageSendReceived | MessageReplyReceived;

/** What to do with a message; `why` it is left alone. */
export type Sorted = { is: "message"; inbound: About } | { is: "permission"; result: PermissionResult } | { is: "ignored"; why: string };

const SYSTEM = "system";

/** Sorts what somebody said: whoever it is and whatever it says, it is a message, a notice or nothing (CC-57). */
export function sortMessage(frame: Received, mint: () => string, now: number, profile: Profile): Sorted {
  const { sender, chat_type: chatType, payload } = frame;
  const ignored = (why: string): Sorted => ({ is: "ignored", why });
  const { userId } = profile.login();
  if (sender?.id === userId) return ignored("own");
  if (sender?.id === SYSTEM) {
    const { metadata } = payload;
    return validatePermissionResult(metadata) ? { is: "permission", result: metadata } : ignored("system");
  }
  if (payload.message_mode !== undefined && payload.message_mode !== "" && payload.message_mode !== "normal") return ignored("mode");
  if (chatType !== "direct" && chatType !== "group") return ignored("chat-type");
  if (sender?.id === undefined || sender.id === "") return ignored("nobody");
  return { is: "message", inbound: readMessage(frame, { id: sender.id, name: sender.nick_name ?? undefined }, chatType, mint(), now, profile) };
}

function readMessage(frame: Received, author: { id: string; name: string | undefined }, chatType: Origin["chatType"], answerId: string, now: number, profile: Profile): About {
  const { payload, chat_id: chatId, emitted_at: emittedAt } = frame;
  const { fragments } = payload.message.body;
  const whole = readContent(fragments, profile.mediaOrigin);
  const isCut = codePoints(whole.text) > profile.contentChars;
  const content = isCut ? clip(whole.text, profile.contentChars) : whole.text;
  const mentions = readMentions(fragments, payload.message.context?.mentions);
  const isMentioned = mentions.some((id) => id === profile.login().userId || id === EVERYONE);
  const quote = readQuote(payload.message.context?.reply, profile.login().userId);
  const origin: Origin = {
    chatId,
    chatType,
    messageId: payload.message_id,
    answerId,
    mentions,
    isMentioned,
    preview: { id: author.id, ...(author.name !== undefined && { name: author.name }), text: clip(content, limits.previewChars) },
    emittedAt,
    ...(payload.stream_merged === true && { isProvisional: true }),
  };
  return {
    messageId: payload.message_id,
    origin,
    sender: senderOf(author.id, author.name, profile),
    conversation: conversationOf(origin, author.id, profile),
    content,
    ...(quote && { quote }),
    media: whole.media,
    ...(isCut && { customData: { truncated: true } }),
    mentioned: isMentioned,
    receivedAt: now,
  };
}

/** The author of a quotation is not the message that is quoted (CC-39). */
function readQuote(reply: unknown, userId: string): Quote | undefined {
  if (!validateReplyContextReceived(reply)) return undefined;
  const { reply_preview: preview } = reply;
  if (!validateReplyPreviewReceived(preview)) return { messageId: reply.reply_to_msg_id };
  const body = readQuoted(preview.fragments);
  return { messageId: reply.reply_to_msg_id, ...(body !== undefined && { body }), ...(preview.id === userId && { isAgents: true }) };
}

/** Tells the agent what became of what it wanted to do, as its owner's words would come (CC-62). */
export function permissionTurn({ request_id: requestId, ...result }: PermissionResult, frame: Received, answerId: string, now: number, profile: Profile): About {
  const { ownerUserId, homeConversationId } = profile.login();
  const [operation, outcome, reason] = [result.operation, result.outcome, result.reason].map((word) => (typeof word === "string" && word !== "" ? clip(word, WORD) : undefined));
  // Where the owner's own chat is not known, a group stays a group: what is said there is said to all of it.
  const chatType = homeConversationId === undefined && frame.chat_type === "group" ? "group" : "direct";
  const origin: Origin = { chatId: homeConversationId ?? frame.chat_id, chatType, answerId, mentions: [], isMentioned: false, emittedAt: frame.emitted_at };
  return {
    messageId: `${PERMISSION}${requestId}`,
    origin,
    sender: senderOf(ownerUserId, undefined, profile),
    conversation: conversationOf(origin, ownerUserId, profile),
    content: `The request for permission ${requestId} (${operation ?? "unknown operation"}) was decided: ${outcome ?? "unknown outcome"}${reason === undefined ? "" : `, ${reason}`}.`,
    media: [],
    customData: { permission: { requestId, ...(operation !== undefined && { operation }), ...(outcome !== undefined && { outcome }), ...(reason !== undefined && { reason }) } },
    receivedAt: now,
  };
}

/** The `request_id` of what `permissionTurn` made; nothing that somebody wrote is one. */
export function permissionIn({ messageId, origin }: About): string | undefined {
  return origin.messageId === undefined && messageId.startsWith(PERMISSION) ? messageId.slice(PERMISSION.length) : undefined;
}

const PERMISSION = "permission:";
const WORD = 128;
