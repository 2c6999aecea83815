import { DEFAULT_ACCOUNT_ID } from "#host/account-id";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { AccountNames } from "./account-names.ts";
import { accountsOf, type Block, isBlock } from "./block.ts";
import { type ConfigFault, expected, pathText } from "./config-fault.ts";
import { placed } from "./config-place.ts";
import type { AccountsInKeys } from "./host.ts";
import { type Credential, credentialIn } from "./credential.ts";
import { type Environment, type EnvironmentField, type Override, readEnvironment } from "./environment.ts";
import { type Modernized, modernize } from "./older-fields.ts";
import type { OlderNames } from "./older-names.ts";
import { readSecretFiles, type SecretFiles, withoutShadowed } from "./secret-files.ts";

export type { Block } from "./block.ts";

/** What the host's own slots look for in every channel's configuration. */
export interface AccessFields {
  dmPolicy?: string;
  allowFrom?: (string | number)[];
}

/** An account of a channel as the host sees it: it shows no secret, and is whole even when it cannot run. */
export interface ChannelAccount<Config> extends AccessFields {
  accountId: string;
  name?: string;
  enabled: boolean;
  /** It can run, or could where the host looks up its secrets. */
  configured: boolean;
  /** Every default filled in; absent when the block is not valid. */
  config?: Config;
  /** Why it cannot run, for the operator. */
  problem?: string;
  /** What it proves itself with, where its configuration has that. */
  credential?: Credential;
  /** What the operator should know although it runs. */
  warnings: readonly string[];
}

/** What one channel's blocks mean. */
export interface AccountRules<Config> extends OlderNames {
  names: AccountNames;
  /** Fields of an account that are merged with the root's instead of replacing them. */
  nested: readonly string[];
  /** Fields of one account alone: what the root says of them is of the root, and of the account that is called default. */
  unshared?: readonly string[];
  /** The field of what an account proves itself with. */
  credentialField?: string;
  environment: readonly EnvironmentField[];
  /** What the variables win over: what the root says, or what any account says. */
  environmentWinsOver: "root" | "everything";
  /** A number that cannot be read is left out with a warning instead of stopping the account. */
  toleratesEnvironment?: true;
  /** Fields that name a file with a secret, as official channels have them; the file wins over the field itself. */
  secretFiles?: SecretFiles;
  /** What is wrong with a block, naming field and expectation and no value. */
  check(block: Block, accountId: string): ConfigFault | undefined;
  /** Which secret the host has not looked up, and so cannot be used. */
  unresolved?(block: Block): string | undefined;
  /** Fills in what is absent, defaults that depend on other fields included. */
  complete(block: Block, account: { accountId: string; own: Block; root: Block }): Config;
  /** What of a valid account the operator should know; `whole` is the channel's block. */
  warn?(about: { account: Block; whole: Block }): string[];
  /** What is said of an account that is switched off. */
  disabled?: string;
  /** What is said of an account that nothing describes. */
  unknown?(accountId: string): string;
}

export function listAccountIds<Config>(rules: AccountRules<Config>, cfg: OpenClawConfig): string[] {
  return rules.names.list(findBlock(rules, cfg).block);
}

export function defaultAccountId<Config>(rules: Pick<AccountRules<Config>, "channelId" | "legacyKeys" | "names">, cfg: OpenClawConfig): string {
  return rules.names.primary(findBlock(rules, cfg).block);
}

/** The accounts of a channel whose block chooses the default one. */
export function chosenInKeys(rules: Pick<AccountRules<unknown>, "channelId" | "legacyKeys" | "names">): AccountsInKeys {
  return {
    plain: (cfg) => defaultAccountId(rules, cfg),
    find: (cfg, requested) => rules.names.find(findBlock(rules, cfg).block, requested ?? defaultAccountId(rules, cfg)),
  };
}

