import type { ChannelPlugin, OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { ChannelAccount } from "./accounts.ts";
import { parseAddress } from "./addresses.ts";
import type { ChannelNames } from "./host.ts";
import { type AccessConfig, type GroupAccess, groupSetting, mentionedOnly } from "./sender-policy.ts";

type Groups = NonNullable<ChannelPlugin["groups"]>;
type Asked = Parameters<NonNullable<Groups["resolveRequireMention"]>>[0];

/** What OpenClaw's own features are told of a group: whether it has to be mentioned, and which tools the agent has there. */
export function createGroups(channel: ChannelNames, resolve: (cfg: OpenClawConfig, accountId?: string | null) => ChannelAccount<AccessConfig>): Groups {
  const find = ({ cfg, accountId, groupId }: Asked) => {
    const { config } = resolve(cfg, accountId);
    return config && groupId != null ? { config, id: configuredId(config.groups, parseAddress(channel.addresses, groupId)?.id ?? groupId) } : undefined;
  };
  return {
    resolveRequireMention(asked) {
      const found = find(asked);
      return found && mentionedOnly(found.config, found.id);
    },
    resolveToolPolicy(asked) {
      const found = find(asked);
      const tools = found && groupSetting<GroupAccess, "tools">(found.config.groups, found.id, "tools");
      return tools && { ...(tools.allow && { allow: [...tools.allow] }), ...(tools.alsoAllow && { alsoAllow: [...tools.alsoAllow] }), ...(tools.deny && { deny: [...tools.deny] }) };
    },
  };
}

/** The host may have lower-cased an id; where two groups differ in nothing else, the exact one is meant. */
function configuredId(groups: AccessConfig["groups"] = {}, id: string): string {
  if (Object.hasOwn(groups, id)) return id;
  const alike = Object.keys(groups).filter((key) => key.toLowerCase() === id.toLowerCase());
  return alike.length === 1 && alike[0] !== undefined ? alike[0] : id;
}
