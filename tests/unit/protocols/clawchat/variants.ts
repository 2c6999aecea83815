/** The member is taken out. */
export const gone = Symbol("gone");

/** One change to the example of a message, and the keyword that must refuse it, at another path where one is given. */
export type Refused = readonly [message: string, path: string, value: unknown, keyword: string, at?: string];

/** One change to the example of a message that leaves it readable. */
export type Tolerated = readonly [message: string, path: string, value: unknown];

const noText = [["message_id", gone, "required"], ["message_id", "", "minLength"], ["message_id", 5, "type"]] as const;
const body = [
  ["message", gone, "required"],
  ["message", [], "type"],
  ["message.body.fragments", gone, "required"],
  ["message.body.fragments", "text", "type"],
] as const;
const ended = [["message_id", gone, "required"], ["fragments", {}, "type"], ["streaming", gone, "required"]] as const;
const present = [["online", gone, "required"], ["user_id", gone, "required"], ["online", "yes", "type"]] as const;

function inPayload(message: string, rows: readonly (readonly [string, unknown, string])[]): Refused[] {
  return rows.map(([path, value, keyword]) => [message, `payload.${path}`, value, keyword]);
}

/** What a hub must not say. */
export const refusedReceived: readonly Refused[] = [
  ...inPayload("connectChallenge", [["nonce", gone, "required"], ["nonce", "", "minLength"], ["nonce", 42, "type"]]),
  ["helloOk", "trace_id", gone, "required"],
  ["helloOk", "trace_id", 1, "type"],
  ["helloOk", "payload", "hello", "type"],
  ...inPayload("messageSendReceived", [...noText, ...body]),
  ...inPayload("messageReplyReceived", [...noText, ...body]),
  ...inPayload("messageAck", noText),
  ...inPayload("messageError", [["code", gone, "required"], ["code", 404, "type"], ["code", "", "minLength"]]),
  ...inPayload("messageReactionReceived", [["target_message_id", gone, "required"], ["emoji", 9, "type"], ["removed", "yes", "type"]]),
  ...inPayload("messageReadReceived", [["last_read_emitted_at", gone, "required"], ["last_read_emitted_at", "now", "type"], ["last_read_emitted_at", 0, "minimum"]]),
  ...inPayload("messageDeliveredReceived", [["message_id", gone, "required"], ["message_id", "", "minLength"], ["delivered_at", "now", "type"]]),
  ...inPayload("messageCreatedReceived", noText),
  ...inPayload("messageAddReceived", [
    ["sequence", gone, "required"],
    ["sequence", -1, "minimum"],
    ["sequence", "0", "type"],
    ["fragments", gone, "required"],
    ["message_id", gone, "required"],
  ]),
  ...inPayload("messageDoneReceived", ended),
  ...inPayload("messageFailedReceived", ended),
  ...inPayload("typingUpdateReceived", [["is_typing", gone, "required"], ["is_typing", 1, "type"]]),
  ["typingUpdateReceived", "chat_id", gone, "required"],
  ...inPayload("presenceSnapshot", present),
  ...inPayload("presenceUpdate", present),
  ["chatMetadataInvalidated", "chat_id", gone, "required"],
  ["chatMetadataInvalidated", "chat_id", "", "minLength"],
  ["chatMetadataInvalidated", "chat_id", 7, "type"],
  ...inPayload("notifySignal", [["event_id", gone, "required"], ["event_id", "", "minLength"], ["type", gone, "required"], ["event_id", 5, "type"]]),
  ...inPayload("historyTransitReceived", [["kind", gone, "required"], ["kind", 3, "type"]]),
  ["historyTransitReceived", "sender", gone, "required"],
  ...inPayload("permissionRequest", [["request_id", gone, "required"], ["request_id", "", "minLength"]]),
  ["permissionRequest", "chat_id", gone, "required"],
  ...inPayload("permissionResolved", [["request_id", gone, "required"], ["request_id", 5, "type"]]),
  ["permissionResolved", "chat_id", gone, "required"],
  ["replayDone", "payload", [], "type"],
  ["replayDone", "payload", "done", "type"],
  ["replayDone", "dseq", 0, "minimum"],
  ["syncMark", "dseq", gone, "required"],
  ["syncMark", "dseq", "4", "type"],
  ["syncMark", "dseq", 0, "minimum"],
  ["syncMark", "dseq", 4.5, "type"],
  ...inPayload("historyTruncated", [["oldest_seq", gone, "required"], ["oldest_seq", "x", "type"], ["oldest_seq", -1, "minimum"]]),
  ...inPayload("offlineBatch", [["items", {}, "type"], ["batch_id", gone, "required"], ["batch_id", 1.5, "type"]]),
  ["pong", "trace_id", gone, "required"],
  ["pong", "payload", null, "type"],
];

const capabilities = "payload.capabilities";
const message = "payload.message";
const fragment = "payload.fragments.0";
const user = { id: "usr_01", type: "direct" };

