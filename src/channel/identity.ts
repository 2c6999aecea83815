import { codePoints } from "../../generated/runtime.ts";
import type { Conversation, Inbound } from "../protocols/inbound.ts";
import type { ChannelNames } from "./host.ts";

/**
 * Ids of a wire are compared exactly; the host trims and lower-cases session keys, splits them at colons and leaves
 * the account out of the keys of groups. So an id enters a key in an encoded form: two ids never share one (WS-23),
 * and an id of lower-case letters, digits and the usual punctuation stays as it is.
 */

/** Between a group's account and its id; a plain id never holds it. */
const ACCOUNT_MARK = "~";
const DEFAULT_ACCOUNT = "default";
/** What a lone `%` stands for: the empty id. Every other escape is longer. */
const EMPTY = "%";

/** The form of an id in session keys: total, injective, and unchanged by trimming and lower-casing. */
export function encodeId(id: string): string {
  if (id === "") return EMPTY;
  let encoded = "";
  for (const character of id) encoded += isPlain(character) ? character : escapeCharacter(character);
  return encoded;
}

/** The id whose encoded form this is; `undefined` when no id has it. */
export function decodeId(encoded: string): string | undefined {
  if (encoded === EMPTY) return "";
  const bytesOrUnits = /%u(d[89a-f][0-9a-f]{2})|((?:%[0-9a-f]{2})+)/g;
  const decoded = encoded.replace(bytesOrUnits, (escape: string, unit: string | undefined) =>
    unit === undefined ? decodeBytes(escape) : String.fromCharCode(Number.parseInt(unit, 16)),
  );
  return encodeId(decoded) === encoded ? decoded : undefined;
}

/**
 * The form of an id in configuration, bindings and targets: the id itself, or its encoded form where the host would
 * read the id as something else (it trims, takes `*` for everybody, and what begins like one for an access group).
 */
export function writeId(id: string): string {
  return id === "" || id === "*" || id.includes("%") || id.trim() !== id || id.startsWith("accessGroup:") ? encodeOutside(id) : id;
}

/** The id that was written by `writeId`, or by a person. */
export function readId(written: string): string {
  return written.includes("%") ? (decodeWritten(written) ?? written) : written;
}

/** The peer of a session key. The account stands in a group's, for the host leaves it out. */
export function sessionPeerId(conversation: Pick<Conversation, "kind" | "id">, accountId: string): string {
  const id = encodeId(conversation.id);
  return conversation.kind === "group" && accountId !== DEFAULT_ACCOUNT ? `${encodeId(accountId)}${ACCOUNT_MARK}${id}` : id;
}

/** The group and its account in a session key's peer. */
export function readGroupPeerId(peerId: string): { accountId: string; id: string } | undefined {
  const mark = peerId.indexOf(ACCOUNT_MARK);
  const id = decodeId(peerId.slice(mark + 1));
  const accountId = mark === -1 ? DEFAULT_ACCOUNT : decodeId(peerId.slice(0, mark));
  return id === undefined || accountId === undefined ? undefined : { accountId, id };
}

/**
 * The id under which the host runs a message. The host drops an id it has seen in the conversation, so the sender is
 * part of it in a group (WS-14), the arrival everywhere, for an id may be used again after a while, and a run that is
 * meant to happen although the host has seen the message gets its number.
 */
export function hostMessageId(message: Pick<Inbound, "messageId" | "receivedAt" | "sender" | "conversation">, run = 1): string {
  const sender = message.conversation.kind === "group" ? `${escapeMarks(message.sender.id)}/` : "";
  const repeat = run > 1 ? `.${run}` : "";
  return `${sender}${escapeMarks(message.messageId)}#${message.receivedAt.toString(36)}${repeat}`;
}

/** The wire's id inside a host's id; undefined where there is none. */
export function wireMessageId(hostId: string): string | undefined {
  const [, escaped] = /^(?:[^/#]*\/)?([^/#]+)#[0-9a-z.]+$/.exec(hostId) ?? [];
  return escaped?.replace(/(?:%[0-9a-f]{2})+/g, decodeBytes);
}

/** Whether the wire can carry it as the id of a message: an agent may name what it likes. */
export function isWireId(id: string, { messageIdCharacters }: Pick<ChannelNames, "messageIdCharacters">): boolean {
  return id !== "" && codePoints(id) <= messageIdCharacters && !/\p{Cc}/u.test(id);
}

function isPlain(character: string): boolean {
  if (character === "%" || character === ":" || character === ACCOUNT_MARK) return false;
  return character.toLowerCase() === character && !/[\p{Cc}\p{Cs}\p{Z}\p{Bidi_Control}\uFEFF]/u.test(character);
}

function escapeCharacter(character: string): string {
  const unit = character.charCodeAt(0);
  if (character.length === 1 && unit >= 0xd800 && unit <= 0xdfff) return `%u${unit.toString(16)}`;
  return escapeBytes(character);
}

function escapeBytes(text: string): string {
  return [...new TextEncoder().encode(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
}

function decodeBytes(escapes: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(escapes.slice(1).split("%"), (hex) => Number.parseInt(hex, 16)));
}

/** Keeps capitals readable: the places it is for compare them. */
function encodeOutside(id: string): string {
  if (id === "*") return escapeBytes(id);
  return id === "" ? EMPTY : id.replace(/%|^\s+|\s+$|(?<=^accessGroup):/gu, escapeBytes);
}

function decodeWritten(written: string): string | undefined {
  if (written === EMPTY) return "";
  const decoded = written.replace(/(?:%[0-9a-f]{2})+/g, decodeBytes);
  return writeId(decoded) === written ? decoded : undefined;
}

function escapeMarks(text: string): string {
  return text.replace(/[%#/]/g, escapeBytes);
}
