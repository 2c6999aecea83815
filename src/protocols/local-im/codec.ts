import { decodeImReceived, type ImReceived, type Message } from "../../../generated/local-im/index.ts";
import { codePoints } from "../../../generated/runtime.ts";
import { type Ids, readIds } from "./identity.ts";

/** What a text frame turned out to be (LI-7). */
export type Read =
  | { is: "message"; ids: Ids; content: string }
  | { is: "frame"; frame: Exclude<ImReceived, Message> }
  /** A message that cannot be run; `detail` may be shown to the server. */
  | { is: "broken"; ids: Ids; field: string; detail: string }
  /** Of an unknown kind, or of a known one and wrong: nobody waits for an answer. */
  | { is: "other"; type: string; field: string; isKnown: boolean }
  /** No JSON object at all. */
  | { is: "noise" };

/** Decodes one text frame; total. */
export function readFrame(text: string, contentChars: number): Read {
  const decoded = decodeImReceived(text);
  if (decoded.ok) {
    return isMessage(decoded.value) ? readMessage(decoded.value, contentChars) : { is: "frame", frame: decoded.value };
  }
  const { input } = decoded;
  if (typeof input !== "object" || input === null || Array.isArray(input)) return { is: "noise" };
  const fields = input as Readonly<Record<string, unknown>>;
  const { type } = fields;
  if (type === "message" || (type === undefined && typeof fields["content"] === "string")) {
    return { is: "broken", ids: readIds(fields), field: decoded.path, detail: decoded.detail };
  }
  return { is: "other", type: typeof type === "string" ? type : typeof type, field: decoded.path, isKnown: typeof type === "string" && decoded.code === "invalid" };
}

/** The first version of the protocol had no `type`. */
function isMessage(frame: ImReceived): frame is Message {
  return frame.type === undefined || frame.type === "message";
}

function readMessage(frame: Message, contentChars: number): Read {
  const ids = readIds(frame);
  const { content } = frame;
  const broken = (expectation: string): Read => ({ is: "broken", ids, field: "content", detail: `Invalid field content: ${expectation}` });
  if (content.trim() === "") return broken("expected text, got blanks");
  // Characters are never more than UTF-16 units.
  const length = content.length > contentChars ? codePoints(content) : 0;
  return length > contentChars ? broken(`expected at most ${contentChars} characters, got ${length}`) : { is: "message", ids, content };
}
