import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { Conversation } from "../protocols/inbound.ts";
import { type ChannelNames, type ChannelRuntime, isHostError } from "./host.ts";
import { sessionPeerId, threadSessionKey, writeId } from "./identity.ts";

/** Which agent answers in a conversation, and in which session. */
export interface Route {
  agentId: string;
  accountId: string;
  sessionKey: string;
  mainSessionKey: string;
  dmScope: DmScope;
  /** A binding names this very conversation, or all of its kind. */
  isBoundPeer: boolean;
}

export type DmScope = "per-channel-peer" | "per-account-channel-peer";

/** The host's scope of direct sessions is overruled: one session per sender (WS-23). */
export function dmScopeOf(accountId: string): DmScope {
  return accountId === "default" ? "per-channel-peer" : "per-account-channel-peer";
}

/** @throws the host's `AgentSelectionRequiredError` when there are several agents and no binding chooses one. */
export function resolveRoute(host: ChannelRuntime, cfg: OpenClawConfig, channel: ChannelNames, accountId: string, conversation: Conversation): Route {
  const dmScope = dmScopeOf(accountId);
  const peer = { kind: conversation.kind, id: writeId(conversation.id) };
  const ask = (name: string) => host.routing.resolveAgentRoute({ cfg, channel: name, accountId, peer, dmScope });
  const { agentId, mainSessionKey, matchedBy } = firstBound([channel.id, ...channel.legacy], ask);
  const baseSessionKey = host.routing.buildAgentSessionKey({
    agentId,
    channel: channel.id,
    accountId,
    peer: { kind: conversation.kind, id: sessionPeerId(conversation, accountId) },
    dmScope,
  });
  const sessionKey = threadSessionKey(baseSessionKey, conversation.threadId);
  return { agentId, accountId, sessionKey, mainSessionKey, dmScope, isBoundPeer: matchedBy.startsWith("binding.peer") };
}

type AgentRoute = ReturnType<ChannelRuntime["routing"]["resolveAgentRoute"]>;

/** A binding that still names the channel by an older key counts, after those that name it right. */
function firstBound(names: readonly string[], ask: (name: string) => AgentRoute): AgentRoute {
  let fallback: AgentRoute | undefined;
  let refusal: unknown;
  for (const name of names) {
    try {
      const route = ask(name);
      if (route.matchedBy !== "default") return route;
      fallback ??= route;
    } catch (thrown) {
      if (!isHostError(thrown, "AgentSelectionRequiredError")) throw thrown;
      refusal ??= thrown;
    }
  }
  if (fallback) return fallback;
  throw refusal;
}
