import { readToken } from "../auth/jwt.ts";
import { addCommand, logInAgain } from "../auth/usable.ts";
import { system } from "../core/system.ts";
import { peekLogin, type StoredLogin } from "../store/logins.ts";
import type { AccountFiles } from "./account-files.ts";
import { loginIn, type ResolvedClawchatAccount } from "./clawchat-account.ts";
import type { AccountAsFound, LoginFault } from "./gateway.ts";

/** What is wrong with the login of an account, as far as it can be seen on disk. Looks, and writes nothing. */
export function faultOfLogin({ loginFile }: Pick<AccountFiles, "loginFile">, { accountId, config, problem }: AccountAsFound<ResolvedClawchatAccount>): LoginFault | undefined {
  if (!config || problem !== undefined) return undefined;
  return judgeLogin({ accountId, config }, peekLogin(loginFile, system), system.now());
}

/** Pure. A token of the configuration counts until the account has run with it. */
export function judgeLogin({ accountId, config }: { accountId: string; config: ResolvedClawchatAccount }, stored: StoredLogin | undefined, now: number): LoginFault | undefined {
  const activate = addCommand(accountId);
  const configured = loginIn(config);
  const grant = stored?.grant ?? configured;
  if (!grant) {
    if (stored?.loggedOut) return { kind: "expired-login", why: stored.loggedOut.why, remedy: logInAgain({ activate }) };
    return { kind: "no-login", why: "there is no login", remedy: `get an invite code in the app, then: ${activate}` };
  }
  if (stored?.isRejected) return { kind: "expired-login", why: "the server has ended this login", remedy: logInAgain({ activate }) };
  const { expiresAt } = readToken(grant.accessToken);
  if (grant.refreshToken === undefined && expiresAt !== undefined && expiresAt <= now) {
    return { kind: "expired-login", why: "its token has expired, and there is none to renew it with", remedy: logInAgain({ activate }) };
  }
  const from = stored?.identity?.baseUrl;
  if (from === undefined || from === config.baseUrl) return undefined;
  return { kind: "expired-login", why: `the login is from ${from}, and baseUrl is ${config.baseUrl}`, remedy: `Change baseUrl back, or ${activate} --as new-account` };
}
