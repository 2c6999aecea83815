import { existsSync } from "node:fs";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import { activate } from "../auth/activation.ts";
import { isUnplanted, plantLogin } from "../auth/configured.ts";
import { addCommand } from "../auth/usable.ts";
import type { Log } from "../core/ports.ts";
import { system } from "../core/system.ts";
import { version } from "../core/version.ts";
import { createHttp, type HttpCall } from "../rest/http.ts";
import { type Identity, type LoginStore, openLogins } from "../store/logins.ts";
import { accountFiles, type AccountFiles } from "./account-files.ts";
import type { Block } from "./account-names.ts";
import { loginIn, type ResolvedClawchatAccount } from "./clawchat-account.ts";
import type { AccountAsFound } from "./gateway.ts";
import type { Preparation } from "./setup.ts";

/** What it would say it says again when the account runs. */
const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} };
const DROP_TRIES = 3;

/** What a setup command works with; others in tests. */
export interface ActivationMeans {
  stateDirectory: string;
  http: HttpCall;
}

/**
 * Redeems the invite code, if one was given, and keeps the login beside the account's journal, where a running gateway
 * finds it (CC-84). Who the account now is goes into its block; its tokens do not.
 */
export async function redeemCode(about: Preparation<ResolvedClawchatAccount>, means: ActivationMeans = hostMeans()): Promise<Block> {
  const { accountId, config, before, answers, tell } = about;
  const { code, as } = answers;
  if (typeof code !== "string" || code.trim() === "") return {};
  const { baseUrl, allowInsecure, deviceId, platform, userId } = config;
  const store = openLogins(accountFiles(means.stateDirectory, "clawchat", accountId).loginFile, system);
  try {
    const intent = as === "new-account" || as === "re-pair" ? ({ as } as const) : {};
    const pin = { ...(deviceId !== undefined && { deviceId }) };
    // Of a login in the configuration only the address that stood beside it is known (CC-83).
    const isElsewhere = before?.baseUrl !== baseUrl;
    const known = { ...(userId !== undefined && !(as === "re-pair" && isElsewhere) && { userId }) };
    const configured = before && loginIn(before);
    // Taken over now, it is not taken for a newer one later.
    if (configured) plantLogin({ store, baseUrl: before.baseUrl, configured, ...pin, system, log: quiet });
    const request = { code, baseUrl, allowInsecure, platform, pluginVersion: version, ...intent, ...pin, ...known };
    const activation = await activate(request, { http: means.http, store, system });
    if (!activation.ok) throw new Error(`ClawChat: ${activation.why}`);
    const { identity } = activation.login;
    tell(`ClawChat: logged in as ${identity.userId}, whose owner is ${identity.ownerUserId}.`);
    return identityBlock(identity);
  } finally {
    store.close();
  }
}

/** Who the account was, the login file knows even where the configuration does not. */
export function isSomebody(accountId: string, stateDirectory = resolveStateDir(process.env)): boolean {
  const files = accountFiles(stateDirectory, "clawchat", accountId);
  // To look is no reason to make one.
  return existsSync(files.loginFile) && withLogins(files, (store) => store.read()).identity !== undefined;
}

/** What makes a login, where the account has none. */
export function missingLogin(files: LoginFile, { accountId, config, problem }: AccountAsFound<ResolvedClawchatAccount>): string | undefined {
  const stored = withLogins(files, (store) => store.read());
  const { grant, identity, loggedOut } = stored;
  if (grant || (config && isUnplanted(stored, loginIn(config), system))) return undefined;
  if (identity) return `ClawChat: ${identity.userId} is not logged in${loggedOut ? `, ${loggedOut.why}` : `: run ${addCommand(accountId)} --as re-pair`}`;
  // A token that only the gateway looks up is for the gateway to judge.
  return config && problem !== undefined ? undefined : `ClawChat: the account has no login: run ${addCommand(accountId)}`;
}

/** Drops the tokens and keeps who the account is; false where there were none. */
export function dropLogin(files: LoginFile, accountId: string): boolean {
  const why = `logged out by openclaw channels logout: run ${addCommand(accountId)} --as re-pair`;
  return withLogins(files, (store) => {
    // A gateway that still runs may renew the tokens in between.
    for (let tries = 0; tries < DROP_TRIES; tries += 1) {
      const { grant, refreshHash } = store.read();
      if (grant === undefined) return tries > 0;
      if (store.logout(refreshHash, { at: system.now(), why, isMeant: true })) return true;
    }
    return false;
  });
}

type LoginFile = Pick<AccountFiles, "loginFile">;

function withLogins<Result>({ loginFile }: LoginFile, use: (store: LoginStore) => Result): Result {
  const store = openLogins(loginFile, system);
  try {
    return use(store);
  } finally {
    store.close();
  }
}

function hostMeans(): ActivationMeans {
  return { stateDirectory: resolveStateDir(process.env), http: createHttp(system) };
}

/** The device id stays out, for the kept one always wins; tokens and ids that stood there are of a login that is over. */
function identityBlock({ userId, ownerUserId, agentId, homeConversationId, baseUrl }: Identity): Block {
  return { userId, ownerUserId, agentId: agentId ?? null, homeConversationId: homeConversationId ?? null, baseUrl, token: null, refreshToken: null };
}
