import type { Recipient } from "../account/account.ts";
import type { Conversation } from "../protocols/inbound.ts";
import { decodeId, readId, writeId } from "./identity.ts";

/** Where a message goes. */
export type Address = Recipient;

/** How people and the host write addresses of a channel, apart from the one canonical form `<prefix>:<kind>:<id>`. */
export interface AddressGrammar {
  /** First part of the canonical form. */
  prefix: string;
  /** Further names of the channel that may stand first. */
  aliases: readonly string[];
  /** The kinds of direct conversations, where the wire has several; one that is not named is of the first. */
  scopes?: readonly string[];
}

const kinds: Readonly<Record<string, Address["kind"]>> = { user: "direct", direct: "direct", dm: "direct", group: "group", channel: "group" };

/** The canonical form, which survives a reconnect: it names a sender or a conversation, never a connection. */
export function writeAddress(grammar: AddressGrammar, address: Pick<Conversation, "kind" | "id"> & { scope?: string }): string {
  return `${grammar.prefix}:${address.kind === "group" ? "group" : (address.scope ?? "user")}:${writeId(address.id)}`;
}

/** Somebody who is meant by a name, which is no address before it was looked up. */
export interface NamedTarget {
  kind: Address["kind"];
  name: string;
}

/** Reads `@ann`, `#room` and both behind the channel's name. Behind a kind (`user:@ann`) the sign belongs to the id. */
export function parseName(grammar: AddressGrammar, text: string): NamedTarget | undefined {
  const { rest } = stripChannel(grammar, text.trim());
  const name = rest.slice(1).trim();
  if (name === "") return undefined;
  if (rest.startsWith("@")) return { kind: "direct", name };
  return rest.startsWith("#") ? { kind: "group", name } : undefined;
}

/**
 * Reads every form but names: `ws:user:ann`, `websocket:ann`, `group:room`, `ann`. Without the channel's name in front,
 * an id may also come out of a session key and then has the form it has there.
 */
export function parseAddress(grammar: AddressGrammar, text: string): Address | undefined {
  if (parseName(grammar, text)) return undefined;
  const { rest, named } = stripChannel(grammar, text.trim());
  const [, kindName = "", afterKind = ""] = /^(\w+):(.*)$/s.exec(rest) ?? [];
  const kind = kindOf(grammar, kindName.toLowerCase());
  const written = kind === undefined ? rest : afterKind;
  if (written === "") return undefined;
  const id = (named ? undefined : fromSessionKey(written)) ?? readId(written);
  return { ...(kind ?? direct(grammar)), id };
}

function kindOf(grammar: AddressGrammar, name: string): Omit<Address, "id"> | undefined {
  if (grammar.scopes?.includes(name)) return { kind: "direct", scope: name };
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  return kind === "direct" ? direct(grammar) : kind && { kind };
}

function direct({ scopes }: AddressGrammar): Omit<Address, "id"> {
  const scope = scopes?.[0];
  return { kind: "direct", ...(scope !== undefined && { scope }) };
}

function stripChannel({ prefix, aliases }: AddressGrammar, text: string): { rest: string; named: boolean } {
  const name = [prefix, ...aliases].find((candidate) => text.toLowerCase().startsWith(`${candidate}:`));
  return name === undefined ? { rest: text, named: false } : { rest: text.slice(name.length + 1), named: true };
}

function fromSessionKey(written: string): string | undefined {
  return written.includes("%") ? decodeId(written) : undefined;
}
