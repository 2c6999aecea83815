import { wireLimits } from "../protocols/clawchat/rest.ts";
import type { Grant } from "../store/logins.ts";
import { readToken } from "./jwt.ts";

const TTL_MS = wireLimits.accessTokenMs;

/** When a token ends and how long before that it is due, in ms (CC-77). */
export interface Span {
  expiresAt: number;
  leadMs: number;
}

/** Undefined where nobody knows when the token ends. */
export function spanOf({ accessToken, grantedAt }: Grant): Span | undefined {
  const { expiresAt = grantedAt === undefined ? undefined : grantedAt + TTL_MS, issuedAt } = readToken(accessToken);
  if (expiresAt === undefined) return undefined;
  return { expiresAt, leadMs: leadOf(issuedAt === undefined ? TTL_MS : expiresAt - issuedAt) };
}

/** How long before its end a token is due; `lifetimeMs` may be nonsense. */
export function leadOf(lifetimeMs: number): number {
  const { refreshLeadMinMs, refreshLeadMaxMs, refreshLeadRatio } = wireLimits;
  return Math.max(refreshLeadMinMs, Math.min(refreshLeadMaxMs, refreshLeadRatio * lifetimeMs));
}

/** When a token is to be refreshed of our own accord; `random` is in [0, 1). */
export function refreshAt({ expiresAt, leadMs }: Span, random: number): number {
  return Math.floor(expiresAt - leadMs + (random * 2 - 1) * wireLimits.refreshJitterMs);
}

/** Without jitter: what asks before a dial is spread already (CC-79). */
export function isNearEnd({ expiresAt, leadMs }: Span, now: number): boolean {
  return now >= expiresAt - leadMs;
}

/** ms to wait (CC-78) after the `n`th failure in a row, from 1 on; `random` is in [0, 1). */
export function backOff(n: number, random: number): number {
  const { refreshBackoffBaseMs, refreshBackoffMaxMs, refreshBackoffRatio } = wireLimits;
  const grown = Math.min(refreshBackoffMaxMs, refreshBackoffBaseMs * 2 ** Math.min(n - 1, 30));
  return Math.min(refreshBackoffMaxMs, Math.round(grown * (1 + (random * 2 - 1) * refreshBackoffRatio)));
}
