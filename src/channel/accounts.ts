import { DEFAULT_ACCOUNT_ID, normalizeAccountId } from "openclaw/plugin-sdk/account-id";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { type Environment, type EnvironmentField, readEnvironment } from "./environment.ts";

/** What the host's own slots look for in every channel's configuration. */
export interface AccessFields {
  dmPolicy?: string;
  allowFrom?: (string | number)[];
}

/** An account of a channel as the host sees it: never with a secret in it, and whole even when it cannot run. */
export interface ChannelAccount<Config> extends AccessFields {
  accountId: string;
  name?: string;
  enabled: boolean;
  /** It can run: the block is there and valid. */
  configured: boolean;
  /** Every default filled in; absent when the account cannot run. */
  config?: Config;
  /** Why it cannot run, for the operator. */
  problem?: string;
  /** What the operator should know although it runs. */
  warnings: readonly string[];
}

/** What one channel's blocks mean. */
export interface AccountRules<Config> {
  channelId: string;
  /** Older keys of the same block; the channel's own wins. */
  legacyKeys: readonly string[];
  /** Fields of an account that are merged with the root's instead of replacing them. */
  nested: readonly string[];
  environment: readonly EnvironmentField[];
  /** What is wrong with a block, naming field and expectation and no value. */
  check(block: Block): string | undefined;
  /** Fills in what is absent, defaults that depend on other fields included. */
  complete(block: Block, account: { accountId: string; own: Block; root: Block }): Config;
}

export type Block = Readonly<Record<string, unknown>>;

/** The root is the account `default`; named accounts stand beside it. */
export function listAccountIds<Config>(rules: AccountRules<Config>, cfg: OpenClawConfig): string[] {
  const { block } = findBlock(rules, cfg);
  const named = Object.keys(accountsOf(block)).map((key) => normalizeAccountId(key));
  return [...new Set([DEFAULT_ACCOUNT_ID, ...named])];
}

export function defaultAccountId<Config>(rules: AccountRules<Config>, cfg: OpenClawConfig): string {
  const chosen = findBlock(rules, cfg).block?.["defaultAccount"];
  return typeof chosen === "string" ? normalizeAccountId(chosen) : DEFAULT_ACCOUNT_ID;
}

export function resolveAccount<Config extends AccessFields>(
  rules: AccountRules<Config>,
  cfg: OpenClawConfig,
  requested: string | null | undefined,
  environment: Environment,
): ChannelAccount<Config> {
  const accountId = normalizeAccountId(requested ?? defaultAccountId(rules, cfg));
  const { block, key, warnings } = findBlock(rules, cfg);
  if (!block) return { accountId, enabled: false, configured: false, problem: `channels.${rules.channelId} is not set`, warnings };
  const own = ownBlock(block, accountId);
  if (!own) return { accountId, enabled: false, configured: false, problem: `channels.${key}.accounts.${accountId} is not set`, warnings };

  const { accounts: _accounts, defaultAccount: _default, ...shared } = block;
  const overrides = readEnvironment(rules.environment, environment);
  const root = override(shared, overrides.values);
  // The root account is what the variables are for; a named one keeps what it says itself.
  const merged = accountId === DEFAULT_ACCOUNT_ID ? override(merge(root, own, rules.nested), overrides.values) : merge(root, own, rules.nested);
  const enabled = block["enabled"] !== false && own["enabled"] !== false;
  const about = { accountId, enabled, warnings, ...(typeof own["name"] === "string" && { name: own["name"] }) };

  const place = accountId === DEFAULT_ACCOUNT_ID ? `channels.${key}` : `channels.${key}.accounts.${accountId}`;
  const problem = overrides.problems[0] ?? prefixed(place, rules.check(merged));
  if (problem !== undefined) return { ...about, configured: false, problem };
  const config = rules.complete(merged, { accountId, own, root });
  return { ...about, configured: true, config, ...accessOf(config) };
}

/** The channel's block, under whichever of its keys it stands. */
export function findBlock<Config>(rules: Pick<AccountRules<Config>, "channelId" | "legacyKeys">, cfg: OpenClawConfig) {
  const channels: Block = { ...cfg.channels };
  const present = [rules.channelId, ...rules.legacyKeys].filter((key) => isBlock(channels[key]));
  const [key = rules.channelId, ...ignored] = present;
  const block = channels[key];
  const warnings = ignored.map((other) => `channels.${other} is ignored because channels.${key} is set`);
  return { key, warnings, ...(isBlock(block) && { block }) };
}

function ownBlock(block: Block, accountId: string): Block | undefined {
  const entry = Object.entries(accountsOf(block)).find(([key]) => normalizeAccountId(key) === accountId)?.[1];
  if (isBlock(entry)) return entry;
  return accountId === DEFAULT_ACCOUNT_ID ? {} : undefined;
}

function accountsOf(block: Block | undefined): Block {
  const accounts = block?.["accounts"];
  return isBlock(accounts) ? accounts : {};
}

function merge(root: Block, own: Block, nested: readonly string[]): Block {
  const merged: Record<string, unknown> = { ...root, ...own };
  for (const field of nested) {
    const [above, below] = [root[field], own[field]];
    if (isBlock(above) && isBlock(below)) merged[field] = { ...above, ...below };
  }
  return merged;
}

function override(block: Block, values: ReturnType<typeof readEnvironment>["values"]): Block {
  return values.reduce((changed, { path, value }) => replaceAt(changed, path, value), block);
}

function replaceAt(block: Block, [field, ...rest]: readonly string[], value: unknown): Block {
  if (field === undefined) return block;
  const inner = block[field];
  return { ...block, [field]: rest.length === 0 ? value : replaceAt(isBlock(inner) ? inner : {}, rest, value) };
}

function accessOf({ dmPolicy, allowFrom }: AccessFields): AccessFields {
  return { ...(dmPolicy !== undefined && { dmPolicy }), ...(allowFrom !== undefined && { allowFrom }) };
}

function prefixed(place: string, problem: string | undefined): string | undefined {
  return problem === undefined ? undefined : `${place}: ${problem}`;
}

function isBlock(value: unknown): value is Block {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
