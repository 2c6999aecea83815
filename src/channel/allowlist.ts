import { buildDmGroupAccountAllowlistAdapter } from "openclaw/plugin-sdk/allowlist-config-edit";
import type { ChannelPlugin, OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { type AccountRules, type ChannelAccount, findBlock } from "./accounts.ts";
import { readId, writeId } from "./identity.ts";
import type { AccessConfig } from "./sender-policy.ts";

type Allowlist = NonNullable<ChannelPlugin["allowlist"]>;

/** What OpenClaw's `/allowlist` shows and edits. */
export function createAllowlist<Config extends AccessConfig>(
  rules: Pick<AccountRules<Config>, "channelId" | "legacyKeys">,
  resolve: (cfg: OpenClawConfig, accountId?: string | null) => ChannelAccount<Config>,
): Allowlist {
  const adapterOf = (channelId: string) =>
    buildDmGroupAccountAllowlistAdapter<ChannelAccount<Config>>({
      channelId,
      resolveAccount: ({ cfg, accountId }) => resolve(cfg, accountId),
      normalize: ({ values }) => values.map((value) => String(value).trim()).flatMap((value) => (value === "" ? [] : [writeId(readId(value))])),
      resolveDmAllowFrom: ({ config }) => config && configured(config, config.allowFrom),
      resolveGroupAllowFrom: ({ config }) => config && configured(config, config.groupAllowFrom),
      resolveDmPolicy: ({ config }) => config?.dmPolicy,
      resolveGroupPolicy: ({ config }) => config?.groupPolicy,
      resolveGroupOverrides: ({ config }) =>
        Object.entries(config?.groups ?? {}).flatMap(([label, { allowFrom }]) => (allowFrom ? [{ label, entries: allowFrom.map(String) }] : [])),
    });
  const usual = adapterOf(rules.channelId);
  return {
    ...usual,
    // Under another key than the one the block stands under, the edit would make a second block, and the first be ignored.
    applyConfigEdit: (edit) => adapterOf(findBlock(rules, edit.cfg).key).applyConfigEdit?.(edit) ?? null,
  };
}

/** The owner counts as listed without being in the configuration, and is not written into it. */
function configured({ ownerUserId }: AccessConfig, entries: readonly (string | number)[]): (string | number)[] {
  const owner = ownerUserId === undefined ? undefined : writeId(ownerUserId);
  return entries.filter((entry) => entry !== owner);
}
