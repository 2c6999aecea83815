/** Frames as they travel most, each in as many variants as it takes that no cache of a text's meaning helps. */
export const VARIANTS = 64;

const words = "The library closes at eight on weekdays and at six on Saturdays, and the reading room upstairs stays open one hour longer. ";

/** Text of a length, as a model writes it: paragraphs and an occasional quotation. */
export function prose(length: number, from = 0): string {
  return `${words.repeat(3)}\n\nAs the sign says: "please be quiet". `.repeat(Math.ceil((length + from) / 300) + 1).slice(from, from + length);
}

const two = (index: number): string => String(index).padStart(2, "0");

export const chatSend = (index: number) => ({ type: "chat.send", messageId: `app-${two(index)}`, content: "When does the library close?", senderId: "u_9", senderName: "Mara" });

export const chatSendGroup = (index: number) => ({
  ...chatSend(index),
  content: prose(240, index),
  chatType: "group",
  groupId: "reading-club",
  groupSubject: "Reading club",
  replyToMessageId: "app-70",
  replyToBody: "Shall we read poetry next?",
  customData: { client: "kiosk" },
});

export const chatStream = (content: string, delta: string, index: number) => ({ type: "chat.stream" as const, messageId: "app-71", content, done: false as const, delta, seq: index });

export const imMessage = (index: number) => ({ type: "message", messageId: `m-4${two(index)}`, conversationId: "c-20", userId: "u-3", sessionId: "s-8", content: "Is the workshop open tomorrow?" });

export const imStream = (content: string, index: number) => ({
  type: "stream" as const,
  conversationId: "f6cf52ac-9f9d-4abd-890e-95e55439b939",
  sessionId: "0d9b6d42-2b50-4a2b-8a4c-9f1a7e0f5f11",
  content,
  replyTo: "5b0c35f3-7d5c-4f0a-9f0e-2f2f2a3b1c4d",
  seq: index,
});

const hub = { version: "2" as const, chat_id: "cnv_01M2B7C9D1E3F5G7H9J1K3M5N7" };

export const hubMessage = (index: number) => ({
  ...hub,
  event: "message.send",
  trace_id: `trace-p${two(index)}`,
  emitted_at: 1_795_000_100_500 + index,
  chat_type: "direct",
  sender: { id: "usr_01M2B7C9D1E3F5G7H9J1K3M5Q2", type: "direct", nick_name: "Ilka" },
  dseq: index + 1,
  payload: {
    message_id: `msg-01M2B7C9D1E3F5G7H9J1K3M5${two(index)}`,
    message_mode: "normal",
    message: {
      body: { fragments: [{ kind: "text", text: "When does the ferry leave?" }] },
      context: { mentions: null, reply: null },
      streaming: { status: "static", sequence: 0, mutation_policy: "sealed", started_at: null, completed_at: null },
    },
  },
});

export const hubAck = (index: number) => ({
  ...hub,
  event: "message.ack",
  trace_id: `trace-${two(index)}`,
  emitted_at: 1_795_000_100_900 + index,
  payload: { message_id: `msg-01M2B7C9D1E3F5G7H9J1K3M5${two(index)}`, accepted_at: 1_795_000_100_890 + index },
});

export const hubAdd = (text: string, delta: string, index: number) => ({
  version: "2" as const,
  event: "message.add" as const,
  trace_id: `trace-msg-01M2B7C9D1E3F5G7H9J1K3M5W2-add-${index}`,
  emitted_at: 1_795_000_100_500 + index * 350,
  chat_id: hub.chat_id,
  payload: {
    message_id: "msg-01M2B7C9D1E3F5G7H9J1K3M5W2",
    sequence: index,
    mutation: { type: "append" as const, target_fragment_index: 0 as const },
    fragments: [{ kind: "text" as const, text, delta }],
    streaming: { status: "streaming" as const, sequence: index, mutation_policy: "append_text_only" as const, started_at: null, completed_at: null },
    added_at: 1_795_000_100_500 + index * 350,
  },
});

export const clawEnvelope = (data: object, index: number) => ({ type: "message", headers: { messageId: `m_${two(index)}`, timestamp: 1_760_000_000_000 + index }, data: JSON.stringify(data) });

export const clawMessage = (index: number) => ({ type: "user.message", content: "Is the museum open?", userId: `u_${two(index)}` });

export const clawHeard = (index: number) => ({ type: "response.output_text.delta", event_id: `evt_${two(index)}`, response_id: "resp_31", sequence_number: index, item_id: "item_31", output_index: 0, content_index: 0, delta: prose(16, index) });

const said = { request_message_id: "m_31", recipient_id: "u_9", session_id: "sess_31" };

export const clawDelta = (delta: string, index: number) => ({
  type: "message" as const,
  headers: { messageId: `msg_1760000000040_0wwl50mpcj${index}`, timestamp: 1_760_000_000_040 + index * 40, inReplyTo: "m_31" },
  data: {
    type: "response.output_text.delta" as const,
    event_id: `evt_1760000000040_0wwl50mpcj${index}`,
    response_id: "resp_1760000000000_0wwl50mpcj",
    sequence_number: index,
    metadata: said,
    item_id: "item_1760000000000_0wwl50mpcj",
    output_index: 0 as const,
    content_index: 0 as const,
    delta,
  },
});

export const clawPing = (index: number) => ({ type: "ping", headers: { messageId: `p_${two(index)}` } });
