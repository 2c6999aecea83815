import { toInboundMediaFacts } from "openclaw/plugin-sdk/channel-inbound";
import { writeAddress } from "./addresses.ts";
import { type GroupHistory, readLine } from "./group-history.ts";
import { guestTools } from "./guest-tools.ts";
import type { ChannelRuntime, HostAccount } from "./host.ts";
import { writeId } from "./identity.ts";
import { commandTextIn, implicitMentionsOf, type Ingress, type IngressQuestion, isMentionRequired, mayHoldCommands, wasMentioned } from "./ingress.ts";
import type { StoredAttachments } from "./media.ts";

type ContextRequest = Parameters<ChannelRuntime["inbound"]["buildContext"]>[0];
export type TurnContext = ReturnType<ChannelRuntime["inbound"]["buildContext"]>;

export interface ContextFacts extends IngressQuestion {
  ingress: Ingress;
  media: StoredAttachments;
  /** The operator has named this sender. */
  trusted: boolean;
  /** What was said in the group and not answered. */
  history: ReturnType<GroupHistory["pending"]>;
  /** The operator's own words to the agent, for this channel's messages. */
  systemPrompt?: string;
}

/**
 * What the agent is told of a message. Everything that came with it stands in a place of its own: nothing of the
 * sender's becomes an identity, a session, an authority or a path (WS-4, WS-9).
 */
export function buildContext(host: HostAccount<unknown>, facts: ContextFacts): TurnContext {
  const { inbound, route, hostId } = facts;
  const { sender, conversation, content } = inbound;
  const history = [...facts.history, ...(inbound.earlier ?? []).map(readLine)];
  const channel = host.channel.id;
  const name = sender.name ?? sender.id;
  const to = writeAddress(host.channel.addresses, conversation);
  const threadId = conversation.threadId;
  const nativeChannelId = writeId(conversation.id);
  return host.runtime.channel.inbound.buildContext({
    channel,
    provider: channel,
    surface: channel,
    accountId: host.accountId,
    messageId: hostId,
    timestamp: inbound.receivedAt,
    from: writeAddress(host.channel.addresses, conversation.kind === "group" ? conversation : { kind: "direct", id: sender.id }),
    sender: { id: writeId(sender.id), name },
    conversation: {
      kind: conversation.kind,
      id: nativeChannelId,
      label: conversation.kind === "group" ? conversation.subject : name,
      nativeChannelId,
      ...(threadId !== undefined && { threadId }),
    },
    route: {
      agentId: route.agentId,
      accountId: route.accountId,
      routeSessionKey: route.sessionKey,
      mainSessionKey: route.mainSessionKey,
      dmScope: route.dmScope,
    },
    reply: { to, originatingTo: to, nativeChannelId, ...(threadId !== undefined && { messageThreadId: threadId }) },
    message: {
      body: envelope(host, facts, name),
      rawBody: content,
      bodyForAgent: [content, ...facts.media.notes].filter((line) => line !== "").join("\n\n"),
      commandBody: commandTextIn(host, facts.cfg, inbound, route.agentId),
      inboundEventKind: "user_request",
      ...(history.length > 0 && { inboundHistory: history }),
    },
    access: accessFacts(host, facts),
    supplemental: supplementalFacts(facts, channel),
    channelIngress: facts.ingress,
    extra: {
      ...(conversation.kind === "group" && { GroupSubject: conversation.subject }),
      ...(!mayHoldCommands(inbound) && { CommandInterpretationSuppressed: true }),
    },
    ...(facts.media.stored.length > 0 && { media: toInboundMediaFacts(facts.media.stored.map((file) => ({ ...file, messageId: hostId }))) }),
  });
}

function envelope(host: HostAccount<unknown>, { cfg, inbound }: ContextFacts, from: string): string {
  const { reply } = host.runtime.channel;
  return reply.formatAgentEnvelope({
    channel: host.channel.label,
    from,
    timestamp: new Date(inbound.receivedAt),
    body: inbound.content,
    envelope: reply.resolveEnvelopeFormatOptions(cfg),
  });
}

function accessFacts(host: HostAccount<unknown>, facts: ContextFacts): NonNullable<ContextRequest["access"]> {
  const { cfg, config, inbound, route, ingress, trusted } = facts;
  const commands = { authorized: ingress.commandAccess.authorized && mayHoldCommands(inbound) };
  const tools = trusted ? {} : { toolPolicy: guestTools };
  if (inbound.conversation.kind === "direct") return { commands, ...tools };
  const mentioned = wasMentioned(host, cfg, inbound, route.agentId);
  const mentions = {
    canDetectMention: true,
    wasMentioned: mentioned,
    implicitMentionKinds: implicitMentionsOf(inbound),
    requireMention: isMentionRequired(host, config, inbound, route),
    effectiveWasMentioned: ingress.activationAccess.effectiveWasMentioned ?? mentioned,
  };
  return { commands, mentions, ...tools };
}

/**
 * The host shows the sender's part to the model as data: the quote as a quote, the application's data as fenced JSON.
 * The operator's prompt goes behind the agent's own; the host names its slot after groups and takes it for all.
 */
function supplementalFacts({ inbound: { quote, customData }, systemPrompt }: ContextFacts, source: string): NonNullable<ContextRequest["supplemental"]> {
  return {
    ...(systemPrompt !== undefined && { groupSystemPrompt: systemPrompt }),
    ...(quote && {
      quote: {
        ...(quote.messageId !== undefined && { id: quote.messageId }),
        ...(quote.body !== undefined && { body: quote.body }),
        isQuote: true,
      },
    }),
    ...(customData && { channelStructuredContext: [{ label: "Data from the application", source, type: "custom_data", payload: customData }] }),
  };
}
