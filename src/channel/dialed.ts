import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { mayHoldSecret } from "../core/redact.ts";
import { expandGroups } from "./access-groups.ts";
import { type AccessFields, type AccountRules, resolveAccount } from "./accounts.ts";
import type { Exposure } from "./audit.ts";
import type { ChannelNames } from "./host.ts";
import { readId } from "./identity.ts";
import { type AccessConfig, hasWildcard } from "./sender-policy.ts";
import type { Peer } from "./session-keys.ts";
import type { OwnRuns, ToolGuard } from "./tool-guard.ts";

/** What is the same for every channel whose server we dial. */
export interface DialedFacts {
  url: string;
  /** Nobody on the way can speak in the server's place, so its word for who writes counts. */
  trustsPeer: boolean;
  /** The way is not encrypted and leads out of the operator's own networks. */
  leavesOwnNetwork: boolean;
}

type DialedConfig = DialedFacts & AccessConfig & AccessFields & { debug: boolean };

/** A second fence around `guestTools`, for turns that no message starts. */
export function createDialedToolGuard<Config extends DialedConfig>(channel: ChannelNames, rules: AccountRules<Config>, runs: OwnRuns): ToolGuard {
  return {
    channel,
    runs,
    isListed(cfg: OpenClawConfig, { accountId, conversation }, approved) {
      const { config } = resolveAccount(rules, cfg, accountId, process.env);
      if (!config?.trustsPeer) return false;
      if (hasWildcard(config.allowFrom)) return true;
      const sender = senderOf(channel, conversation);
      return sender !== undefined && [...expandGroups(cfg, channel.id, config.allowFrom), ...approved].some((entry) => readId(String(entry)) === sender);
    },
  };
}

/** A group that its members share, or a conversation that the server made, does not tell who writes. */
function senderOf({ addresses }: ChannelNames, { kind, id, scope, member }: Peer): string | undefined {
  if (kind === "group") return member;
  return scope === addresses.scopes?.[0] ? id : undefined;
}

/** `urlField`: what the address is called in the block; `ownQuery`: what the channel itself puts into its query. */
export function createExposure(urlField: string, ownQuery: readonly string[] = []) {
  return ({ url, trustsPeer, leavesOwnNetwork, dmPolicy, allowFrom, groupAllowFrom, groups = {}, debug }: DialedConfig): Omit<Exposure, "accountId"> => ({
    place: URL.parse(url)?.host ?? "its server",
    dials: leavesOwnNetwork ? "foreign" : "own",
    isLocal: false,
    verifies: trustsPeer ? "all" : "none",
    admitsAll: dmPolicy === "open",
    allowFrom,
    groupAllowFrom,
    groups,
    secretUrls: mayHoldSecret(url, ownQuery) ? [urlField] : [],
    logsMessages: debug,
  });
}
