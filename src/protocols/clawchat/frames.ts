import type {
  Capabilities,
  Connect,
  Fragment,
  HubSent,
  MessageAdd,
  MessageCreated,
  MessageDelivered,
  MessageDone,
  MessageFailed,
  MessageReply,
  MessageSend,
  ReplyContext,
  TypingUpdate,
} from "../../../generated/clawchat/index.ts";

interface Said {
  messageId: string;
  chatId: string;
  traceId: string;
  fragments: Fragment[];
  reply: ReplyContext | null;
  isReply: boolean;
}

/** A whole message; what finishes a stream is a reply, even to nothing (CC-32). */
export function messageFrame({ messageId, chatId, traceId, fragments, reply, isReply }: Said, now: number): MessageSend | MessageReply {
  return {
    ...envelope(traceId, now),
    event: isReply ? "message.reply" : "message.send",
    chat_id: chatId,
    payload: { message_id: messageId, message_mode: "normal", message: { body: { fragments }, context: { mentions: [], reply } } },
  };
}

interface Part {
  id: string;
  chatId: string;
  /** Of the `message.add` it belongs to, or of the last one. */
  sequence: number;
  text: string;
}

export function createdFrame({ id, chatId }: Pick<Part, "id" | "chatId">, mode: "normal" | "thinking", now: number): MessageCreated {
  return { ...envelope(`trace-${id}-created`, now), event: "message.created", chat_id: chatId, payload: { message_id: id, message_mode: mode } };
}

export function addFrame({ id, chatId, sequence, text }: Part, delta: string, now: number): MessageAdd {
  return {
    ...envelope(`trace-${id}-add-${sequence}`, now),
    event: "message.add",
    chat_id: chatId,
    payload: {
      message_id: id,
      sequence,
      mutation: { type: "append", target_fragment_index: 0 },
      fragments: [{ kind: "text", text, delta }],
      streaming: { status: "streaming", sequence, mutation_policy: "append_text_only", started_at: null, completed_at: null },
      added_at: now,
    },
  };
}

export function endFrame({ id, chatId, sequence, text }: Part, status: "done" | "failed", now: number): MessageDone | MessageFailed {
  const frame = { ...envelope(`trace-${id}-end`, now), chat_id: chatId };
  const fragments: Fragment[] = [{ kind: "text", text }];
  const streaming = { sequence, mutation_policy: "append_text_only", started_at: null, completed_at: now } as const;
  return status === "done"
    ? { ...frame, event: "message.done", payload: { message_id: id, fragments, streaming: { status, ...streaming }, completed_at: now } }
    : { ...frame, event: "message.failed", payload: { message_id: id, fragments, streaming: { status, ...streaming }, completed_at: now } };
}

/** The stream a frame with this trace belonged to. */
export function streamOfTrace(traceId: string): string | undefined {
  return /^trace-(msg-[0-9A-Z]{26})-(?:created|add-\d+|end)$/.exec(traceId)?.[1];
}

export function typingFrame(chatId: string, isTyping: boolean, traceId: string, now: number): TypingUpdate {
  return { ...envelope(traceId, now), event: "typing.update", chat_id: chatId, payload: { is_typing: isTyping } };
}

/** Tells the author that a message is here; `to` is where the hub takes it. */
export function deliveredFrame(chatId: string, messageId: string, authorId: string, traceId: string, now: number): MessageDelivered {
  return {
    ...envelope(traceId, now),
    event: "message.delivered",
    chat_id: chatId,
    to: { id: authorId, type: "direct" },
    payload: { message_id: messageId, delivered_at: now },
  };
}

/** How far the plugin has got: with an epoch by `dseq`, without by `seq`. */
export function progressFrame(number: number, epoch: string | undefined, traceId: string, now: number): HubSent {
  return epoch === undefined
    ? { ...envelope(traceId, now), event: "message.cursor_ack", payload: { seq: number } }
    : { ...envelope(traceId, now), event: "message.sync_ack", payload: { dseq: number, epoch } };
}

export function connectFrame(login: { accessToken: string; deviceId: string }, nonce: string, capabilities: Capabilities, clientVersion: string, traceId: string, now: number): Connect {
  return {
    ...envelope(traceId, now),
    event: "connect",
    payload: { token: login.accessToken, nonce, device_id: login.deviceId, client_version: clientVersion, protocol_version: 2, capabilities },
  };
}

function envelope(traceId: string, now: number): { version: "2"; trace_id: string; emitted_at: number } {
  return { version: "2", trace_id: traceId, emitted_at: now };
}