export function resolveAccount<Config extends AccessFields>(
  rules: AccountRules<Config>,
  cfg: OpenClawConfig,
  requested: string | null | undefined,
  environment: Environment,
): ChannelAccount<Config> {
  const { names } = rules;
  const { block, key, fault, warnings: found } = findBlock(rules, cfg);
  const accountId = names.find(block, requested ?? names.primary(block));
  const missing = (problem: string, enabled = false) => ({ accountId, enabled, configured: false, problem, warnings: found });
  if (fault !== undefined) return missing(fault, true);
  if (!block) return missing(`channels.${rules.channelId} is not set`);
  const ownKey = names.keyOf(block, accountId);
  const place = ownKey === undefined ? `channels.${key}` : `channels.${key}.${pathText(block, ["accounts", ownKey])}`;
  const shape = shapeFault(block, key, ownKey);
  if (shape !== undefined) return missing(shape, block["enabled"] !== false);
  const own = ownBlock(rules, block, accountId);
  if (!own) return missing(rules.unknown?.(accountId) ?? `channels.${key}.accounts.${accountId} is not set`);

  const modern = { root: modernRoot(rules, block), own: modernOwn(rules, own) };
  const older = [...modern.root.warnings.map((text) => `channels.${key}: ${text}`), ...modern.own.warnings.map((text) => `${place}: ${text}`)];

  const overrides = readOverrides(rules, modern.root.block, accountId, environment);
  const whole = override(modern.root.block, overrides.values);
  const atRoot = isRoot(rules, block, accountId);
  const root = withoutShadowed(atRoot ? whole : without(whole, rules.unshared), modern.own.block, rules.secretFiles ?? {});
  // The root account is what the variables are for; a named one keeps what it says itself.
  const wins = rules.environmentWinsOver === "everything" || atRoot;
  const merged = wins ? override(merge(root, modern.own.block, rules.nested), overrides.values) : merge(root, modern.own.block, rules.nested);
  const enabled = block["enabled"] !== false && own["enabled"] !== false;
  const name = merged["name"] !== undefined && (ownKey === undefined || own["name"] !== undefined) ? merged["name"] : undefined;
  const doubt = prefixed(`channels.${key}`, names.doubt(block));
  const warnings = [...found, ...older, ...overrides.warnings, ...(doubt === undefined ? [] : [doubt])];
  const about = { accountId, enabled, ...(typeof name === "string" && { name }) };

  const { block: filled, problem: unread } = readSecretFiles(merged, rules.secretFiles ?? {});
  const credential = rules.credentialField === undefined ? undefined : credentialIn(rules.credentialField, filled, wins ? overrides.values : [], rules.secretFiles ?? {});
  const wrong = rules.check(filled, accountId);
  const problem = overrides.problems[0] ?? (wrong && placed(wrong, { merged, place, key, modern, nested: rules.nested, overrides: overrides.values, wins }));
  if (problem !== undefined) return { ...about, configured: false, problem, warnings };
  const config = rules.complete(filled, { accountId, own: modern.own.block, root });
  const unresolved = prefixed(place, unread ?? rules.unresolved?.(filled));
  const told = (rules.warn?.({ account: merged, whole: block }) ?? []).map((text) => `channels.${key}: ${text}`);
  return { ...about, configured: true, config, ...accessOf(config), ...(credential && { credential }), ...(unresolved !== undefined && { problem: unresolved }), warnings: [...warnings, ...told] };
}

interface FoundBlock {
  key: string;
  block?: Block;
  /** What stands there instead of a block. */
  fault?: string;
  warnings: readonly string[];
}

/** The channel's block, under whichever of its keys it stands. */
export function findBlock<Config>(rules: Pick<AccountRules<Config>, "channelId" | "legacyKeys">, cfg: OpenClawConfig): FoundBlock {
  const channels: Block = { ...cfg.channels };
  const present = [rules.channelId, ...rules.legacyKeys].filter((key) => isBlock(channels[key]));
  const [key = rules.channelId, ...ignored] = present;
  const block = channels[key];
  const warnings = ignored.map((other) => `channels.${other} is ignored because channels.${key} is set`);
  if (isBlock(block)) return { key, warnings, block };
  const misshapen = [rules.channelId, ...rules.legacyKeys].find((other) => channels[other] !== undefined);
  return { key, warnings, ...(misshapen !== undefined && { fault: `channels.${misshapen}: ${expected("an object", channels[misshapen])}` }) };
}

