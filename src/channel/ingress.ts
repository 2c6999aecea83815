import { defineStableChannelIngressIdentity, resolveChannelImplicitMentions } from "openclaw/plugin-sdk/channel-ingress-runtime";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { Inbound } from "../protocols/inbound.ts";
import { type BotRule, judgeBot } from "./bots.ts";
import type { ChannelRuntime, HostAccount } from "./host.ts";
import { encodeId, hostMessageId, readId, writeId } from "./identity.ts";
import { commandTextOf } from "./mentions.ts";
import type { Route } from "./routes.ts";
import { type AccessConfig, groupEntries, requiresMention, senderPolicy } from "./sender-policy.ts";

export type Ingress = Awaited<ReturnType<ChannelRuntime["inbound"]["ingress"]["resolve"]>>;
type IngressRequest = Parameters<ChannelRuntime["inbound"]["ingress"]["resolve"]>[0];

const SENDER = "sender-id";

/** Senders and entries of lists meet in the encoded form, in which ids that differ only in case do. */
export const senderIdentity = defineStableChannelIngressIdentity({
  key: SENDER,
  normalizeEntry: (entry) => encodeId(readId(entry)),
  normalizeSubject: (id) => encodeId(id),
  authentication: "verified",
  sensitivity: "pii",
});

export interface IngressQuestion {
  cfg: OpenClawConfig;
  config: AccessConfig;
  inbound: Inbound;
  route: Route;
  /** Of the message in the host. */
  hostId: string;
}

/** What the host's access resolver says of a message; bound to the context it will run in. */
export async function resolveIngress(host: HostAccount<unknown>, question: IngressQuestion): Promise<Ingress> {
  const { inbound, route, hostId } = question;
  return await host.runtime.channel.inbound.ingress.resolve({
    ...describeMessage(host, question),
    contextBinding: {
      agentId: route.agentId,
      sessionKey: route.sessionKey,
      messageId: hostId,
      nativeChannelId: writeId(inbound.conversation.id),
      inboundEventKind: "user_request",
    },
  });
}

/** The decision alone, for what is not a message. */
export async function askAdmission(host: HostAccount<unknown>, question: IngressQuestion): Promise<Ingress["ingress"]["admission"]> {
  const { ingress } = await host.runtime.channel.inbound.ingress.resolve(describeMessage(host, question));
  return ingress.admission;
}

/**
 * Whether the operator knows this sender well enough to let the agent use this machine for it: an entry names it, or
 * approves everybody the verifier vouches for. A self-given name counts only where nobody but this machine connects.
 */
export async function isTrusted(host: HostAccount<unknown>, question: IngressQuestion, isLocal: boolean): Promise<boolean> {
  const { config, inbound } = question;
  if (!inbound.sender.verified && !isLocal) return false;
  const entries = [...config.allowFrom, ...(inbound.conversation.kind === "group" ? groupEntries(config, inbound.conversation.id) : [])];
  const approved = await host.runtime.channel.pairing.readAllowFromStore({ channel: host.channel.id, accountId: host.accountId });
  const counted = [...entries, ...approved].filter((entry) => inbound.sender.verified || String(entry).trim() !== "*");
  const { command: _command, ...message } = describeMessage(host, question);
  const { ingress } = await host.runtime.channel.inbound.ingress.resolve({
    ...message,
    conversation: { kind: "direct", id: inbound.sender.id },
    policy: { dmPolicy: "allowlist", groupPolicy: "disabled", minIdentifierAuthentication: "unverified" },
    allowFrom: counted,
    groupAllowFrom: [],
  });
  return ingress.admission === "dispatch";
}

/**
 * Whether the host may look for commands in what is said; it finds them within a text too. Its own lists, such as
 * `commands.allowFrom`, know ids and not whether somebody vouched for them, and of several senders it knows the last.
 */
export function mayHoldCommands({ sender, others = [] }: Pick<Inbound, "sender" | "others">): boolean {
  return sender.verified && others.length === 0;
}

