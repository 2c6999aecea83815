import type { Digests, Log, System } from "../core/ports.ts";
import type { Login, LoginStore, StoredLogin } from "../store/logins.ts";
import { readToken } from "./jwt.ts";
import { faultOfDeviceId } from "./refresh-call.ts";

/** Tokens as the configuration has them; what is missing of the identity is taken from the stored one. */
export interface ConfiguredLogin {
  accessToken: string;
  refreshToken?: string;
  userId?: string;
  ownerUserId?: string;
  agentId?: string;
  homeConversationId?: string;
}

interface Plot {
  store: LoginStore;
  baseUrl: string;
  configured?: ConfiguredLogin;
  deviceId?: string;
  system: System;
  log: Log;
}

/**
 * Stores the login of the configuration where its tokens are new there: the same ones are older than what they were
 * rotated to. Returns what it lacks, if anything; throws what the store throws.
 */
export function plantLogin({ store, baseUrl, configured, deviceId: pin, system, log }: Plot): string | undefined {
  const stored = store.read();
  if (pin !== undefined && stored.deviceId !== undefined && stored.deviceId !== pin) {
    log.warn("the deviceId of the configuration is not used: this account's login is bound to the one it has had before");
  }
  const accessToken = configured?.accessToken.trim() ?? "";
  if (!configured || accessToken === "") return undefined;
  const refreshToken = configured.refreshToken?.trim() ?? "";
  const seed = seedOf(configured, system);
  const { userId = stored.identity?.userId, ownerUserId = stored.identity?.ownerUserId } = configured;
  if (userId === undefined || ownerUserId === undefined) return "the configuration has a token, and lacks userId or ownerUserId";
  const { agentId = stored.identity?.agentId, homeConversationId = stored.identity?.homeConversationId } = configured;
  const ids = { userId, ownerUserId, ...(agentId !== undefined && { agentId }), ...(homeConversationId !== undefined && { homeConversationId }) };
  if (stored.seed === seed) {
    // The operator may have written another account's ids beside the right tokens.
    const { identity } = stored;
    if (identity && (Object.keys(ids) as (keyof typeof ids)[]).some((name) => ids[name] !== identity[name])) store.correct(seed, { ...identity, ...ids });
    return undefined;
  }
  const fault = pin === undefined || stored.deviceId !== undefined ? undefined : faultOfDeviceId(pin);
  if (fault !== undefined) return fault;
  const login: Login = {
    identity: { ...ids, deviceId: chooseDeviceId({ store, system, ...(pin !== undefined && { pin }), accessToken }), baseUrl },
    grant: { accessToken, ...(refreshToken !== "" && { refreshToken }) },
  };
  if (store.seed(seed, login) && stored.grant && stored.identity?.activatedAt !== undefined) {
    log.warn(`the token of the configuration (or CLAWCHAT_TOKEN) replaces the login of ${stored.identity.userId} that an invite code has made: take the token out where that is not meant`);
  }
  return undefined;
}

/** The tokens of the configuration have not been taken over: they are what the account works with when it starts next. */
export function isUnplanted({ seed }: StoredLogin, configured: ConfiguredLogin | undefined, digests: Digests): boolean {
  return configured !== undefined && configured.accessToken.trim() !== "" && seed !== seedOf(configured, digests);
}

function seedOf({ accessToken, refreshToken = "" }: ConfiguredLogin, { sha256 }: Digests): string {
  return sha256(JSON.stringify([accessToken.trim(), refreshToken.trim()]));
}

/** What is stored is never overwritten: the server knows the login by it (CC-85). */
export function chooseDeviceId({ store, system, pin, accessToken = "" }: { store: LoginStore; system: System; pin?: string; accessToken?: string }): string {
  const hinted = readToken(accessToken).deviceId;
  const isGood = (candidate: string | undefined): candidate is string => candidate !== undefined && faultOfDeviceId(candidate) === undefined;
  return store.deviceId([pin, hinted].find(isGood) ?? `openclaw-${system.uuid()}`);
}
