import type { Access } from "../account/agent.ts";
import { createChannelPairingChallengeIssuer } from "openclaw/plugin-sdk/channel-pairing";
import { describeThrown } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { forLog } from "../core/redact.ts";
import type { Inbound, Sender } from "../protocols/inbound.ts";
import { type HostAccount, isHostError } from "./host.ts";
import { writeId } from "./identity.ts";
import { askAdmission, botRuleOf, type Ingress, type IngressQuestion, isCommand, questionOf, resolveIngress } from "./ingress.ts";
import type { PairingNotice } from "./pairing-notice.ts";
import { type Route, resolveRoute } from "./routes.ts";
import type { AccessConfig } from "./sender-policy.ts";

const FORBIDDEN: Access = { admitted: false, code: "forbidden", error: "Sender not allowed" };

export interface AccessDeps<Config extends AccessConfig> {
  host: HostAccount<Config>;
  /** Makes an agent of its own for an admitted sender, if the operator wants that. */
  prepareAgent(question: IngressQuestion & { config: Config }): Promise<{ ok: true } | { ok: false; error: string }>;
  /** What is wrong with an attachment, before anything is fetched. */
  checkMedia(inbound: Inbound, config: Config): Promise<string | undefined>;
  approvals: Pick<PairingNotice, "asked" | "judging" | "admitted">;
}

/** May this sender talk here, and in which session? Reads the configuration anew for every message. */
export async function decideAccess<Config extends AccessConfig>(inbound: Inbound, deps: AccessDeps<Config>): Promise<Access> {
  const { host } = deps;
  const { config, problem } = host.account();
  if (!config) {
    note(host, inbound, problem ?? "misconfigured");
    return { admitted: false, code: "agent_error", error: "Failed to process message: this account is not configured" };
  }
  const judged = deps.approvals.judging(inbound.sender.id);
  try {
    const question = { ...questionOf(host.hostConfig(), config, inbound, routeOf(host, inbound)), config };
    // A bot hears of no refusal and of no code: it might answer. What is ignored of it is decided where it would be answered.
    const isBot = botRuleOf(host, question).speaker === "bot";
    const refusal = isBot ? undefined : await refuse(deps, inbound, await resolveIngress(host, question));
    if (refusal) return refusal;
    const rejected = await deps.checkMedia(inbound, config);
    if (rejected !== undefined) {
      note(host, inbound, `attachment rejected: ${forLog(rejected)}`);
      return { admitted: false, code: "media_rejected", error: `Attachment rejected: ${rejected}` };
    }
    const prepared = isBot ? ({ ok: true } as const) : await deps.prepareAgent(question);
    if (!prepared.ok) {
      note(host, inbound, forLog(prepared.error));
      return { admitted: false, code: "agent_error", error: `Failed to process message: ${prepared.error}` };
    }
    if (inbound.conversation.kind === "direct") deps.approvals.admitted(inbound.sender.id);
    return { admitted: true, lane: routeOf(host, inbound).sessionKey };
  } catch (thrown) {
    return failed(host, thrown);
  } finally {
    judged();
  }
}

/** Whether a message is one the agent answers. In a group where it was not addressed it is heard and not answered. */
export function isAddressed({ ingress }: Ingress): boolean {
  return ingress.admission === "dispatch";
}

/** May this sender read along in a group? Whoever may write there may, spoken to or not (WS-24). */
export async function mayReadAlong<Config extends AccessConfig>(host: HostAccount<Config>, sender: Sender, groupId: string): Promise<boolean> {
  const { config } = host.account();
  if (!config) return false;
  const conversation = { kind: "group", id: groupId, subject: groupId } as const;
  const inbound: Inbound = { messageId: "", sender, conversation, origin: undefined, content: "", media: [], receivedAt: host.system.now() };
  const admission = await askAdmission(host, questionOf(host.hostConfig(), config, inbound, routeOf(host, inbound)));
  if (admission !== "drop" && admission !== "pairing-required") return true;
  host.log.info(`${forLog(sender.id)} may not follow ${forLog(groupId)}`);
  return false;
}

/** Whether a message is a command, which waits for nothing. Where nobody can be found to answer it is none. */
export function isControlCommand(host: HostAccount<unknown>, inbound: Pick<Inbound, "mentioned" | "content" | "conversation">): boolean {
  try {
    return isCommand(host, host.hostConfig(), inbound, routeOf(host, inbound).agentId);
  } catch {
    return false;
  }
}

/** Where a message goes by the configuration of this moment. */
export function routeOf(host: HostAccount<unknown>, inbound: Pick<Inbound, "conversation">): Route {
  return resolveRoute(host.runtime.channel, host.hostConfig(), host.channel, host.accountId, inbound.conversation);
}

async function refuse<Config extends AccessConfig>(deps: AccessDeps<Config>, inbound: Inbound, { ingress, commandAccess }: Ingress): Promise<Access | undefined> {
  const { host } = deps;
  switch (ingress.admission) {
    case "dispatch":
    case "skip":
    case "observe":
      return undefined;
    case "pairing-required":
      note(host, inbound, ingress.reasonCode);
      return await requestPairing(host, inbound, deps.approvals);
    case "drop":
      note(host, inbound, ingress.reasonCode);
      return commandAccess.shouldBlockControlCommand
        ? { admitted: false, code: "forbidden", error: "Commands are for verified senders whom the operator has listed" }
        : FORBIDDEN;
  }
}

async function requestPairing(host: HostAccount<unknown>, { messageId, sender, receivedAt }: Inbound, approvals: AccessDeps<AccessConfig>["approvals"]): Promise<Access> {
  const { pairing } = host.runtime.channel;
  const channel = host.channel.id;
  const { accountId } = host;
  const idLine = `Your ${host.channel.label} id: ${sender.id}`;
  let given = { code: "", created: false };
  // Tells plugins that listen for it; the host answers a stranger once an hour, while here no message stays without an answer.
  await createChannelPairingChallengeIssuer({
    channel,
    accountId,
    upsertPairingRequest: async (request) => (given = await pairing.upsertPairingRequest({ ...request, channel, accountId })),
  })({
    senderId: writeId(sender.id),
    senderIdLine: idLine,
    ...(sender.name !== undefined && { meta: { name: sender.name } }),
    async sendPairingReply() {},
  });
  const { code, created } = given;
  // The host holds few open requests per account; one more gets no code.
  if (code === "") note(host, { messageId, sender }, "too many wait for approval");
  if (code === "") return { admitted: false, code: "forbidden", error: "Sender not allowed: too many others wait for approval, try again later" };
  const since = approvals.asked(sender.id, created, receivedAt);
  return { admitted: false, pairing: { code, text: pairing.buildPairingReply({ channel, idLine, code }), expiresAt: since + limits.pairingCodeMs } };
}

function failed(host: HostAccount<unknown>, thrown: unknown): Access {
  host.log.error(`access could not be decided: ${describeThrown(thrown)}`);
  const detail = isHostError(thrown, "AgentSelectionRequiredError")
    ? "the operator has not chosen an agent for this conversation"
    : "the agent is not available";
  return { admitted: false, code: "agent_error", error: `Failed to process message: ${detail}` };
}

/** No message is ignored without a reason in the log. */
export function note(host: HostAccount<unknown>, { messageId, sender }: Pick<Inbound, "messageId" | "sender">, reason: string): void {
  host.log.info(`message ${forLog(messageId)} of ${forLog(sender.id)} was not run: ${reason}`);
}
