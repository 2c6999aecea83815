import type { ChannelPlugin, OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { nullChannelDirectorySelf } from "openclaw/plugin-sdk/directory-runtime";
import { readChannelAllowFromStore } from "openclaw/plugin-sdk/channel-pairing";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import { withoutGroups } from "./access-groups.ts";
import { accountFiles } from "./account-files.ts";
import type { AccessFields, ChannelAccount } from "./accounts.ts";
import { type Acquaintance, acquaintancesIn, membersIn } from "./acquaintances.ts";
import { parseAddress, writeAddress } from "./addresses.ts";
import type { ChannelNames } from "./host.ts";

type Directory = NonNullable<ChannelPlugin["directory"]>;
type Entry = Awaited<ReturnType<NonNullable<Directory["listPeers"]>>>[number];

export interface KnownPeers extends AccessFields {
  groupAllowFrom?: readonly (string | number)[];
  groups?: Readonly<Record<string, unknown>>;
}

/** Whom an account knows, as it is written on disk: the command line asks in a process of its own. */
export interface Acquaintances {
  all(cfg: OpenClawConfig, accountId: string | null | undefined): Promise<Acquaintance[]>;
  members(cfg: OpenClawConfig, accountId: string | null | undefined, groupId: string): Promise<Acquaintance[]>;
}

type Resolve = (cfg: OpenClawConfig, accountId?: string | null) => ChannelAccount<KnownPeers>;

export function createAcquaintances(channel: ChannelNames, resolve: Resolve): Acquaintances {
  const seenBy = async (accountId: string) => {
    const { readSeen } = await import("../store/seen.ts");
    return readSeen(accountFiles(resolveStateDir(process.env), channel.id, accountId).journalFile);
  };
  return {
    async all(cfg, requested) {
      const { accountId, config } = resolve(cfg, requested);
      const [seen, approved] = await Promise.all([seenBy(accountId), readChannelAllowFromStore(channel.id, process.env, accountId)]);
      const listed = withoutGroups([...(config?.allowFrom ?? []), ...(config?.groupAllowFrom ?? [])]);
      return acquaintancesIn({ listed, groups: Object.keys(config?.groups ?? {}), approved, seen });
    },
    members: async (cfg, requested, groupId) => membersIn(await seenBy(resolve(cfg, requested).accountId), groupId),
  };
}

/** Who an account is at its server; absent where the wire gives it no name. */
export type SelfOf<Config> = (config: Config, accountId: string) => string | undefined;

export function createDirectory<Config extends KnownPeers>(
  channel: ChannelNames,
  acquaintances: Acquaintances,
  resolve: (cfg: OpenClawConfig, accountId?: string | null) => ChannelAccount<Config>,
  selfOf?: SelfOf<Config>,
): Directory {
  const list = (kind: Acquaintance["kind"]): NonNullable<Directory["listPeers"]> => async ({ cfg, accountId, query, limit }) => {
    const known = (await acquaintances.all(cfg, accountId)).filter((each) => each.kind === kind && matches(each, query));
    return cut(known, limit).map((each) => entryOf(channel, each));
  };
  const groups: Directory = {
    listGroups: list("group"),
    async listGroupMembers({ cfg, accountId, groupId, limit }) {
      const address = parseAddress(channel.addresses, groupId);
      // The id may be written alone, which elsewhere means a user.
      return cut(await acquaintances.members(cfg, accountId, address?.id ?? groupId), limit).map((each) => entryOf(channel, each));
    },
  };
  return {
    self: selfOf ? async ({ cfg, accountId }) => ownEntry(channel, resolve(cfg, accountId), selfOf) : nullChannelDirectorySelf,
    listPeers: list("direct"),
    ...(channel.hasGroups && groups),
  };
}

function ownEntry<Config>(channel: ChannelNames, { accountId, name, config }: ChannelAccount<Config>, selfOf: SelfOf<Config>): Entry | null {
  const id = config && selfOf(config, accountId);
  return id === undefined ? null : entryOf(channel, { kind: "direct", id, ...(name !== undefined && { name }) });
}

function entryOf(channel: ChannelNames, { kind, id, name, seenAt }: Acquaintance): Entry {
  return {
    kind: kind === "group" ? "group" : "user",
    id: writeAddress(channel.addresses, { kind, id }),
    name: name ?? id,
    ...(seenAt !== undefined && { raw: { lastSeenAt: new Date(seenAt).toISOString() } }),
  };
}

function matches({ id, name = "" }: Acquaintance, query: string | null | undefined): boolean {
  const wanted = (query ?? "").trim().toLowerCase();
  return id.toLowerCase().includes(wanted) || name.toLowerCase().includes(wanted);
}

function cut(known: readonly Acquaintance[], limit: number | null | undefined): readonly Acquaintance[] {
  return known.slice(0, limit ?? known.length);
}
