import { ClawwireError, describeThrown } from "../core/errors.ts";
import type { Digests } from "../core/ports.ts";
import { openLoginDatabase, peekRow } from "./login-database.ts";
import { prepareSql, readStored } from "./login-rows.ts";

/** Who an account is at its server. */
export interface Identity {
  userId: string;
  ownerUserId: string;
  agentId?: string;
  /** The direct conversation with the owner. */
  homeConversationId?: string;
  deviceId: string;
  /** The REST server that gave the login, without a slash at the end. */
  baseUrl: string;
  /** ms; absent where the login comes from the configuration. */
  activatedAt?: number;
}

/** A token pair. Secret: it appears in no log, error or status. */
export interface Grant {
  accessToken: string;
  refreshToken?: string;
  /** When the server gave it, ms; absent where nobody knows. */
  grantedAt?: number;
}

export interface Login {
  identity: Identity;
  grant: Grant;
}

/** The right to refresh, held by one process at a time. */
export interface Lease {
  holder: string;
  /** ms. */
  since: number;
  /** ms; a lease over its time is nobody's. */
  until: number;
}

/** All that is known of an account's login at one moment. */
export interface StoredLogin {
  /** Grows with every write. */
  version: number;
  deviceId?: string;
  /** Kept through a logout. */
  identity?: Identity;
  grant?: Grant;
  /** SHA-256 of the refresh token of the grant, or of the one that was logged out. */
  refreshHash?: string;
  /** The access token of the grant is the one that was found dead. */
  isRejected: boolean;
  /** ms; when a refresh was last sent. */
  lastAttemptAt?: number;
  /** ms; when a refresh last succeeded. */
  lastRefreshAt?: number;
  lease?: Lease;
  /** SHA-256 of the tokens of the configuration that were taken over last. */
  seed?: string;
  /** Why the grant is gone, for the operator. */
  loggedOut?: { at: number; why: string };
}

/** The login of one account on disk, shared by all processes that use it. Every write is one transaction, on disk before it returns. */
export interface LoginStore {
  readonly file: string;
  /** The version alone: cheap enough to be asked often. */
  version(): number;
  read(): StoredLogin;
  /** Takes the lease and notes an attempt, if nothing was written since `version`; a lease of somebody else is not looked at. */
  claim(claim: { version: number; lease: Lease }): boolean;
  /** Gives the lease back, if it is still `holder`'s. */
  release(holder: string): void;
  /**
   * Replaces the grant whose refresh token has this hash, also one that was logged out meanwhile, and ends latch and
   * lease. False where another grant is stored.
   */
  rotate(expectedRefreshHash: string, pair: Required<Grant>): boolean;
  /** Drops the tokens of the grant whose refresh token has this hash and latches its access token; identity and device id stay. False where another grant is stored. `isMeant`: the operator wants it, and a pair that comes afterwards is not taken. */
  logout(expectedRefreshHash: string | undefined, out: { at: number; why: string; isMeant?: boolean }): boolean;
  /** Writes a fresh login over whatever was there; the owner will be greeted once. The stored device id stays. */
  activate(identity: Identity, grant: Grant): Login;
  /** Takes over a login from the configuration, unless the same tokens were taken over before. False where they were. */
  seed(seed: string, login: Login): boolean;
  /** Puts ids right that were taken over with this seed; the tokens may have been rotated since and stay. False after an activation. */
  correct(seed: string, identity: Identity): boolean;
  /** The stored device id; else `candidate`, which is stored. */
  deviceId(candidate: string): string;
  /** True for the one who is to greet the owner of a fresh activation; a claim older than `staleMs` is void. */
  claimGreeting(now: number, staleMs: number): boolean;
  greetingSent(): void;
  /** Nothing of the greeting has been delivered: somebody may try again. */
  releaseGreeting(): void;
  close(): void;
}

/** The login in a file as another process may see it, which is not to be made or changed; absent where it cannot be read. */
export function peekLogin(file: string, { sha256 }: Digests): StoredLogin | undefined {
  const row = peekRow(file);
  return row && readStored(row, sha256);
}

/**
 * Opens or creates the login in `file`, which is nobody else's to read.
 * @throws ClawwireError `login-unavailable`, as every method does where the file cannot be read or written.
 */
export function openLogins(file: string, { sha256 }: Digests): LoginStore {
  const attempt = <Result>(what: string, run: () => Result): Result => {
    try {
      return run();
    } catch (cause) {
      throw new ClawwireError("login-unavailable", `The login ${file} cannot be ${what}: ${describeThrown(cause)}`, { retry: "later", cause });
    }
  };
  const database = attempt("opened", () => openLoginDatabase(file));
  const sql = attempt("opened", () => prepareSql(database));
  const read = () => attempt("read", () => readStored(sql.read.get() ?? {}, sha256));
  const write = (run: () => { changes: number | bigint }) => attempt("written", () => Number(run().changes) === 1);
  const tokensOf = ({ accessToken, refreshToken, grantedAt }: Grant) => ({
    accessToken,
    refreshToken: refreshToken ?? null,
    grantedAt: grantedAt ?? null,
    refreshHash: refreshToken === undefined ? null : sha256(refreshToken),
  });
  const idsOf = ({ userId, ownerUserId, agentId, homeConversationId }: Identity) => ({
    userId,
    ownerUserId,
    agentId: agentId ?? null,
    homeConversationId: homeConversationId ?? null,
  });
  const loginOf = ({ identity, grant }: Login) => ({
    ...tokensOf(grant),
    ...idsOf(identity),
    deviceId: identity.deviceId,
    baseUrl: identity.baseUrl,
    activatedAt: identity.activatedAt ?? null,
  });
  return {
    file,
    version: () => attempt("read", () => Number(sql.version.get()?.["version"])),
    read,
    claim: ({ version, lease }) => write(() => sql.claim.run({ version, ...lease })),
    release: (holder) => void write(() => sql.release.run({ holder })),
    rotate: (expected, pair) => write(() => sql.rotate.run({ expected, ...tokensOf(pair) })),
    logout(expected, { at, why, isMeant = false }) {
      const { grant } = read();
      return write(() => sql.logout.run({ expected: expected ?? null, kept: isMeant ? null : (expected ?? null), at, why, accessToken: grant?.accessToken ?? "", rejectedHash: sha256(grant?.accessToken ?? "") }));
    },
    activate(identity, grant) {
      write(() => sql.activate.run(loginOf({ identity, grant })));
      return { identity: { ...identity, deviceId: read().deviceId ?? identity.deviceId }, grant };
    },
    seed: (seed, login) => write(() => sql.seed.run({ seed, ...loginOf(login) })),
    correct: (seed, identity) => write(() => sql.correct.run({ seed, ...idsOf(identity) })),
    deviceId(candidate) {
      write(() => sql.deviceId.run({ deviceId: candidate }));
      return read().deviceId ?? candidate;
    },
    claimGreeting: (now, staleMs) => write(() => sql.claimGreeting.run({ now, stale: now - staleMs })),
    greetingSent: () => void write(() => sql.greetingSent.run()),
    releaseGreeting: () => void write(() => sql.releaseGreeting.run()),
    close: () => database.close(),
  };
}
