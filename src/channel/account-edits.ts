import { DEFAULT_ACCOUNT_ID } from "openclaw/plugin-sdk/account-id";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { accountsOf, type Block, isBlock } from "./account-names.ts";
import { type AccountRules, findBlock } from "./accounts.ts";

type Keys = Pick<AccountRules<unknown>, "channelId" | "legacyKeys" | "names">;

/** Writes fields of an account: of the root where the account is the root, else of its own block. `null` removes a field. */
export function editAccount(rules: Keys, cfg: OpenClawConfig, requested: string, patch: Block): OpenClawConfig {
  const { key, block = {} } = findBlock(rules, cfg);
  const accountId = rules.names.find(block, requested);
  const name = rules.names.keyOf(block, accountId);
  const accounts = accountsOf(block);
  // The root's switch is that of the channel: it would end the named accounts too.
  const isForItself = patch["enabled"] === false && rules.names.rootStays && Object.keys(accounts).length > 0;
  if (name === undefined && !isForItself && rules.names.list(block).includes(accountId)) return replace(cfg, key, mergeFields(block, patch));
  const own = accounts[name ?? accountId];
  const kept = name === undefined ? rootAsAccount(rules, block) : {};
  return replace(cfg, key, { ...block, accounts: { ...kept, ...accounts, [name ?? accountId]: mergeFields(isBlock(own) ? own : {}, patch) } });
}

/**
 * Removes an account; the last one goes with the whole block. A root that always is an account, and from which others
 * inherit, can only be switched off.
 */
export function deleteAccount(rules: Keys, cfg: OpenClawConfig, requested: string): OpenClawConfig {
  const { key, block } = findBlock(rules, cfg);
  if (!block) return cfg;
  const accountId = rules.names.find(block, requested);
  if (!rules.names.list(block).includes(accountId)) return cfg;
  const name = rules.names.keyOf(block, accountId);
  const left = Object.fromEntries(Object.entries(accountsOf(block)).filter(([other]) => other !== name));
  const isLastingRoot = rules.names.rootStays && accountId === DEFAULT_ACCOUNT_ID;
  if (Object.keys(left).length === 0 && (isLastingRoot || !rules.names.rootStays)) return replace(cfg, key, undefined);
  return replace(cfg, key, { ...block, accounts: isLastingRoot ? { ...left, [accountId]: { enabled: false } } : left });
}

/** A root that is an account only while it stands alone has to be named when a second account comes, or it would end. */
function rootAsAccount(rules: Keys, block: Block): Block {
  const { enabled: _enabled, accounts: _accounts, defaultAccount: _default, ...fields } = block;
  const [rootId] = rules.names.list(block);
  const isAlone = Object.keys(accountsOf(block)).length === 0 && Object.keys(fields).length > 0;
  return isAlone && rootId !== undefined && !rules.names.rootStays ? { [rootId]: {} } : {};
}

function mergeFields(block: Block, patch: Block): Block {
  const merged: Record<string, unknown> = { ...block };
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) {
      delete merged[field];
      continue;
    }
    merged[field] = isBlock(value) && isBlock(block[field]) && !isSecretRef(value) ? { ...block[field], ...value } : value;
  }
  return merged;
}

function isSecretRef(value: Block): boolean {
  return typeof value["source"] === "string" && typeof value["id"] === "string";
}

function replace(cfg: OpenClawConfig, key: string, block: Block | undefined): OpenClawConfig {
  const { [key]: _old, ...others } = (cfg.channels ?? {}) as Record<string, unknown>;
  const channels = block === undefined ? others : { ...others, [key]: block };
  return { ...cfg, channels };
}
