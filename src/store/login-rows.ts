import type { DatabaseSync } from "node:sqlite";
import type { Digests } from "../core/ports.ts";
import type { Identity, StoredLogin } from "./logins.ts";

const NO_LEASE = "lease_holder = NULL, lease_since = NULL, lease_until = NULL";
const FRESH = `access_token = :accessToken, refresh_token = :refreshToken, granted_at = :grantedAt, refresh_hash = :refreshHash,
  rejected_hash = NULL, logged_out_at = NULL, logged_out_why = NULL, ${NO_LEASE}, version = version + 1`;
const IDS = "user_id = :userId, owner_user_id = :ownerUserId, agent_id = :agentId, home_conversation_id = :homeConversationId";
const IDENTITY = `device_id = coalesce(device_id, :deviceId), ${IDS}, base_url = :baseUrl, activated_at = :activatedAt`;

/** Each of them is one statement, and therefore one transaction. */
export function prepareSql(database: DatabaseSync) {
  const prepare = (text: string) => database.prepare(text);
  return {
    version: prepare("SELECT version FROM login"),
    read: prepare("SELECT * FROM login"),
    claim: prepare(`UPDATE login SET lease_holder = :holder, lease_since = :since, lease_until = :until, last_attempt_at = :since, version = version + 1
      WHERE version = :version`),
    release: prepare(`UPDATE login SET ${NO_LEASE}, version = version + 1 WHERE lease_holder = :holder`),
    rotate: prepare(`UPDATE login SET ${FRESH}, last_refresh_at = :grantedAt WHERE refresh_hash = :expected`),
    logout: prepare(`UPDATE login SET access_token = NULL, refresh_token = NULL, granted_at = NULL, refresh_hash = :kept, rejected_hash = :rejectedHash,
      logged_out_at = :at, logged_out_why = :why, ${NO_LEASE}, version = version + 1
      WHERE refresh_hash IS :expected AND access_token = :accessToken`),
    activate: prepare(`UPDATE login SET ${IDENTITY}, ${FRESH}, greeting = 'due', greeting_at = NULL`),
    // Not `FRESH`: the latch stays, for a dead token in the configuration is a dead token.
    seed: prepare(`UPDATE login SET ${IDENTITY}, access_token = :accessToken, refresh_token = :refreshToken, granted_at = :grantedAt,
      refresh_hash = :refreshHash, logged_out_at = NULL, logged_out_why = NULL, ${NO_LEASE}, seed = :seed, version = version + 1
      WHERE seed IS NOT :seed`),
    correct: prepare(`UPDATE login SET ${IDS}, version = version + 1 WHERE seed = :seed AND activated_at IS NULL`),
    deviceId: prepare("UPDATE login SET device_id = :deviceId, version = version + 1 WHERE device_id IS NULL"),
    claimGreeting: prepare(`UPDATE login SET greeting = 'claimed', greeting_at = :now
      WHERE greeting = 'due' OR (greeting = 'claimed' AND (greeting_at <= :stale OR greeting_at > :now))`),
    greetingSent: prepare("UPDATE login SET greeting = 'sent' WHERE greeting = 'claimed'"),
    releaseGreeting: prepare("UPDATE login SET greeting = 'due', greeting_at = NULL WHERE greeting = 'claimed'"),
  };
}

type Row = Record<string, unknown>;

export function readStored(row: Row, sha256: Digests["sha256"]): StoredLogin {
  const text = (name: string) => (typeof row[name] === "string" ? row[name] : undefined);
  const number = (name: string) => (typeof row[name] === "number" ? row[name] : undefined);
  const accessToken = text("access_token");
  const identity = readIdentity(text, number);
  const [holder, since, until] = [text("lease_holder"), number("lease_since"), number("lease_until")];
  const [outAt, outWhy] = [number("logged_out_at"), text("logged_out_why")];
  return given({
    version: Number(row["version"]),
    deviceId: text("device_id"),
    identity,
    grant: accessToken === undefined ? undefined : given({ accessToken, refreshToken: text("refresh_token"), grantedAt: number("granted_at") }),
    refreshHash: text("refresh_hash"),
    isRejected: accessToken !== undefined && text("rejected_hash") === sha256(accessToken),
    lastAttemptAt: number("last_attempt_at"),
    lastRefreshAt: number("last_refresh_at"),
    lease: holder === undefined || since === undefined || until === undefined ? undefined : { holder, since, until },
    seed: text("seed"),
    loggedOut: outAt === undefined || outWhy === undefined ? undefined : { at: outAt, why: outWhy },
  });
}

function readIdentity(text: (name: string) => string | undefined, number: (name: string) => number | undefined): Identity | undefined {
  const [userId, ownerUserId, deviceId, baseUrl] = [text("user_id"), text("owner_user_id"), text("device_id"), text("base_url")];
  if (userId === undefined || ownerUserId === undefined || deviceId === undefined || baseUrl === undefined) return undefined;
  return given({
    userId,
    ownerUserId,
    agentId: text("agent_id"),
    homeConversationId: text("home_conversation_id"),
    deviceId,
    baseUrl,
    activatedAt: number("activated_at"),
  });
}

type Given<Members> = { [Key in keyof Members as undefined extends Members[Key] ? never : Key]: Members[Key] } & {
  [Key in keyof Members as undefined extends Members[Key] ? Key : never]?: Exclude<Members[Key], undefined>;
};

/** The same without members that are undefined. */
function given<Members extends object>(members: Members): Given<Members> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Given<Members>;
}
