import type { Login, StoredLogin } from "../store/logins.ts";
import type { Absence, Refreshing, RefreshSettings } from "./refreshing.ts";

type Command = Pick<RefreshSettings, "activate">;

/** What makes a login of an invite code; the account may go unnamed where it is the one that is meant anyway. */
export function addCommand(accountId = "default"): string {
  return `openclaw channels add --channel clawchat${accountId === "default" ? "" : ` --account ${accountId}`} --code <code>`;
}

/** What an operator does about a login that is missing or gone. */
function getLogin({ activate = addCommand() }: Command): string {
  return `get a fresh invite code in the app, then: ${activate}`;
}

/** The same for an account that stays who it is (CC-83). */
export function logInAgain(command: Command): string {
  return `${getLogin(command)} --as re-pair`;
}

/** Why a token that is refused is the end where there is no other. */
export function whyDead(command: Command): string {
  return `the server does not take the token, and there is none to renew it with: ${logInAgain(command)}`;
}

/** The stored login, if an account may work with it. */
export function findLogin(before: Refreshing, stored: StoredLogin, { baseUrl, lack, ...command }: RefreshSettings): { login: Login } | { absence: Absence } {
  const { identity, grant, loggedOut } = stored;
  if (!identity || !grant) {
    if (loggedOut) return { absence: { kind: "logged-out", why: loggedOut.why } };
    if (lack !== undefined) return { absence: { kind: "incomplete", why: lack } };
    return { absence: { kind: "no-login", why: `there is no login yet: ${getLogin(command)}` } };
  }
  if (identity.baseUrl !== baseUrl) {
    return { absence: { kind: "incomplete", why: `the login is from ${identity.baseUrl}, and baseUrl is ${baseUrl}: change it back, or ${getLogin(command)} --as new-account` } };
  }
  // Dead, although that could not be written yet.
  if (before.unsaved?.what === "logout" && before.unsaved.refreshHash === stored.refreshHash) {
    return { absence: { kind: "logged-out", why: before.unsaved.why } };
  }
  if (before.dead === grant.accessToken) return { absence: { kind: "logged-out", why: whyDead(command) } };
  if (stored.isRejected) return { absence: { kind: "logged-out", why: `the server has ended this login: ${logInAgain(command)}` } };
  return { login: { identity, grant } };
}

export function isOtherGrant(one: Login, other: Login | undefined): boolean {
  return one.grant.accessToken !== other?.grant.accessToken || one.grant.refreshToken !== other.grant.refreshToken;
}

export function isOtherIdentity({ identity: one }: Login, other: Login | undefined): boolean {
  if (!other) return true;
  const { userId, ownerUserId, agentId, homeConversationId, deviceId, baseUrl } = other.identity;
  return (
    one.userId !== userId ||
    one.ownerUserId !== ownerUserId ||
    one.agentId !== agentId ||
    one.homeConversationId !== homeConversationId ||
    one.deviceId !== deviceId ||
    one.baseUrl !== baseUrl
  );
}
