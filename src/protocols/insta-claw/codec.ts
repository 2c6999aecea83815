import {
  decodeGatewayReceived,
  type EnvelopeData,
  type GatewayReceived,
  type Headers,
  type NotDecoded,
  type ResponseEvent,
} from "../../../generated/insta-claw/index.ts";

/** What a text frame turned out to be. */
export type Read =
  | { is: "event"; event: ResponseEvent; carrier: Carrier }
  | { is: "request"; request: WholeMessage; carrier: Carrier }
  | { is: "control"; frame: ControlFrame; carrier: Carrier }
  /** Breaks its schema. `asks` when it was meant as a user's message; `said` is what it was read from. */
  | { is: "broken"; detail: string; asks: boolean; said: Json; carrier: Carrier }
  /** Of a type nobody here knows, which is no fault (IC-7). */
  | { is: "other"; type: string; carrier: Carrier }
  | { is: "noise"; detail: string };

/** How something came. */
export interface Carrier {
  framing: "envelope" | "bare";
  headers: Headers;
  /** What had to be put right before it could be read (IC-5). */
  tidied: readonly string[];
}

/** A user's message in one piece. */
export type WholeMessage = Extract<EnvelopeData, { content: unknown } | { msgtype: unknown } | { input: unknown }>;

export type ControlFrame = Exclude<GatewayReceived, { data: EnvelopeData } | ResponseEvent | WholeMessage>;

type Envelope = Extract<GatewayReceived, { data: EnvelopeData }>;
export type Json = Readonly<Record<string, unknown>>;

const envelopeTypes: ReadonlySet<unknown> = new Set(["message", "request", "callback", "event"]);
const otherTypes: ReadonlySet<unknown> = new Set(["system", "control", "ping", "pong"]);
const requestTypes: ReadonlySet<unknown> = new Set(["user.message", "response.create"]);
/** Cut from the end of a stream of events over HTTP; it says nothing here. */
const DONE = "[DONE]";

/** Decodes one text frame; total. */
export function readFrame(text: string): Read {
  const decoded = decodeGatewayReceived(text);
  if (decoded.ok) return sort(decoded.value, []);
  if (!isJson(decoded.input)) return { is: "noise", detail: decoded.detail };
  try {
    const { frame, tidied } = tidy(decoded.input);
    const again = tidied.length === 0 ? decoded : decodeGatewayReceived(JSON.stringify(frame));
    return again.ok ? sort(again.value, tidied) : explain(again, frame, tidied);
  } catch {
    // JSON may be nested deeper than the stack that writes it again.
    return { is: "noise", detail: "Invalid message: nested too deeply" };
  }
}

function sort(frame: GatewayReceived, tidied: readonly string[]): Read {
  if (isEnvelope(frame)) return sortSaid(frame.data, { framing: "envelope", headers: frame.headers, tidied });
  return sortSaid(frame, { framing: "bare", headers: {}, tidied });
}

function sortSaid(said: EnvelopeData | Exclude<GatewayReceived, Envelope>, carrier: Carrier): Read {
  const type = "type" in said ? said.type : undefined;
  if (type === undefined) return "error" in said ? { is: "control", frame: said as ControlFrame, carrier } : { is: "request", request: said as WholeMessage, carrier };
  if (requestTypes.has(type)) return { is: "request", request: said as WholeMessage, carrier };
  // A plain text may have any type; one that reads like an event of a newer server is none (IC-7).
  if ("content" in said) return type.startsWith("response.") ? { is: "other", type, carrier } : { is: "request", request: said as WholeMessage, carrier };
  if (type.startsWith("response.")) return { is: "event", event: said as ResponseEvent, carrier };
  return { is: "control", frame: said as ControlFrame, carrier };
}

/** Sorts what could not be read: unknown, broken, or meant as a message. */
function explain(fault: NotDecoded, frame: Json, tidied: readonly string[]): Read {
  const bare: Carrier = { framing: "bare", headers: {}, tidied };
  if (!fault.inner) {
    const { type } = frame;
    if (fault.code === "unknown-event" && typeof type === "string") return { is: "other", type, carrier: bare };
    return { is: "broken", detail: fault.detail, asks: isRequest(frame), said: frame, carrier: bare };
  }
  const carrier: Carrier = { framing: "envelope", headers: frame["headers"] as Headers, tidied };
  const { inner } = fault;
  if (inner.code === "not-json" && String(frame["data"]).trim() === DONE) return { is: "other", type: DONE, carrier };
  const said = isJson(inner.input) ? inner.input : {};
  const { type } = said;
  // A text of any other type is read as a plain one, which it is not without content.
  const isUnknown = inner.code === "unknown-event" || (inner.message === "PlainMessage" && !Object.hasOwn(said, "content"));
  if (isUnknown && typeof type === "string") return { is: "other", type, carrier };
  return { is: "broken", detail: fault.detail, asks: isRequest(said), said, carrier };
}

/** Whether something broken was meant as a user's message. */
function isRequest(said: Json): boolean {
  const { type } = said;
  if (requestTypes.has(type)) return true;
  return !String(type).startsWith("response.") && ["content", "msgtype", "input"].some((name) => Object.hasOwn(said, name));
}

/** Puts right what older and careless servers do, so that one decoder reads it all (IC-5). */
function tidy(frame: Json): { frame: Json; tidied: string[] } {
  const { type, headers, data } = frame;
  const lower = typeof type === "string" ? type.toLowerCase() : undefined;
  const changes: [string, Json][] = [];
  if (lower !== type && (envelopeTypes.has(lower) || otherTypes.has(lower))) changes.push(["type-case", { type: lower }]);
  if (type === undefined && isJson(headers) && Object.hasOwn(headers, "topic") && typeof data === "string") changes.push(["type-missing", { type: "message" }]);
  if (isJson(data) && envelopeTypes.has(lower)) changes.push(["data-not-text", { data: JSON.stringify(data) }]);
  return { frame: Object.assign({}, frame, ...changes.map(([, change]) => change)) as Json, tidied: changes.map(([what]) => what) };
}

function isEnvelope(frame: GatewayReceived): frame is Envelope {
  return "type" in frame && envelopeTypes.has(frame.type.toLowerCase());
}


function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
