import type { ChannelGatewayContext } from "openclaw/plugin-sdk/channel-contract";
import { createSubsystemLogger } from "openclaw/plugin-sdk/logging-core";
import { every } from "../core/every.ts";
import type { Log } from "../core/ports.ts";
import { system } from "../core/system.ts";
import { type ChannelAccount, resolveAccount } from "./accounts.ts";
import type { ChannelConfig } from "./channel-config.ts";
import type { ChannelKind } from "./gateway.ts";
import { currentConfig, type HostAccount } from "./host.ts";

/** How often a running account looks whether its configuration has changed. */
const RECONFIGURE_EVERY_MS = 1000;

/** What a running account has of the host. */
export function createHostAccount<Config extends ChannelConfig>(ctx: ChannelGatewayContext<ChannelAccount<Config>>, kind: ChannelKind<Config>): HostAccount<Config> {
  const runtime = kind.runtime();
  const { accountId } = ctx;
  const hostConfig = () => currentConfig(runtime);
  let resolved: { from: object; owner: string | undefined; account: ChannelAccount<Config> } | undefined;
  const account = () => {
    const from = hostConfig();
    const owner = kind.live.get(accountId)?.account.owner;
    // The host replaces its configuration as a whole.
    if (resolved?.from !== from || resolved.owner !== owner) resolved = { from, owner, account: withOwner(resolveAccount(kind.rules, from, accountId, kind.environment()), owner) };
    return resolved.account;
  };
  /** After an activation the account may be connected before its configuration is written: the owner is no stranger then. */
  const withOwner = ({ config, ...rest }: ChannelAccount<Config>, owner: string | undefined): ChannelAccount<Config> => {
    if (!config || owner === undefined || !kind.ownedBy) return { ...rest, ...(config && { config }) };
    return { ...rest, config: kind.ownedBy(config, owner) };
  };
  const ownId = () => kind.live.get(accountId)?.account.userId ?? accountId;
  const isDetailed = () => kind.detailOf !== undefined && detailOf(kind, account()) !== undefined;
  const log = logOf(kind, accountId, isDetailed);
  return { channel: kind.names, accountId, runtime, system, log, runs: kind.runs, ownId, isAgent: (id) => kind.live.agents().has(id), hostConfig, account };
}

/** How many characters of a message may be logged; undefined where the log is not to be detailed. */
export function detailOf<Config extends ChannelConfig>(kind: ChannelKind<Config>, { config }: ChannelAccount<Config>): number | undefined {
  return config && kind.detailOf?.(config);
}

/**
 * Hands over each new configuration of an account; what needs a restart the host restarts itself. `started` is the one
 * that it was opened with: it may have been edited meanwhile.
 */
export function followConfig<Config>(host: Pick<HostAccount<Config>, "account" | "system">, started: ChannelAccount<Config>, changed: (config: Config) => void): () => void {
  let known = started;
  return every(host.system, RECONFIGURE_EVERY_MS, () => {
    const now = host.account();
    if (now !== known && now.config && now.problem === undefined) changed(now.config);
    known = now;
  });
}

/** `openclaw channels logs` looks for this name, and not for the one of the log that the host hands over. */
export function logOf({ names, logTag }: Pick<ChannelKind<never>, "names" | "logTag">, accountId: string, isDetailed: () => boolean = () => false): Log {
  const log = createSubsystemLogger(`gateway/channels/${names.id}`);
  const tag = logTag?.(accountId) ?? `[${accountId}]`;
  const info = (message: string) => log.info(`${tag} ${message}`);
  return {
    debug: (message) => (isDetailed() ? info(message) : log.debug(`${tag} ${message}`)),
    info,
    warn: (message) => log.warn(`${tag} ${message}`),
    error: (message) => log.error(`${tag} ${message}`),
  };
}
