import { encodeGatewayReceived, type EnvelopeData, type Metadata, type OutputItemAdded, type ResponseEvent } from "../../../../generated/insta-claw/index.ts";
import type { Message } from "../protocol.ts";

/** The ways in which servers have said a user's message. `events` is the documented one. */
export const shapes = {
  events: (message, now, newId) => says(eventsOf(message, newId), now, newId),
  "full-events": (message, now, newId) => says(fullEventsOf(message, newId), now, newId),
  /** A robot message. */
  g1: (message, _now, newId) => [envelope("MESSAGE", robotMessage(message), { messageId: newId(), topic: "/v1.0/im/bot/messages" })],
  /** A request that names its user. */
  g2: (message, now, newId) => [envelope("request", userMessage(message), { messageId: newId(), requestId: message.messageId, timestamp: now })],
  /** Plain text. */
  g3: (message) => [envelope("MESSAGE", { content: message.text, metadata: metadataOf(message) }, { messageId: message.messageId, topic: "/v1.0/im/user/messages" })],
  /** A bare request. */
  g4: (message) => [bareRequest(message, true)],
  /** A bare request that wants one whole response. */
  "g4-whole": (message) => [bareRequest(message, false)],
  /** A request as Open Responses has it. */
  create: (message) => [encodeGatewayReceived({ type: "response.create", model: "any", input: message.text, metadata: { ...metadataOf(message), message_id: message.messageId } })],
} as const satisfies Readonly<Record<string, Shape>>;

type Shape = (message: Message, now: number, newId: () => string) => string[];

/** How much text one delta has. */
const deltaCodePoints = 50;

export function compose(message: Message, now: number, newId: () => string): string[] {
  const shape = Object.hasOwn(shapes, message.shape) ? shapes[message.shape as keyof typeof shapes] : shapes.events;
  return shape(message, now, newId);
}

/** `data` in an envelope, as text. */
export function envelope(type: "message" | "MESSAGE" | "request", data: EnvelopeData, headers: { messageId: string; requestId?: string; topic?: string; timestamp?: number }): string {
  return encodeGatewayReceived({ type, headers, data });
}

function says(events: readonly ResponseEvent[], now: number, newId: () => string): string[] {
  return events.map((event) => envelope("message", event, { messageId: newId(), timestamp: now }));
}

/** Who speaks and where. `conversation` is a group; `more` has further fields. */
function metadataOf({ user, session, conversation, more }: Message): Metadata {
  return {
    ...(user !== undefined && { sender_id: user }),
    ...(session !== undefined && { session_id: session }),
    ...(conversation !== undefined && { chat_type: "group", group_id: conversation }),
    ...more,
  };
}

/** The message is a response of its own, with its id. */
function eventsOf(message: Message, newId: () => string): ResponseEvent[] {
  const { text } = message;
  const { common, at, item, part, response } = wordsOf(message, newId);
  return [
    { type: "response.in_progress", ...common(), status: "in_progress", response: response("in_progress", []) },
    { type: "response.output_item.added", ...common(), output_index: 0, item: item("in_progress", "") },
    ...deltasOf(text).map((delta) => ({ type: "response.output_text.delta", ...common(), ...at, delta }) as const),
    { type: "response.content_part.done", ...common(), ...at, part: part(text) },
    { type: "response.completed", ...common(), status: "completed", response: response("completed", [item("completed", text)]) },
  ];
}

/** With all events that Open Responses has for it. */
function fullEventsOf(message: Message, newId: () => string): ResponseEvent[] {
  const { text } = message;
  const { common, at, item, part, response } = wordsOf(message, newId);
  return [
    { type: "response.created", ...common(), response: response("in_progress", []) },
    { type: "response.in_progress", ...common(), response: response("in_progress", []) },
    { type: "response.output_item.added", ...common(), output_index: 0, item: { ...item("in_progress", ""), content: [] } },
    { type: "response.content_part.added", ...common(), ...at, part: part("") },
    ...deltasOf(text).map((delta) => ({ type: "response.output_text.delta", ...common(), ...at, delta }) as const),
    { type: "response.output_text.done", ...common(), ...at, text },
    { type: "response.content_part.done", ...common(), ...at, part: part(text) },
    { type: "response.output_item.done", ...common(), output_index: 0, item: item("completed", text) },
    { type: "response.completed", ...common(), response: response("completed", [item("completed", text)]) },
  ];
}

/** What the events of one message have in common. */
function wordsOf(message: Message, newId: () => string) {
  let count = 0;
  const { messageId } = message;
  const itemId = `item_${messageId}`;
  const part = (text: string) => ({ type: "output_text", text, annotations: [] });
  return {
    part,
    at: { item_id: itemId, output_index: 0, content_index: 0 },
    common: () => ({ event_id: `evt_${newId()}`, response_id: messageId, sequence_number: count++, metadata: metadataOf(message) }),
    item: (status: string, text: string): NonNullable<OutputItemAdded["item"]> => ({ id: itemId, type: "message", status, role: "user", content: [part(text)] }),
    response: (status: string, output: unknown[]) => ({ id: messageId, object: "response", status, output }),
  };
}

function deltasOf(text: string): string[] {
  const points = Array.from(text);
  return Array.from({ length: Math.ceil(points.length / deltaCodePoints) }, (_, index) => points.slice(index * deltaCodePoints, (index + 1) * deltaCodePoints).join(""));
}

function robotMessage({ messageId, text, user, session, conversation, more }: Message): EnvelopeData {
  const conversationId = conversation ?? session;
  return {
    msgtype: "text",
    msgId: messageId,
    conversationType: conversation === undefined ? "1" : "2",
    ...(conversationId !== undefined && { conversationId }),
    ...(user !== undefined && { senderStaffId: user }),
    text: { content: text },
    ...more,
  };
}

function userMessage(message: Message): EnvelopeData {
  return { type: "user.message", content: message.text, ...(message.user !== undefined && { userId: message.user }), metadata: metadataOf(message) };
}

function bareRequest(message: Message, stream: boolean): string {
  const content = [{ type: "input_text", text: message.text }];
  return encodeGatewayReceived({ model: "any", stream, input: [{ type: "message", role: "user", content }], metadata: { ...metadataOf(message), message_id: message.messageId } });
}
