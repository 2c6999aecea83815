import type { ClawchatAccountInput, ClawchatConfigInput } from "../../../../generated/clawchat/index.ts";
import type { Grant } from "./grants.ts";

/** What an operator configures to let the channel come with these logins; everybody may talk to the agent then. */
export function configFor(url: string, [only, ...others]: readonly Grant[]): ClawchatConfigInput & Readonly<Record<string, unknown>> {
  const block = {
    enabled: true,
    baseUrl: url.replace(/^ws/, "http").replace(/\/ws$/, ""),
    websocketUrl: url,
    dmPolicy: "open",
    allowFrom: ["*"],
    groupPolicy: "open",
  } satisfies ClawchatConfigInput;
  if (!only) return block;
  if (others.length === 0) return { ...block, ...loginOf(only) };
  return { ...block, accounts: Object.fromEntries([only, ...others].map((grant) => [grant.agent.account, loginOf(grant)])) };
}

function loginOf({ agent, deviceId, pair }: Grant): ClawchatAccountInput {
  return {
    token: pair.access_token,
    refreshToken: pair.refresh_token,
    userId: agent.id,
    agentId: agent.agentId,
    ownerUserId: agent.owner.id,
    homeConversationId: agent.home.id,
    deviceId,
  };
}