/** What of a block is no place for accounts, as far as this one is concerned. */
function shapeFault(block: Block, key: string, ownKey: string | undefined): string | undefined {
  const { accounts } = block;
  if (accounts !== undefined && !isBlock(accounts)) return `channels.${key}.accounts: ${expected("an object", accounts)}`;
  const own = ownKey === undefined ? undefined : accountsOf(block)[ownKey];
  if (ownKey === undefined || own === undefined || isBlock(own)) return undefined;
  return `channels.${key}.${pathText(block, ["accounts", ownKey])}: ${expected("an object", own)}`;
}

/** Whether the root, and with it the environment, speaks for the account. */
export function isRoot({ names }: Pick<AccountRules<unknown>, "names">, block: Block | undefined, accountId: string): boolean {
  return accountId === DEFAULT_ACCOUNT_ID || names.keyOf(block, accountId) === undefined;
}

function ownBlock<Config>({ names }: AccountRules<Config>, block: Block, accountId: string): Block | undefined {
  const key = names.keyOf(block, accountId);
  const entry = key === undefined ? undefined : accountsOf(block)[key];
  if (isBlock(entry)) return entry;
  return names.list(block).includes(accountId) ? {} : undefined;
}

/** Fields that the host has in every channel's block, and checks itself. */
const hostOwned = ["configWrites", "healthMonitor", "heartbeatVisibility"];

function modernRoot(rules: OlderNames, block: Block): Modernized {
  const modern = modernize(block, rules);
  return { ...modern, block: without(modern.block, ["accounts", "defaultAccount", ...hostOwned]) };
}

/** Which account is the default one is said at the root: under an older name it never meant anything here. */
function modernOwn(rules: OlderNames, own: Block): Modernized {
  const modern = modernize(own, rules);
  return { ...modern, block: without(modern.block, modern.written["defaultAccount"] === undefined ? hostOwned : ["defaultAccount", ...hostOwned]) };
}

/** What the variables say. Where they are tolerated, a number out of bounds is left out like one that cannot be read. */
function readOverrides<Config>({ check, ...rules }: AccountRules<Config>, root: Block, accountId: string, environment: Environment) {
  const { values, problems } = readEnvironment(rules.environment, environment);
  if (!rules.toleratesEnvironment) return { values, problems, warnings: [] };
  // Another address than the one that was meant would be worse than none.
  const spoils = ({ path, value }: Override) => typeof value === "number" && isAbout(check(replaceAt(root, path, value), accountId), path) && !isAbout(check(root, accountId), path);
  const spoiling = values.filter(spoils).map(({ variable }) => `environment variable ${variable} is out of bounds`);
  return {
    values: values.filter((value) => !spoils(value)),
    problems: [],
    warnings: [...problems, ...spoiling].map((text) => `${text}; it is ignored`),
  };
}

function isAbout(fault: ConfigFault | undefined, path: readonly string[]): boolean {
  return fault !== undefined && path.every((step, index) => step === fault.steps[index]);
}

function merge(root: Block, own: Block, nested: readonly string[]): Block {
  const merged: Record<string, unknown> = { ...root, ...own };
  for (const field of nested) {
    const [above, below] = [root[field], own[field]];
    if (isBlock(above) && isBlock(below)) merged[field] = { ...above, ...below };
  }
  return merged;
}

function without(block: Block, fields: readonly string[] = []): Block {
  return Object.fromEntries(Object.entries(block).filter(([field]) => !fields.includes(field)));
}

function override(block: Block, values: readonly Override[]): Block {
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
