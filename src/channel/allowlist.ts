import { normalizeAccountId } from "openclaw/plugin-sdk/account-id";
import { buildDmGroupAccountAllowlistAdapter } from "openclaw/plugin-sdk/allowlist-config-edit";
import type { ChannelPlugin, OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { accountsOf, type Block, isBlock } from "./account-names.ts";
import { type AccountRules, type ChannelAccount, findBlock } from "./accounts.ts";
import { readId, writeId } from "./identity.ts";
import type { AccessConfig } from "./sender-policy.ts";

type Allowlist = NonNullable<ChannelPlugin["allowlist"]>;
type Edit = Parameters<NonNullable<Allowlist["applyConfigEdit"]>>[0];
type Edited = ReturnType<NonNullable<Allowlist["applyConfigEdit"]>>;
type Keys = Pick<AccountRules<unknown>, "channelId" | "legacyKeys" | "names">;

/** What OpenClaw's `/allowlist` shows and edits. */
export function createAllowlist<Config extends AccessConfig>(
  rules: Keys,
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
    applyConfigEdit: (edit) => editAsWritten(rules, edit, ({ key, ...rest }) => adapterOf(key).applyConfigEdit?.({ ...edit, ...rest }) ?? null),
  };
}

/** The host looks for an account under its normalized id alone, and would make one beside an account that is written otherwise. */
function editAsWritten(rules: Keys, edit: Edit, apply: (where: { key: string; parsedConfig: Edit["parsedConfig"] }) => Edited): Edited {
  const { parsedConfig } = edit;
  const { key, block } = findBlock(rules, edit.cfg);
  const written = rules.names.keyOf(block, rules.names.find(block, edit.accountId ?? rules.names.primary(block)));
  const id = normalizeAccountId(edit.accountId);
  const { channels } = parsedConfig;
  const parsed = isBlock(channels) && isBlock(channels[key]) ? channels[key] : {};
  const own = written === undefined ? undefined : accountsOf(parsed)[written];
  if (written === undefined || written === id || !isBlock(own)) return apply({ key, parsedConfig });
  const edited: Block = { ...own };
  const result = apply({ key, parsedConfig: { channels: { [key]: { accounts: { [id]: edited } } } } });
  parsedConfig["channels"] = { ...(channels as Block), [key]: { ...parsed, accounts: { ...accountsOf(parsed), [written]: edited } } };
  const named = (done: Exclude<Awaited<Edited>, null>) => (done.kind === "ok" ? { ...done, pathLabel: done.pathLabel.replace(`.accounts.${id}.`, `.accounts.${written}.`) } : done);
  return result instanceof Promise ? result.then(named) : result && named(result);
}

/** The owner counts as listed without being in the configuration, and is not written into it. */
function configured({ ownerUserId }: AccessConfig, entries: readonly (string | number)[]): (string | number)[] {
  const owner = ownerUserId === undefined ? undefined : writeId(ownerUserId);
  return entries.filter((entry) => entry !== owner);
}
