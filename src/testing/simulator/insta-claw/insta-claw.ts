import {
  configChannel,
  decodeGatewayReceived,
  decodeGatewaySent,
  describe,
  encodeGatewayReceived,
  type InstaClawConfigInput,
  type InstaclawMessageDelete,
  type InstaclawMessageEdit,
  type InstaclawReaction,
  validateSentEvent,
  validateWholeResponse,
} from "../../../../generated/insta-claw/index.ts";
import type { Admission, Control, PlayedProtocol, Secrets, UpgradeRequest } from "../protocol.ts";
import type { Check } from "../record.ts";
import { compose, envelope, shapes } from "./compose.ts";
import { followResponses } from "./replies.ts";
import { isEvent } from "./response.ts";

const system = (topic: string, summary: string): Control => ({
  summary,
  compose: (argument, _now, newId) => encodeGatewayReceived({ type: "SYSTEM", headers: { messageId: newId(), topic }, data: JSON.stringify({ opaque: argument || newId() }) }),
});

export const instaClaw: PlayedProtocol = {
  channel: configChannel.id,
  shapes: Object.keys(shapes),
  controls: {
    ping: { summary: "a JSON ping, answered by a JSON pong", compose: (_argument, _now, newId) => encodeGatewayReceived({ type: "ping", headers: { messageId: newId() } }) },
    pong: { summary: "a JSON pong nobody asked for", compose: () => encodeGatewayReceived({ type: "pong" }) },
    "system-ping": system("ping", "a SYSTEM ping, answered with what it carries"),
    disconnect: system("disconnect", "tells the plugin to dial again at once"),
    connected: system("CONNECTED", "a sign of life"),
    registered: system("REGISTERED", "a sign of life"),
    keepalive: system("KEEPALIVE", "a sign of life"),
    control: { summary: "a frame without a meaning", compose: () => encodeGatewayReceived({ type: "control" }) },
    hello: { summary: "turns extensions on, such as: hello groups,threads", compose: (names, now, newId) => hello(names.split(/[\s,]+/).filter((name) => name !== ""), newId, now) },
    react: { summary: "a user reacts to a response: react resp_1 👍 u_1, with a - before the emoji takes it back", compose: (words, now, newId) => change(reactionOf(words), now, newId) },
    edit: { summary: "a user edits a message: edit m_1 u_1 the new text", compose: (words, now, newId) => change(editOf(words), now, newId) },
    delete: { summary: "a user deletes a message: delete m_1 u_1", compose: (words, now, newId) => change(deletionOf(words), now, newId) },
    bound: { summary: "names a session that the server has bound", compose: (session) => encodeGatewayReceived({ type: "session.auto_bound", sessions: [{ session_id: session || "sess_1" }] }) },
    rejection: { summary: "refuses the plugin's last frame", compose: (message) => encodeGatewayReceived({ error: { type: "invalid_request", code: "bad_frame", message: message || "The frame was not understood" } }) },
    error: { summary: "an error event, such as: error 401", compose: (status) => encodeGatewayReceived({ type: "error", ...(/^\d{3}$/.test(status) && { status: Number(status) }), error: { code: null, message: "busy" } }) },
  },
  admit,
  compose,
  announce: (extensions, newId) => hello(extensions, newId),
  checkFromPlugin,
  checkFromServer,
  follow: followResponses,
  configFor,
};

const headerValue = /^[!-~]{1,512}$/;

function admit({ headers }: UpgradeRequest, secrets: Secrets | undefined): Admission {
  const { "x-app-key": key, "x-app-secret": secret } = headers;
  if (typeof key !== "string" || !headerValue.test(key)) return refuse(401, "the header x-app-key is missing or not printable");
  if (typeof secret !== "string" || !headerValue.test(secret)) return refuse(401, "the header x-app-secret is missing or not printable");
  if (!secrets) return { ok: true, account: key };
  if (!Object.hasOwn(secrets, key)) return refuse(403, `there is no account "${key}"`);
  return secrets[key] === secret ? { ok: true, account: key } : refuse(401, `x-app-secret of "${key}" is another one`);
}

function refuse(status: number, why: string): Admission {
  return { ok: false, status, why };
}

function hello(extensions: readonly string[], newId: () => string, now?: number): string {
  return envelope("message", { type: "instaclaw:hello", sequence_number: 0, extensions: [...extensions] }, { messageId: newId(), ...(now !== undefined && { timestamp: now }) });
}

function change(data: InstaclawReaction | InstaclawMessageEdit | InstaclawMessageDelete, now: number, newId: () => string): string {
  return envelope("message", { ...data, event_id: newId() }, { messageId: newId(), timestamp: now });
}

function wordsIn(text: string): string[] {
  return text.split(" ").filter((word) => word !== "");
}

function reactionOf(words: string): InstaclawReaction {
  const [target = "resp_1", emoji = "👍", actor = "u_1"] = wordsIn(words);
  return { type: "instaclaw:reaction", sequence_number: 0, target_id: target, emoji: emoji.replace(/^-/, ""), op: emoji.startsWith("-") ? "remove" : "add", actor_id: actor };
}

function editOf(words: string): InstaclawMessageEdit {
  const [target = "m_1", actor = "u_1", ...text] = wordsIn(words);
  return { type: "instaclaw:message.edit", sequence_number: 0, target_message_id: target, actor_id: actor, text: text.join(" ") || "changed", revision: 1 };
}

function deletionOf(words: string): InstaclawMessageDelete {
  const [target = "m_1", actor = "u_1"] = wordsIn(words);
  return { type: "instaclaw:message.delete", sequence_number: 0, target_message_id: target, actor_id: actor };
}

/** Strict where the decoder is not: events outside an envelope, and fields of a whole response. */
function checkFromPlugin(text: string): Check {
  const decoded = decodeGatewaySent(text);
  if (!decoded.ok) return { ok: false, path: decoded.path, detail: decoded.detail };
  const frame: object = decoded.value;
  if ("type" in frame && typeof frame.type === "string" && frame.type.startsWith("response.")) {
    return validateSentEvent(frame) ? { ok: true, name: frame.type } : misses(validateSentEvent.errors, frame);
  }
  if ("output" in frame) return validateWholeResponse(frame) ? { ok: true, name: "response" } : misses(validateWholeResponse.errors, frame);
  if ("data" in frame && isEvent(frame.data)) return { ok: true, name: frame.data.type };
  return { ok: true, name: "type" in frame && typeof frame.type === "string" ? frame.type : "ack" };
}

function checkFromServer(text: string): Check {
  const decoded = decodeGatewayReceived(text);
  if (!decoded.ok) return { ok: false, path: decoded.path, detail: decoded.detail };
  const frame: object = decoded.value;
  const inner = "data" in frame && typeof frame.data === "object" && frame.data !== null ? frame.data : frame;
  return { ok: true, name: "type" in inner && typeof inner.type === "string" ? inner.type : "request" };
}

function misses(errors: Parameters<typeof describe>[0], frame: object): Check {
  const { path, detail } = describe(errors, frame);
  return { ok: false, path, detail };
}

function configFor(url: string, accounts: Secrets): InstaClawConfigInput & Record<string, unknown> {
  const [only = ["simulator", "simulator-secret"], ...others] = Object.entries(accounts);
  const block = { enabled: true, wsUrl: url, dmPolicy: "open" } as const;
  if (others.length === 0) return { ...block, clientId: only[0], clientSecret: only[1] };
  return { ...block, accounts: Object.fromEntries([only, ...others].map(([clientId, clientSecret], index) => [`account-${index + 1}`, { clientId, clientSecret }])) };
}
