import { createAckReactionHandle, removeAckReactionHandleAfterReply, resolveAckReaction, shouldAckReaction } from "openclaw/plugin-sdk/channel-feedback";
import type { RunningAccount } from "../account/account.ts";
import { describeThrown } from "../core/errors.ts";
import { forLog } from "../core/redact.ts";
import type { HostAccount } from "./host.ts";
import { wasMentioned } from "./ingress.ts";
import type { ContextFacts } from "./turn-context.ts";

/** Shows, where the peer reads reactions, that a message is being answered: by the host's `messages.ackReaction` and its scope. Returns what is to be done when it is. */
export function acknowledge(host: HostAccount<unknown>, { cfg, inbound, route, ingress }: ContextFacts, account: Pick<RunningAccount<unknown>, "act" | "carries"> | undefined): () => void {
  const { conversation, messageId } = inbound;
  if (!account?.carries(conversation).includes("react")) return () => {};
  const isDirect = conversation.kind === "direct";
  const isWanted = shouldAckReaction({
    scope: cfg.messages?.ackReactionScope,
    isDirect,
    isGroup: !isDirect,
    isMentionableGroup: !isDirect,
    canDetectMention: true,
    effectiveWasMentioned: ingress.activationAccess.effectiveWasMentioned ?? (!isDirect && wasMentioned(host, cfg, inbound, route.agentId)),
  });
  const emoji = isWanted ? resolveAckReaction(cfg, route.agentId, { channel: host.channel.id, accountId: host.accountId }) : "";
  if (emoji === "") return () => {};
  const note = (thrown: unknown) => host.log.debug(`message ${forLog(messageId)} was not acknowledged: ${describeThrown(thrown)}`);
  const react = async (isRemoval: boolean) => {
    const { is } = await account.act(conversation, messageId, { act: "react", emoji, isRemoval });
    if (is !== "done") throw new Error(is);
  };
  const ackReaction = createAckReactionHandle({ ackReactionValue: emoji, send: () => react(false), remove: () => react(true), onSendError: note });
  return () => removeAckReactionHandleAfterReply({ removeAfterReply: cfg.messages?.removeAckAfterReply === true, ackReaction, onError: note });
}
