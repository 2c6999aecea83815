import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";

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

/** Which edits restart the accounts of a channel: all of its block but `live`, which running accounts follow. */
export function createReload(keys: readonly string[], live: readonly string[]): NonNullable<ChannelPlugin["reload"]> {
  const places = keys.flatMap((key) => [`channels.${key}`, `channels.${key}.accounts.*`]);
  return {
    configPrefixes: keys.map((key) => `channels.${key}`),
    noopPrefixes: [...places.flatMap((place) => live.map((field) => `${place}.${field}`)), ...sharedLive],
    accountScopedRestart: true,
  };
}
