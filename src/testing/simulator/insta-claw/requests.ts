import type { FrameRecord } from "../record.ts";

/** Frames about the connection, which nobody answers with a reply. */
const control = /^(system|control|ping|pong|instaclaw:[a-z.]+|session\.auto_bound|error)$/i;

type Fields = Readonly<Record<string, unknown>>;

/** Whether a frame of the server is a user's message, or a part of one. */
export function isRequest({ binary, text }: FrameRecord): boolean {
  const frame = binary ? undefined : parse(text);
  if (!frame || isControl(frame["type"])) return false;
  const data = dataOf(frame);
  return !isControl(data["type"]) && !("error" in data && !("type" in data));
}

/** The extensions that a hello names. */
export function helloIn(text: string): readonly string[] | undefined {
  const data = dataOf(parse(text) ?? {});
  const { type, extensions } = data;
  return type === "instaclaw:hello" && Array.isArray(extensions) ? extensions.filter((name) => typeof name === "string") : undefined;
}

/** Everything in it by which an answer may call it. */
export function idsIn(text: string): string[] {
  const frame = parse(text);
  if (!frame) return [];
  const headers = fieldsOf(frame["headers"]);
  const data = dataOf(frame);
  const ids = [data["response_id"], fieldsOf(data["response"])["id"], fieldsOf(data["metadata"])["message_id"], data["msgId"], headers["requestId"], headers["messageId"]];
  return ids.filter((id) => typeof id === "string");
}

/** The session in which the answer has to stay. */
export function sessionIn(text: string): string | undefined {
  const data = dataOf(parse(text) ?? {});
  const session = fieldsOf(data["metadata"])["session_id"] ?? data["session_id"] ?? data["sessionId"];
  return typeof session === "string" ? session : undefined;
}

/** What stands in an envelope, or the bare frame. */
export function dataOf(frame: Fields): Fields {
  const { data } = frame;
  return (typeof data === "string" ? parse(data) : undefined) ?? ("headers" in frame ? fieldsOf(data) : frame);
}

function isControl(type: unknown): boolean {
  return typeof type === "string" && control.test(type);
}

function parse(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