/** What the plugin must not say. */
export const refusedSent: readonly Refused[] = [
  ["connect", "payload.token", gone, "required"],
  ["connect", `${capabilities}.device_replay`, "yes", "type"],
  ["connect", `${capabilities}.reliable_delivery`, gone, "required"],
  ["connect", `${capabilities}.reliable_delivery`, false, "const"],
  ["messageSend", "chat_id", "", "minLength"],
  ["messageSend", "sender", user, "additionalProperties"],
  ["messageSend", "chat_type", "direct", "additionalProperties"],
  ["messageSend", `${message}.streaming`, {}, "additionalProperties"],
  ["messageSend", "payload.message_id", "msg-1795000001000-x7abcdefghijk", "maxLength"],
  ["messageSend", "payload.message_id", "msg-01M2B7C9D1E3F5G7H9J1K3M5TU", "pattern"],
  ["messageSend", "payload.message_id", "msg-81M2B7C9D1E3F5G7H9J1K3M5T8", "pattern"],
  ["messageSend", `${message}.body.fragments`, [], "minItems"],
  ["messageSend", `${message}.body.fragments.0.kind`, "sticker", "discriminator"],
  ["messageSend", `${message}.body.fragments.0.delta`, "on time", "additionalProperties"],
  ["messageSend", `${message}.context.mentions`, null, "type"],
  ["messageSend.fragments", `${message}.body.fragments.0.display`, "@Ilka", "pattern"],
  ["messageSend.fragments", `${message}.body.fragments.0.user_id`, gone, "required"],
  ["messageSend.fragments", `${message}.body.fragments.2.url`, gone, "required"],
  ["messageReply", `${message}.context.reply`, {}, "required", `${message}.context.reply.reply_to_msg_id`],
  ["messageReply", `${message}.context.reply.reply_to_msg_id`, "", "minLength"],
  ["messageReply", `${message}.context.reply.reply_preview.fragments`, "text", "type"],
  ["messageReply", `${message}.context.reply`, "msg-1", "anyOf"],
  ["messageReaction", "payload.emoji", "", "minLength"],
  ["messageReaction", "payload.emoji", "x".repeat(65), "maxLength"],
  ["messageReaction", "payload.target_message_id", "", "minLength"],
  ["messageReaction", "payload.message_id", "rxn:a:b", "additionalProperties"],
  ["messageReaction", "payload.reactor_user_id", "usr_01", "additionalProperties"],
  ["messageRead", "payload.last_read_emitted_at", 0, "minimum"],
  ["messageRead", "payload.last_read_emitted_at", -5, "minimum"],
  ["messageRead", "chat_id", gone, "required"],
  ["messageDelivered", "to", gone, "required"],
  ["messageDelivered", "to.id", "", "minLength"],
  ["messageDelivered", "payload.message_id", gone, "required"],
  ["messageCreated", "chat_id", gone, "required"],
  ["messageCreated", "payload.message_id", gone, "required"],
  ["messageCreated", "payload.fragments", [], "additionalProperties"],
  ["messageCreated", "payload.delta", "", "additionalProperties"],
  ["messageAdd", `${fragment}.delta`, gone, "required"],
  ["messageAdd", "payload.streaming.status", "done", "const"],
  ["messageAdd", "payload.mutation.target_fragment_index", gone, "required"],
  ["messageDone", `${fragment}.delta`, "The ferry", "additionalProperties"],
  ["messageDone", "payload.streaming.status", "streaming", "const"],
  ["messageDone", "payload.completed_at", gone, "required"],
  ["messageFailed", "payload.streaming.status", "done", "const"],
  ["messageFailed", `${fragment}.delta`, "The ferry", "additionalProperties"],
  ["typingUpdate", "chat_id", gone, "required"],
  ["typingUpdate", "payload.is_typing", "true", "type"],
  ...["presenceSubscribe", "presenceUnsubscribe"].flatMap((name): Refused[] => [
    [name, "payload.user_id", "cnv_01", "pattern"],
    [name, "payload.user_id", gone, "required"],
    [name, "chat_id", "cnv_01", "additionalProperties"],
  ]),
  ["historyTransit", "target_device_id", gone, "required"],
  ["historyTransit", "sender.id", gone, "required"],
  ["messageCursorAck", "payload.seq", 0, "minimum"],
  ["messageCursorAck", "payload.seq", -3, "minimum"],
  ["messageSyncAck", "payload.dseq", 0, "minimum"],
  ["messageSyncAck", "payload.epoch", "", "minLength"],
  ["deviceCursorReset", "chat_id", "cnv_01", "additionalProperties"],
  ["ping", "trace_id", "", "minLength"],
  ["ping", "chat_id", "cnv_01", "additionalProperties"],
  ["ping", "sender", user, "additionalProperties"],
];

