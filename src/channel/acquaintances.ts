import type { Seen } from "../store/seen.ts";
import { type Address, type AddressGrammar, type NamedTarget, parseAddress, parseName, writeAddress } from "./addresses.ts";
import { readId } from "./identity.ts";
import { withoutWildcard } from "./sender-policy.ts";

type Entries = readonly (string | number)[];

/** A user or a group that is written down somewhere: by the operator, or because it was seen. */
export interface Acquaintance {
  kind: Address["kind"];
  id: string;
  /** As it calls itself; nobody vouches for it. */
  name?: string;
  /** ms. */
  seenAt?: number;
}

/** Where people and groups are written down. */
export interface Sources {
  /** In configuration. */
  listed: Entries;
  groups: readonly string[];
  /** By a pairing code. */
  approved: Entries;
  seen: readonly Seen[];
}

/** Users and groups, whoever was seen last first, and then those that the operator has named and nobody has seen. */
export function acquaintancesIn({ listed, groups, approved, seen }: Sources): Acquaintance[] {
  const met = seen.flatMap(({ kind, id, name, at }): Acquaintance[] =>
    kind === "member" ? [] : [{ kind: kind === "user" ? "direct" : "group", id, seenAt: at, ...(name !== undefined && { name }) }],
  );
  const users = withoutWildcard([...listed, ...approved]).map((entry): Acquaintance => ({ kind: "direct", id: readId(String(entry)) }));
  const rooms = groups.filter((id) => id !== "*").map((id): Acquaintance => ({ kind: "group", id }));
  const known = new Map<string, Acquaintance>();
  for (const each of [...met, ...users, ...rooms]) {
    const key = `${each.kind} ${each.id}`;
    if (!known.has(key)) known.set(key, each);
  }
  return [...known.values()];
}

export function membersIn(seen: readonly Seen[], groupId: string): Acquaintance[] {
  return seen.flatMap(({ kind, id, groupId: of, name, at }) => (kind === "member" && of === groupId ? [{ kind: "direct", id, seenAt: at, ...(name !== undefined && { name }) }] : []));
}

/** Who is meant: an id stays an id, whoever calls itself like that; a name has to be one acquaintance's alone. */
export type Lookup =
  | { found: "id"; address: Address; as?: Acquaintance }
  | { found: "name"; address: Address; as: Acquaintance }
  | { found: "several"; candidates: readonly Acquaintance[] }
  | { found: "nobody" };

/** What an operator has written where a message goes out: a bare word is an id, and `@` or `#` stands before a name. */
export function lookUp(grammar: AddressGrammar, text: string, known: readonly Acquaintance[]): Lookup {
  const named = parseName(grammar, text);
  if (named) return lookUpName(grammar, named, known, text.trim());
  const address = parseAddress(grammar, text);
  if (!address) return { found: "nobody" };
  const as = known.find(({ kind, id }) => kind === address.kind && id === address.id);
  return { found: "id", address, ...(as && { as }) };
}

/** The same where somebody is asked for and nothing is sent: a bare word may be a name as well. */
export function search(grammar: AddressGrammar, text: string, kind: Address["kind"], known: readonly Acquaintance[]): Lookup {
  const exact = lookUp(grammar, text, known);
  if (exact.found !== "id" || exact.as || text.includes(":")) return exact;
  const asked = lookUp(grammar, writeAddress(grammar, { kind, id: exact.address.id }), known);
  if (asked.found === "id" && asked.as) return asked;
  const byName = lookUpName(grammar, { kind, name: text.trim() }, known);
  return byName.found === "nobody" ? asked : byName;
}

function lookUpName(grammar: AddressGrammar, { kind, name }: NamedTarget, known: readonly Acquaintance[], whole = name): Lookup {
  const kin = known.filter((each) => each.kind === kind);
  const addressOf = ({ id }: Acquaintance): Address => ({ kind, id, ...(kind === "direct" && grammar.scopes?.[0] !== undefined && { scope: grammar.scopes[0] }) });
  const byId = [whole, name].map((id) => kin.find((each) => each.id === id)).find((each) => each !== undefined);
  if (byId) return { found: "id", address: addressOf(byId), as: byId };
  const called = kin.filter((each) => each.name !== undefined && fold(each.name) === fold(name));
  const [as, ...others] = called;
  if (!as) return { found: "nobody" };
  return others.length > 0 ? { found: "several", candidates: called } : { found: "name", address: addressOf(as), as };
}

function fold(name: string): string {
  return name.normalize("NFKC").trim().toLowerCase();
}
