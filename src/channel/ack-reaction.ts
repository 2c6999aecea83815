import { resolveAckReaction, shouldAckReaction } from "openclaw/plugin-sdk/channel-feedback";
import type { RunningAccount } from "../account/account.ts";
import { describeThrown } from "../core/errors.ts";
import { forLog } from "../core/redact.ts";
import type { HostAccount } from "./host.ts";
import { wasMentioned } from "./ingress.ts";
import type { ContextFacts } from "./turn-context.ts";

/** Shows, where the peer reads reactions, that a message is being answered: by the host's `messages.ackReaction` and its scope. The answer does not wait for it. */
export function acknowledge(host: HostAccount<unknown>, { cfg, inbound, route, ingress }: ContextFacts, account: Pick<RunningAccount<unknown>, "act" | "carries"> | undefined): void {
  const { conversation, messageId } = inbound;
  if (!account?.carries(conversation).includes("react")) return;
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
  if (emoji === "") return;
  const missed = (why: string) => host.log.debug(`message ${forLog(messageId)} was not acknowledged: ${why}`);
  account.act(conversation, messageId, { act: "react", emoji, isRemoval: false }).then(
    ({ is }) => (is === "done" ? undefined : missed(is)),
    (thrown: unknown) => missed(describeThrown(thrown)),
  );
}
