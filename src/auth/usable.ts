import type { Login, StoredLogin } from "../store/logins.ts";
import type { Absence, Refreshing, RefreshSettings } from "./refreshing.ts";

/** What an operator does about a login that is missing or gone. */
const ACTIVATE = "get a fresh invite code in the app, then: openclaw channels add --channel clawchat --code <code>";
/** The same for an account that stays who it is (CC-83). */
export const LOG_IN_AGAIN = `${ACTIVATE} --as re-pair`;

/** The stored login, if an account may work with it. */
export function findLogin(before: Refreshing, stored: StoredLogin, { baseUrl, lack }: RefreshSettings): { login: Login } | { absence: Absence } {
  const { identity, grant, loggedOut } = stored;
  if (!identity || !grant) {
    if (loggedOut) return { absence: { kind: "logged-out", why: loggedOut.why } };
    if (lack !== undefined) return { absence: { kind: "incomplete", why: lack } };
    return { absence: { kind: "no-login", why: `there is no login yet: ${ACTIVATE}` } };
  }
  if (identity.baseUrl !== baseUrl) {
    return { absence: { kind: "incomplete", why: `the login is from ${identity.baseUrl}, and baseUrl is ${baseUrl}: change it back, or ${ACTIVATE} --as new-account` } };
  }
  // Dead, although that could not be written yet.
  if (before.unsaved?.what === "logout" && before.unsaved.refreshHash === stored.refreshHash) {
    return { absence: { kind: "logged-out", why: before.unsaved.why } };
  }
  if (stored.isRejected) return { absence: { kind: "logged-out", why: `the server has ended this login: ${LOG_IN_AGAIN}` } };
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
