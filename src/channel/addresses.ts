import type { Conversation } from "../protocols/inbound.ts";
import { decodeId, readId, writeId } from "./identity.ts";

/** Where a message goes. */
export type Address = Pick<Conversation, "kind" | "id">;

/** How people and the host write addresses of a channel, apart from the one canonical form `<prefix>:user:<id>`. */
export interface AddressGrammar {
  /** First part of the canonical form. */
  prefix: string;
  /** Further names of the channel that may stand first. */
  aliases: readonly string[];
}

const kinds: Readonly<Record<string, Address["kind"]>> = { user: "direct", direct: "direct", dm: "direct", group: "group", channel: "group" };

/** The canonical form, which survives a reconnect: it names a sender or a group, never a connection. */
export function writeAddress(grammar: AddressGrammar, address: Address): string {
  return `${grammar.prefix}:${address.kind === "group" ? "group" : "user"}:${writeId(address.id)}`;
}

/** The form the account understands: the id as it is on the wire. */
export function wireAddress(address: Address): string {
  return `ws:${address.kind === "group" ? "group" : "user"}:${address.id}`;
}

/**
 * Reads every form: `ws:user:ann`, `websocket:ann`, `group:room`, `ann`. Without the channel's name in front, an id may
 * also come out of a session key and then has the form it has there.
 */
export function parseAddress(grammar: AddressGrammar, text: string): Address | undefined {
  const { rest, named } = stripChannel(grammar, text.trim());
  const [, kindName = "", afterKind = ""] = /^(\w+):(.*)$/s.exec(rest) ?? [];
  const kind = Object.hasOwn(kinds, kindName.toLowerCase()) ? kinds[kindName.toLowerCase()] : undefined;
  const written = kind === undefined ? rest : afterKind;
  if (written === "") return undefined;
  const id = (named ? undefined : fromSessionKey(written)) ?? readId(written);
  return { kind: kind ?? "direct", id };
}

function stripChannel({ prefix, aliases }: AddressGrammar, text: string): { rest: string; named: boolean } {
  const name = [prefix, ...aliases].find((candidate) => text.toLowerCase().startsWith(`${candidate}:`));
  return name === undefined ? { rest: text, named: false } : { rest: text.slice(name.length + 1), named: true };
}

function fromSessionKey(written: string): string | undefined {
  return written.includes("%") ? decodeId(written) : undefined;
}
