import { DEFAULT_ACCOUNT_ID, normalizeAccountId } from "openclaw/plugin-sdk/account-id";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { type AccountRules, type Block, findBlock } from "./accounts.ts";

type Keys = Pick<AccountRules<unknown>, "channelId" | "legacyKeys">;

/** Writes fields of an account: of the root for the default one, unless it has a block of its own. */
export function editAccount(rules: Keys, cfg: OpenClawConfig, accountId: string, patch: Block): OpenClawConfig {
  const { key, block = {} } = findBlock(rules, cfg);
  const accounts = accountsOf(block);
  const name = keyOf(accounts, accountId);
  if (accountId === DEFAULT_ACCOUNT_ID && name === undefined) return replace(cfg, key, mergeFields(block, patch));
  const own = accounts[name ?? accountId];
  return replace(cfg, key, { ...block, accounts: { ...accounts, [name ?? accountId]: mergeFields((own ?? {}) as Block, patch) } });
}

/** Removes a named account; the default one goes with the whole block. */
export function deleteAccount(rules: Keys, cfg: OpenClawConfig, accountId: string): OpenClawConfig {
  const { key, block } = findBlock(rules, cfg);
  if (!block) return cfg;
  const accounts = accountsOf(block);
  const name = keyOf(accounts, accountId);
  if (name === undefined) return accountId === DEFAULT_ACCOUNT_ID ? replace(cfg, key, undefined) : cfg;
  const { [name]: _gone, ...left } = accounts;
  return replace(cfg, key, { ...block, accounts: left });
}

function keyOf(accounts: Block, accountId: string): string | undefined {
  return Object.keys(accounts).find((key) => normalizeAccountId(key) === accountId);
}

function accountsOf(block: Block): Block {
  return (block["accounts"] ?? {}) as Block;
}

function mergeFields(block: Block, patch: Block): Block {
  const merged: Record<string, unknown> = { ...block };
  for (const [field, value] of Object.entries(patch)) {
    merged[field] = isObject(value) && isObject(block[field]) ? { ...block[field], ...value } : value;
  }
  return merged;
}

function replace(cfg: OpenClawConfig, key: string, block: Block | undefined): OpenClawConfig {
  const { [key]: _old, ...others } = (cfg.channels ?? {}) as Record<string, unknown>;
  const channels = block === undefined ? others : { ...others, [key]: block };
  return { ...cfg, channels };
}

function isObject(value: unknown): value is Block {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
