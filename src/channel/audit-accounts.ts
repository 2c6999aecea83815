import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { accountsOf, type Block, isBlock } from "./account-names.ts";
import { type AccountRules, findBlock } from "./accounts.ts";
import { collect, type Finding } from "./audit.ts";

/** What there can be only one of at a time: a port with its path, a login at a server. `key` is in no finding. */
export interface Claim {
  what: string;
  key: string;
}

export interface Claimant {
  accountId: string;
  claims: readonly Claim[];
}

/** Accounts that would push each other out. Each of them gives the same finding, of which the host keeps one. */
export function auditDuplicates(channelId: string, accountId: string, accounts: readonly Claimant[]): Finding[] {
  const { findings, add } = collect(channelId, accountId);
  const own = accounts.find((account) => account.accountId === accountId)?.claims ?? [];
  for (const { what, key } of own) {
    const same = accounts.filter(({ claims }) => claims.some((claim) => claim.what === what && claim.key === key)).map((account) => account.accountId);
    if (same.length < 2 || same[0] !== accountId) continue;
    add("duplicate-account", "warn", "Several accounts are one and the same", `${what} are the same as of ${same.slice(1).join(", ")}: they push each other out, or answer twice.`, "Remove all of them but one, or disable them.");
  }
  return findings;
}

/** Secrets that stand in the configuration itself: the root's are told of where no other account is meant. */
export function auditPlainSecrets(rules: Pick<AccountRules<unknown>, "channelId" | "legacyKeys" | "names">, secretFields: readonly string[], source: OpenClawConfig, accountId: string): Finding[] {
  const { key, block } = findBlock(rules, source);
  const { findings, add } = collect(rules.channelId, accountId);
  const name = rules.names.keyOf(block, accountId);
  const own = name === undefined ? undefined : accountsOf(block)[name];
  const inOwn = isBlock(own) ? plainIn(own, secretFields).map((field) => `channels.${key}.accounts.${name}.${field}`) : [];
  const inRoot = block && rules.names.primary(block) === accountId ? plainIn(block, secretFields).map((field) => `channels.${key}.${field}`) : [];
  const paths = [...inRoot, ...inOwn];
  if (paths.length > 0) {
    add(
      "plain-secret",
      "info",
      "Secrets stand in the configuration file",
      `${paths.join(", ")}: whoever reads the file has them, agents with file tools too.`,
      "Move them out with openclaw secrets configure: each of these fields takes a SecretRef.",
    );
  }
  return findings;
}

/** `$NAME` and `${NAME}` are the host's short form of a reference. */
function plainIn(block: Block, fields: readonly string[]): string[] {
  return fields.filter((field) => {
    const value = block[field];
    return typeof value === "string" && value !== "" && !/^\$(\{[A-Z]|[A-Z])/.test(value);
  });
}