/** What a careless or newer hub may say. */
export const tolerated: readonly Tolerated[] = [
  ["connectChallenge", "trace_id", gone],
  ["helloOk", "trace_id", "trace-of-another"],
  ["helloOk", "payload.ack_epoch", gone],
  ["helloOk", "payload.ack_mode", 7],
  ["helloOk", "payload.device_id", gone],
  ["helloOk", "payload.delivery_mode", gone],
  ["helloFail", "payload.reason", "Authentication failed"],
  ["helloFail", "payload.reason", 401],
  ["helloFail", "payload.reason", gone],
  ["messageSendReceived", `${message}.context.mentions`, [17, { kind: "mention" }]],
  ["messageSendReceived", `${message}.context.mentions`, "usr_01"],
  ["messageSendReceived", `${message}.context.mentions`, gone],
  ["messageSendReceived", `${message}.context`, gone],
  ["messageSendReceived", `${message}.context`, null],
  ["messageSendReceived", `${message}.context.reply`, "msg-1"],
  ["messageSendReceived", `${message}.body.fragments`, []],
  ["messageSendReceived", `${message}.body.fragments`, [17, null, {}, { kind: "sticker" }]],
  ["messageSendReceived", `${message}.streaming`, "sealed"],
  ["messageSendReceived", "payload.message_mode", gone],
  ["messageSendReceived", "payload.message_mode", "thinking"],
  ["messageSendReceived", "payload.message_id", "sys-31"],
  ["messageSendReceived", "payload.metadata", "none"],
  ["messageSendReceived", "chat_id", "room of a test"],
  ["messageSendReceived", "chat_type", "channel"],
  ["messageSendReceived", "chat_type", gone],
  ["messageSendReceived", "sender", gone],
  ["messageSendReceived", "sender.type", 7],
  ["messageSendReceived", "sender.nick_name", null],
  ["messageSendReceived", "to", "usr_01"],
  ["messageSendReceived", "trace_id", gone],
  ["messageSendReceived", "trace_id", ""],
  ["messageSendReceived", "dseq", gone],
  ["messageReplyReceived", `${message}.context.reply`, "msg-1"],
  ["messageReplyReceived", `${message}.context.reply`, null],
  ["messageAck", "payload.accepted_at", gone],
  ["messageAck", "payload.message_id", "rxn:a:b"],
  ["messageError", "payload", { code: "bad_request", message: "an older hub" }],
  ["messageError", "payload.code", "moon_phase"],
  ["messageError", "payload.rejected_at", gone],
  ["messageReactionReceived", "payload.removed", gone],
  ["messageReadReceived", "trace_id", ""],
  ["messageDeliveredReceived", "chat_id", gone],
  ["messageCreatedReceived", "payload.message_mode", gone],
  ["messageAddReceived", "payload.added_at", gone],
  ["messageAddReceived", "payload.mutation.type", "replace"],
  ["presenceSnapshot", "payload.last_seen_at", 1795000000],
  ["presenceSnapshot", "payload.last_seen_at", gone],
  ["chatMetadataInvalidated", "payload.scope", "title"],
  ["chatMetadataInvalidated", "payload.scope", ["colour"]],
  ["chatMetadataInvalidated", "payload.scope", gone],
  ["chatMetadataInvalidated", "payload.version", "x"],
  ["notifySignal", "payload.entity_id", gone],
  ["notifySignal", "payload.version", gone],
  ["notifySignal", "payload.type", "weather.changed"],
  ["historyTransitReceived", "payload.kind", "history_sync_rest"],
  ["historyTransitReceived", "sender.type", 7],
  ["historyTransitReceived", "origin_device_id", gone],
  ["permissionRequest", "payload.expires_at", "soon"],
  ["permissionResolved", "payload.request_id", ""],
  ["permissionResolved", "payload.decision", ["allow_once"]],
  ["permissionResolved", "payload.decision", "approved"],
  ["replayDone", "payload", gone],
  ["syncMark", "payload.covers_seq", gone],
];

const blank = [[gone, "required"], ["", "minLength"], [" \n", "pattern"], [7, "type"]] as const;
const notFilled = [[gone, "required"], ["", "minLength"], [7, "type"]] as const;

/** Answers of the service that are no success; a refusal among them has a code of its own. */
export const refusedAnswers: readonly Refused[] = [
  ...blank.map(([value, keyword]): Refused => ["refreshed", "data.access_token", value, keyword]),
  ...blank.map(([value, keyword]): Refused => ["refreshed", "data.refresh_token", value, keyword]),
  ...blank.map(([value, keyword]): Refused => ["activated", "data.access_token", value, keyword]),
  ["activated", "data.refresh_token", " ", "pattern"],
  ...["agent.user_id", "agent.owner_id", "conversation.id"].flatMap((path) =>
    notFilled.map(([value, keyword]): Refused => ["activated", `data.${path}`, value, keyword]),
  ),
  ...notFilled.map(([value, keyword]): Refused => ["uploaded", "data.url", value, keyword]),
  ...notFilled.map(([value, keyword]): Refused => ["profile", "data.user_id", value, keyword]),
  ["groupSettingsList", "data.settings", gone, "required"],
  ["groupSettingsList", "data.settings", {}, "type"],
  ...["activated", "refreshed", "uploaded", "profile", "groupSettingsList", "permissionList", "conversationDetails"].flatMap((name): Refused[] => [
    [name, "data", gone, "required"],
    [name, "data", null, "type"],
    [name, "data", [], "type"],
  ]),
];
