import { encodeChatSent, type VerifiedUser, type VerifyRequest } from "../../../generated/websocket/index.ts";
import type { Log } from "../../core/ports.ts";
import { forLog } from "../../core/redact.ts";
import type { ResolvedAccount } from "./config.ts";
import type { Admitted, UpgradeFacts } from "../../edge/accept.ts";
import type { Verified } from "../../edge/verify.ts";
import { anonymousPeer, type Parameters, type Peer, readParameters, selfNamedPeer, verifiedPeer } from "../../protocols/websocket/identity.ts";

/** `isFresh`: what is remembered does not count. */
export type Verify = (request: VerifyRequest, signal: AbortSignal, isFresh?: boolean) => Promise<Verified>;

export interface AdmissionDeps {
  verify: Verify;
  newId(): string;
  log: Log;
}


/** Who a new connection is, or why it is refused (WS-2, WS-3, WS-4). */
export async function admitConnection(
  facts: UpgradeFacts,
  config: ResolvedAccount,
  deps: AdmissionDeps,
  signal: AbortSignal,
): Promise<Admitted<Peer>> {
  const read = readParameters(facts.query);
  if (!read.ok) {
    deps.log.info(`connection from ${facts.remoteAddress} refused: ${read.why}`);
    return { ok: false, code: 4400, reason: "Bad connection parameters" };
  }
  const identified = await identify(facts, read.parameters, config, deps, signal);
  if (identified.ok && !namesNobody(identified.peer, read.parameters) && isShutOut(config, identified.peer.sender.id)) return { ok: false, code: 4403, reason: "Sender not allowed" };
  return identified;
}

/** What goes to the verifier: the token, its type, who the connection says it is, and listed parameters only. */
export function verifyRequest(token: string, facts: UpgradeFacts, parameters: Parameters, forwardParams: readonly string[]): VerifyRequest {
  const forwarded: Record<string, string> = {};
  for (const key of forwardParams) {
    const value = facts.query.get(key);
    if (value !== null) forwarded[key] = value;
  }
  return {
    ...forwarded,
    token,
    tokenType: parameters.tokenType,
    ...(parameters.senderId !== undefined && { senderId: parameters.senderId }),
    ...(parameters.senderName !== undefined && { senderName: parameters.senderName }),
  };
}

/** Whether a connection says only in its frames for whom it speaks, each of which is judged by itself. */
function namesNobody({ speaksForOthers, sender }: Peer, { senderId }: Parameters): boolean {
  return speaksForOthers && (sender.verified || senderId === undefined);
}

/** Whether neither a direct nor a group message of this sender could ever be answered. What only the host knows may admit it. */
export function isShutOut({ dmPolicy, allowFrom, groupPolicy, groupAllowFrom, groups }: ResolvedAccount, senderId: string): boolean {
  const mayList = (list: readonly (string | number)[]) => list.map((entry) => String(entry).trim()).some((entry) => entry === "*" || entry === senderId || /^accessGroup:|%/.test(entry));
  const isRefused = (policy: ResolvedAccount["dmPolicy"] | ResolvedAccount["groupPolicy"], list: readonly (string | number)[]) => policy === "disabled" || (policy === "allowlist" && !mayList(list));
  const others = groups["*"] ?? {};
  const all = [others, ...Object.values(groups)].map((group) => ({ ...others, ...group }));
  return isRefused(dmPolicy, allowFrom) && all.every((group) => isRefused(group.groupPolicy ?? groupPolicy, group.allowFrom ?? groupAllowFrom));
}

async function identify(
  facts: UpgradeFacts,
  parameters: Parameters,
  config: ResolvedAccount,
  deps: AdmissionDeps,
  signal: AbortSignal,
): Promise<Admitted<Peer>> {
  const { auth } = config;
  if (!auth.enabled) return { ok: true, peer: selfNamedPeer(parameters, deps.newId()) };
  const anonymous = (): Admitted<Peer> => ({ ok: true, peer: anonymousPeer(parameters, deps.newId()) });
  const given = facts.token?.from === "query" && !auth.allowQueryToken ? undefined : facts.token;
  if (!given) return auth.required ? refuse(auth.allowQueryToken ? "Token required. Connect with ?token=YOUR_TOKEN" : "Token required. Send it as Authorization: Bearer", "Token required") : anonymous();
  const { token, ...asked } = verifyRequest(given.value, facts, parameters, auth.forwardParams);
  const verified = await deps.verify({ ...asked, token }, signal);
  if (verified.ok) return { ok: true, peer: vouchedPeer(verified.user, parameters, asked, token, auth) };
  deps.log.info(`token of a connection from ${facts.remoteAddress} not accepted: ${forLog(verified.log)}`);
  return auth.required ? refuse(`Authentication failed: ${verified.code}`, "Authentication failed") : anonymous();
}

/** What showing a token of an open connection has come to. */
export type Shown = { ok: true; peer: Peer } | Extract<Verified, { ok: false }>;

/** Shows a token as the first one of this connection was shown; it has to be the same user's. */
export async function showToken({ sender }: Peer, asked: NonNullable<Peer["asked"]>, token: string, auth: ResolvedAccount["auth"], verify: (request: VerifyRequest) => Promise<Verified>): Promise<Shown> {
  const tokenType = asked["tokenType"] ?? "local";
  const verified = await verify({ ...asked, tokenType, token });
  if (!verified.ok) return verified;
  if (verified.user.userId !== sender.id) return { ok: false, code: "other_user", log: "the token is another user's", why: "refused" };
  return { ok: true, peer: vouchedPeer(verified.user, { tokenType, ...(sender.name !== undefined && { senderName: sender.name }) }, asked, token, auth) };
}

/** A peer with what `chat.auth` and a later check need (WS-38). */
export function vouchedPeer(user: VerifiedUser, parameters: Parameters, asked: NonNullable<Peer["asked"]>, token: string, { allowDelegation, recheckSeconds }: ResolvedAccount["auth"]): Peer {
  return { ...verifiedPeer(user, parameters, allowDelegation), asked, ...(recheckSeconds > 0 && { token: () => token }) };
}

function refuse(error: string, reason: string): Admitted<Peer> {
  // Refused before any chat.hello could come: only the documented fields (WS-28).
  return { ok: false, frames: [encodeChatSent({ type: "chat.error", error })], code: 4401, reason };
}
