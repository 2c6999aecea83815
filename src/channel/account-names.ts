import { DEFAULT_ACCOUNT_ID, normalizeAccountId } from "#host/account-id";
import { accountsOf, type Block } from "./block.ts";
import { expected } from "./config-fault.ts";

export { accountsOf, type Block, isBlock } from "./block.ts";

/** Which accounts a channel's block holds, and what they are called. */
export interface AccountNames {
  /** The root is an account whatever stands below it. */
  rootStays: boolean;
  /** Ids of the accounts, never none. */
  list(block: Block | undefined): string[];
  /** The account that is meant where none is named. */
  primary(block: Block | undefined): string;
  /** The account that is meant; the host may have written its id in another case. */
  find(block: Block | undefined, requested: string): string;
  /** An account's id as it is written, of what a person calls a new one. */
  idOf(typed: string): string;
  /** Under which key of `accounts` it stands; absent where it is the root. */
  keyOf(block: Block | undefined, accountId: string): string | undefined;
  /** What is wrong with the choice of the primary one, for the operator. */
  doubt(block: Block): string | undefined;
}

/** The root is the account `default`; named accounts stand beside it. */
export const rootAndNamed: AccountNames = {
  rootStays: true,
  list: (block) => [...new Set([DEFAULT_ACCOUNT_ID, ...Object.keys(accountsOf(block)).map((key) => normalizeAccountId(key))])],
  primary(block) {
    const chosen = block?.["defaultAccount"];
    const accountId = typeof chosen === "string" ? normalizeAccountId(chosen) : DEFAULT_ACCOUNT_ID;
    return rootAndNamed.list(block).includes(accountId) ? accountId : DEFAULT_ACCOUNT_ID;
  },
  find: (_block, requested) => normalizeAccountId(requested),
  idOf: normalizeAccountId,
  keyOf: (block, accountId) => Object.keys(accountsOf(block)).find((key) => normalizeAccountId(key) === accountId),
  doubt: (block) => doubtChoice(rootAndNamed, block, ["defaultAccount"], "the root"),
};

interface Naming {
  /** A key of `accounts` as an id. */
  idOf(key: string): string;
  /** Fields that name the default account, the first one that is set. */
  chosenBy: readonly string[];
  /** The id of an account that is the root, where these fields name one. */
  rootIsNamed: boolean;
}

/** The root is an account only while no named one stands below it; then it is what they inherit. */
export function namedOrRoot({ idOf, chosenBy, rootIsNamed }: Naming): AccountNames {
  const named = (block: Block | undefined) => [...new Set(Object.keys(accountsOf(block)).map(idOf))].filter((id) => id !== "");
  const chosen = (block: Block | undefined) => chosenBy.map((field) => block?.[field]).find((value) => typeof value === "string" && value.trim() !== "") as string | undefined;
  const list = (block: Block | undefined) => {
    const ids = named(block);
    return ids.length > 0 ? ids : [(rootIsNamed ? chosen(block)?.trim() : undefined) ?? DEFAULT_ACCOUNT_ID];
  };
  const primary = (block: Block | undefined) => {
    const ids = list(block);
    return match(ids, chosen(block)) ?? ids[0] ?? DEFAULT_ACCOUNT_ID;
  };
  const names: AccountNames = {
    rootStays: false,
    list,
    primary,
    find(block, requested) {
      // The host says `default` where it was told nothing.
      return match(list(block), requested) ?? (requested === DEFAULT_ACCOUNT_ID ? primary(block) : requested.trim());
    },
    idOf,
    keyOf: (block, accountId) => Object.keys(accountsOf(block)).find((key) => idOf(key) === accountId),
    doubt: (block) => doubtChoice(names, block, chosenBy, "the first one"),
  };
  return names;
}

function doubtChoice({ list, find }: AccountNames, block: Block, chosenBy: readonly string[], instead: string): string | undefined {
  const set = chosenBy.filter((field) => block[field] !== undefined);
  const wrong = set.find((field) => typeof block[field] !== "string");
  if (wrong !== undefined) return `${wrong}: ${expected("a string", block[wrong])}; it is ignored`;
  const chosen = set.map((field) => block[field]).find((value) => typeof value === "string");
  return chosen === undefined || list(block).includes(find(block, chosen)) ? undefined : `defaultAccount is none of accounts; ${instead} is taken`;
}

/** The very id, or the only one that the host would write alike. */
function match(ids: readonly string[], requested: string | undefined): string | undefined {
  if (requested === undefined) return undefined;
  const wanted = requested.trim();
  if (ids.includes(wanted)) return wanted;
  for (const form of [(id: string) => id.toLowerCase(), normalizeAccountId]) {
    const alike = ids.filter((id) => form(id) === form(wanted));
    if (alike.length > 0) return alike.length === 1 ? alike[0] : undefined;
  }
  return undefined;
}
