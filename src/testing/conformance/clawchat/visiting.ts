import { Unseen } from "../check.ts";
import type { DialedSubject } from "../dialed-subject.ts";
import type { Dialed } from "../dialing.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** Which generations of reliable delivery are asked for. */
export type Asking = "legacy" | "v1" | "v2";

const device = "conformance";
const always = { device_replay: true, chat_meta_events: true, notify_signals: true, permission_events: true };
const capabilities: Readonly<Record<Asking, object>> = { legacy: always, v1: { ...always, reliable_delivery: true }, v2: { ...always, reliable_delivery: true, reliable_delivery_v2: true } };

export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

export async function frameOf(subject: DialedSubject, dialed: Dialed, event: string, traceId?: string): Promise<Fields | undefined> {
  return dialed.until(() => dialed.received.find(({ fields }) => fields?.["event"] === event && (traceId === undefined || fields["trace_id"] === traceId))?.fields, subject.timeoutMs);
}

export async function challenged(subject: DialedSubject): Promise<{ dialed: Dialed; nonce: string }> {
  const dialed = await subject.dial();
  if (dialed.status !== 101) throw new Unseen(`the server turned the upgrade away with HTTP ${dialed.status}`);
  const nonce = fieldsOf((await frameOf(subject, dialed, "connect.challenge"))?.["payload"])["nonce"];
  if (typeof nonce !== "string" || nonce === "") throw new Unseen("no connect.challenge with a nonce came; see CC-4");
  return { dialed, nonce };
}

/** Says connect and returns what answers it. */
export async function connected(subject: DialedSubject, token: string, { nonce, asking = "v2" }: { nonce?: string; asking?: Asking } = {}): Promise<{ dialed: Dialed; traceId: string; answer: Fields | undefined }> {
  const { dialed, nonce: given } = await challenged(subject);
  const traceId = subject.newId("t");
  const payload = { token, nonce: nonce ?? given, device_id: device, client_version: "1", protocol_version: 2, capabilities: capabilities[asking] };
  dialed.send({ version: "2", event: "connect", trace_id: traceId, emitted_at: 1, payload });
  const answer = await dialed.until(() => dialed.received.find(({ fields }) => fields?.["event"] === "hello-ok" || fields?.["event"] === "hello-fail")?.fields, subject.timeoutMs);
  return { dialed, traceId, answer };
}

export async function entered(subject: DialedSubject, asking: Asking = "v2"): Promise<{ dialed: Dialed; hello: Fields }> {
  const { token } = subject.options;
  if (token === undefined) throw new Unseen("needs an access token: --token");
  const { dialed, answer } = await connected(subject, token, { asking });
  if (answer?.["event"] !== "hello-ok") throw new Unseen(`the server did not let the kit in: ${JSON.stringify(answer ?? "nothing came")}`);
  return { dialed, hello: fieldsOf(answer["payload"]) };
}

/** Waits until everything that was kept has come. */
export async function replayed(subject: DialedSubject, asking: Asking = "v2"): Promise<{ dialed: Dialed; hello: Fields; replay: readonly Fields[] }> {
  const { dialed, hello } = await entered(subject, asking);
  if (!(await frameOf(subject, dialed, "replay.done"))) throw new Unseen("no replay.done came; see CC-55");
  const frames = dialed.received.map(({ fields }) => fields).filter((fields) => fields !== undefined);
  return { dialed, hello, replay: frames.slice(0, frames.findIndex(({ event }) => event === "replay.done") + 1) };
}

/** A conversation that the server has named; without one nothing can be said. */
export function conversationIn(dialed: Dialed): string {
  const chatId = dialed.received.map(({ fields }) => fields?.["chat_id"]).find((id) => typeof id === "string");
  if (chatId === undefined) throw new Unseen("needs a conversation: have somebody say something to this user");
  return chatId;
}

export function newMessageId(subject: DialedSubject): string {
  return `msg-${"0".repeat(20)}${subject.newId("").replaceAll(/[^0-9]/g, "").slice(-6).padStart(6, "0")}`;
}

export function uplink(event: string, traceId: string, chatId: string, payload: object): object {
  return { version: "2", event, trace_id: traceId, emitted_at: 1, chat_id: chatId, payload };
}

export const textMessage = (messageId: string, text = "hello"): object => ({ message_id: messageId, message_mode: "normal", message: { body: { fragments: [{ kind: "text", text }] }, context: { mentions: [], reply: null } } });

export function say(subject: DialedSubject, dialed: Dialed, chatId: string): { traceId: string; messageId: string; frame: object } {
  const traceId = subject.newId("t");
  const messageId = newMessageId(subject);
  const frame = uplink("message.send", traceId, chatId, textMessage(messageId));
  dialed.send(frame);
  return { traceId, messageId, frame };
}
