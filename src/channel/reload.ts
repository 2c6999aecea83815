import type { ChannelPlugin, OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { type AccountRules, findBlock, listAccountIds } from "./accounts.ts";

/** Shared settings of the host that every message reads anew; an edit of them must not close sockets. */
const sharedLive = [
  "accessGroups",
  "acp.stream",
  "agents.defaults.mediaMaxMb",
  "channels.defaults",
  "channels.modelByChannel",
  "commands",
  "diagnostics.flags",
  "messages.ackReactionScope",
  "messages.inbound",
  "surfaces",
  "tts",
];

/** Fields of every channel that nothing but a status, a later message or the host itself reads. */
const followedByAll = ["configWrites", "healthMonitor", "heartbeatVisibility", "name"];

/** Which edits restart the accounts of a channel: all of its block but `live`, which running accounts follow. */
export function createReload(keys: readonly string[], live: readonly string[]): NonNullable<ChannelPlugin["reload"]> {
  const places = keys.flatMap((key) => [`channels.${key}`, `channels.${key}.accounts.*`]);
  return {
    configPrefixes: keys.map((key) => `channels.${key}`),
    noopPrefixes: [...places.flatMap((place) => [...live, ...followedByAll].map((field) => `${place}.${field}`)), ...sharedLive],
    accountScopedRestart: true,
  };
}

/**
 * The accounts of a configuration, and those that it does not name any more and that still run: one that is not listed
 * the host cannot stop alone, it would end all the others of the channel with it. Where the last named account goes, the
 * root may become one that nobody has started; then the channel starts anew.
 */
export function withRunning<Config>(rules: AccountRules<Config>, cfg: OpenClawConfig, running: readonly string[]): string[] {
  const listed = listAccountIds(rules, cfg);
  const { block } = findBlock(rules, cfg);
  const isNew = (accountId: string) => rules.names.keyOf(block, accountId) === undefined && !running.includes(accountId);
  return block === undefined || listed.some(isNew) ? listed : [...new Set([...listed, ...running])];
}