function describeMessage(host: HostAccount<unknown>, { cfg, config, inbound, route }: IngressQuestion): IngressRequest {
  const { sender, conversation } = inbound;
  const policy = senderPolicy(config, inbound);
  const isGroup = conversation.kind === "group";
  return {
    channelId: host.channel.id,
    accountId: host.accountId,
    identity: senderIdentity,
    subject: { stableId: sender.id, authentication: { [SENDER]: sender.verified ? "verified" : "unverified" } },
    conversation: { kind: conversation.kind, id: writeId(conversation.id), ...(conversation.threadId !== undefined && { threadId: conversation.threadId }) },
    event: { kind: "message", authMode: "inbound", mayPair: !isGroup },
    policy: {
      dmPolicy: policy.dmPolicy,
      groupPolicy: policy.groupPolicy,
      groupAllowFromFallbackToAllowFrom: false,
      minIdentifierAuthentication: "unverified",
      ...(isGroup && {
        activation: {
          requireMention: isMentionRequired(host, config, inbound, route),
          allowTextCommands: true,
          implicitMentions: resolveChannelImplicitMentions({ cfg, channel: host.channel.id, accountId: host.accountId }),
        },
      }),
    },
    mentionFacts: { canDetectMention: true, wasMentioned: !isGroup || wasMentioned(host, cfg, inbound, route.agentId), implicitMentionKinds: implicitMentionsOf(inbound) },
    allowFrom: policy.allowFrom,
    groupAllowFrom: policy.groupAllowFrom,
    ...(cfg.accessGroups !== undefined && { accessGroups: cfg.accessGroups }),
    useDefaultPairingStore: true,
    command: { allowTextCommands: true, hasControlCommand: isCommand(host, cfg, inbound, route.agentId), ...policy.commands },
  };
}

type Spoken = Pick<Inbound, "mentioned" | "content" | "conversation">;

/** The application says so, or the text holds one of the agent's names. */
export function wasMentioned(host: HostAccount<unknown>, cfg: OpenClawConfig, inbound: Spoken, agentId: string): boolean {
  return inbound.mentioned === true || host.runtime.channel.mentions.matchesMentionPatterns(inbound.content, namesOf(host, cfg, inbound, agentId));
}

/** The text in which the host will look for a command. */
export function commandTextIn(host: HostAccount<unknown>, cfg: OpenClawConfig, inbound: Spoken, agentId: string): string {
  return commandTextOf(inbound, wasMentioned(host, cfg, inbound, agentId), namesOf(host, cfg, inbound, agentId));
}

export function isCommand(host: HostAccount<unknown>, cfg: OpenClawConfig, inbound: Spoken, agentId: string): boolean {
  return host.runtime.channel.text.hasControlCommand(commandTextIn(host, cfg, inbound, agentId), cfg);
}

function namesOf(host: HostAccount<unknown>, cfg: OpenClawConfig, { conversation }: Spoken, agentId: string): RegExp[] {
  return host.runtime.channel.mentions.buildMentionRegexes(cfg, agentId, { provider: host.channel.id, conversationId: writeId(conversation.id) });
}

/** Whether a bot speaks, and whether it is answered. */
export function botRuleOf(host: HostAccount<unknown>, { cfg, config, inbound, route }: IngressQuestion): BotRule {
  const isMentioned = wasMentioned(host, cfg, inbound, route.agentId) || implicitMentionsOf(inbound).length > 0;
  return judgeBot(config, inbound, { isAgent: (id) => host.isAgent(id), isMentioned });
}

/** Who quotes the agent speaks to it. */
export function implicitMentionsOf({ quote }: Pick<Inbound, "quote">): "reply_to_bot"[] {
  return quote?.isAgents ? ["reply_to_bot"] : [];
}

/** What was chosen in the session wins: OpenClaw's `/activation`. */
export function isMentionRequired(host: HostAccount<unknown>, config: AccessConfig, { conversation }: Pick<Inbound, "conversation">, { agentId, sessionKey }: Route): boolean {
  return requiresMention(config, conversation.id, host.runtime.agent.session.getSessionEntry({ agentId, sessionKey })?.groupActivation);
}

/** What an account is asked about a message, with its id in the host. */
export function questionOf(cfg: OpenClawConfig, config: AccessConfig, inbound: Inbound, route: Route, run = 1): IngressQuestion {
  return { cfg, config, inbound, route, hostId: hostMessageId(inbound, run) };
}
