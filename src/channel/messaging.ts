import { buildChannelOutboundSessionRoute, type ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { parseAddress, parseName, writeAddress } from "./addresses.ts";
import type { Acquaintances } from "./directory.ts";
import type { ChannelNames } from "./host.ts";
import { sessionPeerId } from "./identity.ts";
import { createTargetResolver } from "./resolver.ts";
import { threadSessionKey } from "./session-keys.ts";

type Messaging = NonNullable<ChannelPlugin["messaging"]>;

/** How targets are written, and to which session a message to one belongs. */
export function createMessaging(channel: ChannelNames, acquaintances: Acquaintances): Messaging {
  const { addresses, sessions, accounts } = channel;
  const parse = (text: string) => parseAddress(addresses, text);
  return {
    targetPrefixes: [channel.id, addresses.prefix, ...addresses.aliases],
    targetIdComparison: "case-sensitive",
    directTargetStyle: "user-prefixed",
    normalizeTarget(raw) {
      const address = parse(raw);
      return address && writeAddress(addresses, address);
    },
    targetResolver: createTargetResolver(channel, acquaintances),
    inferTargetChatType: ({ to }) => (parse(to) ?? parseName(addresses, to))?.kind,
    resolveSessionTarget({ id }) {
      const group = sessions.read(["group", id]);
      return group && writeAddress(addresses, group.peer);
    },
    resolveOutboundSessionRoute({ cfg, agentId, accountId, target, threadId }) {
      const address = parse(target);
      if (!address) return null;
      const account = accounts.find(cfg, accountId);
      const to = writeAddress(addresses, address);
      const thread = threadId == null ? undefined : String(threadId);
      const route = buildChannelOutboundSessionRoute({
        cfg,
        agentId,
        channel: channel.id,
        accountId: account,
        recipientSessionExact: true,
        peer: { kind: address.kind, id: sessionPeerId(address, account) },
        chatType: address.kind,
        from: to,
        to,
        ...(thread !== undefined && { threadId: thread }),
      });
      const baseSessionKey = sessions.write({ agentId, channelId: channel.id, accountId: account, plainAccount: accounts.plain(cfg) }, address);
      return { ...route, baseSessionKey, sessionKey: threadSessionKey(baseSessionKey, thread) };
    },
  };
}
