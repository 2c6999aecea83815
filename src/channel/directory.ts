import type { ChannelPlugin, OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { AccessFields, ChannelAccount } from "./accounts.ts";
import { writeAddress } from "./addresses.ts";
import type { ChannelNames } from "./host.ts";
import { readId } from "./identity.ts";
import { withoutWildcard } from "./sender-policy.ts";

type Directory = NonNullable<ChannelPlugin["directory"]>;

interface KnownPeers extends AccessFields {
  groups?: Readonly<Record<string, unknown>>;
}

/** Who is written down. The host asks in the command line's process, which sees no connection. */
export function createDirectory(channel: ChannelNames, resolve: (cfg: OpenClawConfig, accountId?: string | null) => ChannelAccount<KnownPeers>): Directory {
  const search = (names: readonly string[], query: string | null | undefined, limit: number | null | undefined) =>
    names.filter((name) => !query || name.toLowerCase().includes(query.toLowerCase())).slice(0, limit ?? names.length);
  return {
    async listPeers({ cfg, accountId, query, limit }) {
      const ids = withoutWildcard(resolve(cfg, accountId).config?.allowFrom ?? []).map((entry) => readId(String(entry)));
      return search(ids, query, limit).map((id) => ({ kind: "user", id: writeAddress(channel.addresses, { kind: "direct", id }), name: id }));
    },
    async listGroups({ cfg, accountId, query, limit }) {
      const ids = Object.keys(resolve(cfg, accountId).config?.groups ?? {}).filter((id) => id !== "*");
      return search(ids, query, limit).map((id) => ({ kind: "group", id: writeAddress(channel.addresses, { kind: "group", id }), name: id }));
    },
  };
}
