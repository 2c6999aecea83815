import { validateActivated, validateRefreshed } from "../../../generated/clawchat/index.ts";

/** The numbers of the document: a login is kept by them. */
export { limits as wireLimits } from "../../../generated/clawchat/tables.ts";

/** What a refresh gives. */
export interface TokenPair {
  accessToken: string;
  refreshToken: string;
}

/** What redeeming an invite code gives. */
export interface Connected {
  accessToken: string;
  refreshToken?: string;
  userId: string;
  ownerUserId: string;
  agentId?: string;
  homeConversationId: string;
}

/** Reads the `data` of POST /v1/auth/refresh; total (CC-75). */
export function readTokenPair(data: unknown): TokenPair | undefined {
  const answer: unknown = { code: 0, data };
  return validateRefreshed(answer) ? { accessToken: answer.data.access_token, refreshToken: answer.data.refresh_token } : undefined;
}

/** Reads the `data` of POST /v1/agents/connect; total. What may be absent may be null or blank: the code is used up whatever we think of the answer. */
export function readConnected(data: unknown): Connected | undefined {
  const filled = withoutBlanks(data);
  const answer: unknown = { code: 0, data: isRecord(filled) ? { ...filled, agent: withoutBlanks(filled["agent"]) } : filled };
  if (!validateActivated(answer)) return undefined;
  const { access_token, refresh_token, agent, conversation } = answer.data;
  return {
    accessToken: access_token,
    ...(refresh_token !== undefined && { refreshToken: refresh_token }),
    userId: agent.user_id,
    ownerUserId: agent.owner_id,
    ...(agent.id !== undefined && { agentId: agent.id }),
    homeConversationId: conversation.id,
  };
}

function withoutBlanks(value: unknown): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null && !(typeof member === "string" && member.trim() === "")));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
