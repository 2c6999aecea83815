import type { StoredLogin } from "../store/logins.ts";
import type { Absence, Refreshing } from "./refreshing.ts";
import { spanOf } from "./timing.ts";

/** What an operator sees of a login. Without secrets. */
export interface LoginStatus {
  /** `no-login`: never activated. `incomplete`: the configuration lacks something. */
  state: "logged-in" | Absence["kind"];
  /** One sentence, with what to do next where something is to be done. */
  text: string;
  userId?: string;
  /** ms since the epoch, all of them. */
  expiresAt?: number;
  refreshAt?: number;
  lastRefreshAt?: number;
  lastAttemptAt?: number;
  /** What went wrong last, until something goes right. */
  lastError?: string;
}

export function statusOf({ login, absence, refreshAt, lastError }: Refreshing, stored: StoredLogin | undefined): LoginStatus {
  const expiresAt = login && spanOf(login.grant)?.expiresAt;
  const userId = login?.identity.userId ?? stored?.identity?.userId;
  return {
    ...(login ? { state: "logged-in", text: `logged in as ${login.identity.userId}` } : { state: absence.kind, text: absence.why }),
    ...(userId !== undefined && { userId }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(refreshAt !== undefined && { refreshAt }),
    ...(stored?.lastRefreshAt !== undefined && { lastRefreshAt: stored.lastRefreshAt }),
    ...(stored?.lastAttemptAt !== undefined && { lastAttemptAt: stored.lastAttemptAt }),
    ...(lastError !== undefined && { lastError }),
  };
}
