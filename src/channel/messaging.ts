import { buildChannelOutboundSessionRoute, type ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { parseAddress, writeAddress } from "./addresses.ts";
import type { ChannelNames } from "./host.ts";
import { sessionPeerId, threadSessionKey, writeId } from "./identity.ts";

type Messaging = NonNullable<ChannelPlugin["messaging"]>;

/** How a target is written, for people. */
export function targetHint({ addresses: { prefix, scopes }, hasGroups }: Pick<ChannelNames, "addresses" | "hasGroups">): string {
  const direct = (scopes ?? ["user"]).map((scope) => `${prefix}:${scope}:<${scope === "user" ? "sender" : scope} id>`);
  return [...direct, ...(hasGroups ? [`${prefix}:group:<group id>`] : [])].join(" or ");
}

/** How targets are written, and to which session a message to one belongs. */
export function createMessaging(channel: ChannelNames): Messaging {
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
    targetResolver: { looksLikeId: (raw) => parse(raw) !== undefined, hint: targetHint(channel) },
    inferTargetChatType: ({ to }) => parse(to)?.kind,
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

/** What a person may type where the host asks for somebody by name: ids are names here. */
export function createResolver(channel: ChannelNames): NonNullable<ChannelPlugin["resolver"]> {
  return {
    async resolveTargets({ inputs }) {
      return inputs.map((input) => {
        const address = parseAddress(channel.addresses, input);
        return address ? { input, resolved: true, id: writeId(address.id), name: address.id } : { input, resolved: false };
      });
    },
  };
}
