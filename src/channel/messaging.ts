import { buildChannelOutboundSessionRoute, type ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { parseAddress, writeAddress } from "./addresses.ts";
import type { ChannelNames } from "./host.ts";
import { readGroupPeerId, sessionPeerId, threadSessionKey, writeId } from "./identity.ts";
import { dmScopeOf } from "./routes.ts";

type Messaging = NonNullable<ChannelPlugin["messaging"]>;

/** How targets are written, and to which session a message to one belongs. */
export function createMessaging(channel: ChannelNames): Messaging {
  const { addresses } = channel;
  const parse = (text: string) => parseAddress(addresses, text);
  return {
    targetPrefixes: [channel.id, addresses.prefix, ...addresses.aliases],
    targetIdComparison: "case-sensitive",
    directTargetStyle: "user-prefixed",
    normalizeTarget(raw) {
      const address = parse(raw);
      return address && writeAddress(addresses, address);
    },
    targetResolver: { looksLikeId: (raw) => parse(raw) !== undefined, hint: `${addresses.prefix}:user:<sender id> or ${addresses.prefix}:group:<group id>` },
    inferTargetChatType: ({ to }) => parse(to)?.kind,
    resolveSessionTarget({ id }) {
      const group = readGroupPeerId(id);
      return group && writeAddress(addresses, { kind: "group", id: group.id });
    },
    resolveOutboundSessionRoute({ cfg, agentId, accountId, target, threadId }) {
      const address = parse(target);
      if (!address) return null;
      const account = accountId ?? "default";
      const to = writeAddress(addresses, address);
      const peer = { kind: address.kind, id: sessionPeerId(address, account) };
      const thread = threadId == null ? undefined : String(threadId);
      const route = buildChannelOutboundSessionRoute({
        cfg: { ...cfg, session: { ...cfg.session, dmScope: dmScopeOf(account) } },
        agentId,
        channel: channel.id,
        accountId: account,
        recipientSessionExact: true,
        peer,
        chatType: address.kind,
        from: to,
        to,
        ...(thread !== undefined && { threadId: thread }),
      });
      return { ...route, sessionKey: threadSessionKey(route.baseSessionKey, thread) };
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
