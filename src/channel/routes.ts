import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { Conversation } from "../protocols/inbound.ts";
import { type ChannelNames, type ChannelRuntime, isHostError } from "./host.ts";
import { writeId } from "./identity.ts";
import { type DmScope, writeSessionKey } from "./session-keys.ts";

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

/** @throws the host's `AgentSelectionRequiredError` when there are several agents and no binding chooses one. */
export function resolveRoute(host: ChannelRuntime, cfg: OpenClawConfig, channel: ChannelNames, accountId: string, conversation: Conversation): Route {
  const plainAccount = channel.accounts.plain(cfg);
  const dmScope = dmScopeOf(accountId, plainAccount);
  const peer = { kind: conversation.kind, id: writeId(conversation.id) };
  const ask = ({ name, account }: Asked) => host.routing.resolveAgentRoute({ cfg, channel: name, accountId: account, peer, dmScope });
  // A binding without an account means the default one, which to the host is always called so.
  const accounts = accountId === plainAccount ? [...new Set([accountId, "default"])] : [accountId];
  const questions = [channel.id, ...channel.legacy].flatMap((name) => accounts.map((account) => ({ name, account })));
  const { agentId, mainSessionKey, matchedBy } = firstBound(questions, ask);
  const sessionKey = writeSessionKey(channel.sessions, { agentId, channelId: channel.id, accountId, plainAccount }, conversation);
  return { agentId, accountId, sessionKey, mainSessionKey, dmScope, isBoundPeer: matchedBy.startsWith("binding.peer") };
}

export function dmScopeOf(accountId: string, plainAccount: string): DmScope {
  return accountId === plainAccount ? "per-channel-peer" : "per-account-channel-peer";
}

interface Asked {
  name: string;
  account: string;
}

type AgentRoute = ReturnType<ChannelRuntime["routing"]["resolveAgentRoute"]>;

/** A binding that still names the channel by an older key counts, after those that name it right. */
function firstBound(questions: readonly Asked[], ask: (asked: Asked) => AgentRoute): AgentRoute {
  let fallback: AgentRoute | undefined;
  let refusal: unknown;
  for (const question of questions) {
    try {
      const route = ask(question);
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
