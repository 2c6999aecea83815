import { decodeGatewaySent, type Metadata, type SentEvent, type SentMessageDelete, type SentMessageEdit, type SentReaction, type WholeResponse } from "../../../../generated/insta-claw/index.ts";
import type { Follower, Heard } from "../protocol.ts";
import type { FrameRecord, Reply } from "../record.ts";
import { helloIn, idsIn, isRequest, sessionIn } from "./requests.ts";
import { advance, beginResponse, isEvent, isOver, type ResponseState } from "./response.ts";

/** A message of the server, and what came back. */
interface Asked {
  /** Absent where the server gave none. */
  id: string | undefined;
  account: string;
  /** What the plugin may call it. */
  wireIds: Set<string>;
  session: string | undefined;
  reply: Reply | undefined;
  /** It went out once more after it had failed, and may be tried again. */
  again: boolean;
}

interface Response {
  state: ResponseState;
  reply: Reply;
  asked: Asked | undefined;
}

/** What a response says of itself. */
interface Said {
  id: string;
  metadata: Metadata;
  inReplyTo?: string | undefined;
}

/** Puts answers together as a gateway does: by response, in the order of the events. */
export function followResponses(): Follower {
  const asked: Asked[] = [];
  const replies: Reply[] = [];
  const responses = new Map<string, Response>();
  /** The newest attempt at what was begun as the response of this id. */
  const attempts = new Map<string, Response>();
  /** Ids of the plugin's frames and events: each is used once. */
  const used = new Set<string>();

  /** What the hello of a link named; nothing of an extension goes before it (IC-33). */
  const hellos = new Map<number, readonly string[]>();

  function sent(frame: FrameRecord): void {
    const named = helloIn(frame.text);
    if (named) hellos.set(frame.link, named);
    if (!isRequest(frame)) return;
    const ids = idsIn(frame.text);
    const id = frame.messageId ?? ids[0];
    const known = asked.find((one) => one.account === frame.account && ((id !== undefined && one.id === id) || ids.some((other) => one.wireIds.has(other))));
    const one = known ?? { id, account: frame.account, wireIds: new Set(), session: sessionIn(frame.text), reply: undefined, again: false };
    if (!known) asked.push(one);
    for (const other of ids) one.wireIds.add(other);
    one.again = one.reply?.end?.how === "failed";
  }

  function heard(frame: FrameRecord): Heard {
    const decoded = decodeGatewaySent(frame.text);
    if (!decoded.ok) return { faults: [] };
    const value: object = decoded.value;
    const headers = "headers" in value && typeof value.headers === "object" ? (value.headers as { messageId?: string; inReplyTo?: string }) : {};
    if ("output" in value) return hearWhole(value as WholeResponse, frame);
    const event: unknown = "data" in value && "type" in value ? value.data : value;
    if (isEvent(event)) return hear(event, headers, frame);
    if (isChange(event)) return { faults: [...repeatedId("event_id", event.event_id, frame.account), ...hearChange(event, frame)] };
    return { faults: isAck(value) ? unknownAck(headers.messageId, frame.account) : [] };
  }

  function hear(event: SentEvent, { messageId, inReplyTo }: { messageId?: string; inReplyTo?: string }, frame: FrameRecord): Heard {
    const faults = [...repeatedId("event_id", event.event_id, frame.account), ...repeatedId("headers.messageId", messageId, frame.account)];
    const known = responses.get(`${frame.account} ${event.response_id}`);
    const response = known ?? begin({ id: event.response_id, metadata: event.metadata, inReplyTo }, frame, faults);
    const { state, reply } = response;
    reply.frames.push(frame);
    const wasOver = isOver(state);
    faults.push(...advance(state, event, frame.link));
    if (!wasOver) tell(reply, state, event);
    return { reply, faults };
  }

  function hearChange(event: Change, { account, link }: FrameRecord): string[] {
    const extension = event.type === "instaclaw:reaction" ? "reactions" : "edit";
    const undue = hellos.get(link)?.includes(extension) ? [] : [`${event.type} is of the extension ${extension}, and no hello of this link named it`];
    if (event.type === "instaclaw:reaction") {
      const { target_id: target } = event;
      const isKnown = responses.has(`${account} ${target}`) || asked.some((one) => one.account === account && one.wireIds.has(target));
      return isKnown ? undue : [...undue, `${event.type} is about ${target}, which was not said`];
    }
    return responses.has(`${account} ${event.target_response_id}`) ? undue : [...undue, `${event.type} is about ${event.target_response_id}, which is no response of the plugin`];
  }

  function hearWhole({ id, status, output, error, metadata }: WholeResponse, frame: FrameRecord): Heard {
    if (responses.has(`${frame.account} ${id}`)) return { faults: [`a whole response came for ${id}, which was known`] };
    const faults: string[] = [];
    const { reply, state } = begin({ id, metadata }, frame, faults);
    state.stage = status === "failed" ? "response.failed" : "response.completed";
    reply.frames.push(frame);
    reply.text = output[0]?.content[0]?.text ?? "";
    reply.end = status === "failed" ? { how: "failed", error: error?.message ?? "", ...(error && { code: error.code }) } : { how: "completed" };
    return { reply, faults };
  }

  /** A response that was not known before, and the reply that it is or replaces. */
  function begin(said: Said, { account, link }: FrameRecord, faults: string[]): Response {
    const first = `${account} ${said.metadata.retry_of ?? said.id}`;
    const before = attempts.get(first);
    const one = before ? before.asked : find(said, account, faults);
    const { session_id } = said.metadata;
    if (one?.session !== undefined && session_id !== one.session) faults.push(`${said.id} has ${session_id ?? "nothing"} as session_id, its message had ${one.session}`);
    if (before && before.state.link === link && !one?.again) faults.push(`${said.id} says ${before.state.id} again, on the same link`);
    if (!before && one?.reply && !one.again) faults.push(`${said.id} is a second response for the message ${one.id ?? ""}`);
    const replaced = before?.reply ?? (one?.again ? one.reply : undefined);
    const attemptsSoFar = before?.reply.attempts ?? 0;
    const reply: Reply = { ...(one?.id !== undefined && { messageId: one.id }), account, text: "", thought: "", attempts: attemptsSoFar + 1, frames: [] };
    if (replaced) replies.splice(replies.indexOf(replaced), 1);
    replies.push(reply);
    if (one) Object.assign(one, { reply, again: false });
    const response = { state: beginResponse(said.id, link), reply, asked: one };
    responses.set(`${account} ${said.id}`, response);
    attempts.set(first, response);
    return response;
  }

  /** The message it answers, by the ids it names (IC-24); undefined for what nobody asked for (IC-25). */
  function find({ id, metadata, inReplyTo }: Said, account: string, faults: string[]): Asked | undefined {
    const names = [metadata.request_message_id, inReplyTo].filter((name) => name !== undefined);
    const mine = asked.filter((one) => one.account === account);
    if (names.length > 0) {
      const named = mine.find(({ wireIds }) => names.some((name) => wireIds.has(name)));
      if (!named) faults.push(`${id} answers the message ${names.join(" or ")}, and there was none`);
      return named;
    }
    if (metadata.recipient_id !== undefined) return undefined;
    const oldest = mine.find(({ reply, wireIds }) => !reply && wireIds.size === 0);
    if (!oldest) faults.push(`${id} names neither the message it answers nor a recipient`);
    return oldest;
  }

  function repeatedId(field: string, id: string | undefined, account: string): string[] {
    if (id === undefined) return [];
    const key = `${account} ${field} ${id}`;
    if (used.has(key)) return [`${field} ${id} was used before`];
    used.add(key);
    return [];
  }

  function unknownAck(id: string | undefined, account: string): string[] {
    const known = id !== undefined && asked.some((one) => one.account === account && one.wireIds.has(id));
    return known ? [] : [`it acknowledges ${id ?? "nothing"}, which was not sent`];
  }

  return { replies, sent, heard };
}

type Change = SentReaction | SentMessageEdit | SentMessageDelete;

function isChange(event: unknown): event is Change {
  return typeof event === "object" && event !== null && "type" in event && ["instaclaw:reaction", "instaclaw:message.edit", "instaclaw:message.delete"].includes(String(event.type));
}

function isAck(value: object): boolean {
  return "data" in value && !("type" in value) && (typeof value.data === "object" || value.data === '{"response":{"success":true}}');
}

function tell(reply: Reply, state: ResponseState, event: SentEvent): void {
  reply.text = state.whole ?? state.text;
  if (event.type === "response.completed") reply.end = { how: "completed" };
  if (event.type === "response.failed") reply.end = { how: "failed", code: event.error.code, error: event.error.message };
}
