/** What a token tells of itself: a hint for timers and for the device id, never proof of anything. */
export interface TokenHints {
  /** `exp`, ms since the epoch. */
  expiresAt?: number;
  /** `iat`, ms since the epoch. */
  issuedAt?: number;
  /** `did`. */
  deviceId?: string;
}

/** Reads the middle part of a JWT; total, and empty for every other text. */
export function readToken(token: string): TokenHints {
  const claims = claimsOf(token);
  const expiresAt = timeOf(claims["exp"]);
  const issuedAt = timeOf(claims["iat"]);
  const deviceId = claims["did"];
  return {
    ...(expiresAt !== undefined && { expiresAt }),
    ...(issuedAt !== undefined && { issuedAt }),
    ...(typeof deviceId === "string" && deviceId.trim() !== "" && { deviceId: deviceId.trim() }),
  };
}

function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const middle = token.split(".")[1]?.replace(/={1,2}$/, "") ?? "";
  if (!/^[\w-]+$/.test(middle) || middle.length % 4 === 1) return {};
  try {
    const bytes = Uint8Array.from(atob(middle.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === "object" && claims !== null && !Array.isArray(claims) ? (claims as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Numbers only: a time written as text is no time. */
function timeOf(seconds: unknown): number | undefined {
  if (typeof seconds !== "number") return undefined;
  const ms = seconds * 1000;
  return Number.isFinite(ms) ? ms : undefined;
}
