import { callRest, type RestOutcome } from "../rest/call.ts";
import type { HttpCall, HttpRequest } from "../rest/http.ts";
import type { Login } from "../store/logins.ts";
import type { LoginKeeper } from "./keeper.ts";

export interface Authority {
  keeper: Pick<LoginKeeper, "login" | "refused">;
  http: HttpCall;
  /** Origins that get the token beside that of the login, such as the media server's. */
  origins?: readonly string[];
}

/**
 * A REST call with the token of the login. Where the server refuses the token, it is refreshed once and the call made
 * once more (CC-80); otherwise the caller sees the original answer. A token never goes to a server that is not its own.
 */
export async function authorizedCall(authority: Authority, request: HttpRequest | ((login: Login) => HttpRequest)): Promise<RestOutcome> {
  const { keeper } = authority;
  const { login } = keeper;
  if (!login) return { kind: "never-arrived", why: "there is no login" };
  const outcome = await callAs(login, authority, request);
  if (outcome.kind !== "auth") return outcome;
  const refreshed = await keeper.refused(login.grant.accessToken, "rest");
  return refreshed.kind === "success" ? callAs(refreshed.login, authority, request) : outcome;
}

async function callAs(login: Login, { http, origins = [] }: Authority, request: HttpRequest | ((login: Login) => HttpRequest)): Promise<RestOutcome> {
  const plain = typeof request === "function" ? request(login) : request;
  const { identity, grant } = login;
  const allowed = [identity.baseUrl, ...origins].map((url) => URL.parse(url)?.origin);
  const origin = URL.parse(plain.url)?.origin;
  if (origin === undefined || !allowed.includes(origin)) return { kind: "never-arrived", why: "the call is for a server that this login's token must not go to" };
  const headers = { ...plain.headers, Authorization: `Bearer ${grant.accessToken}`, "X-Device-Id": identity.deviceId };
  return callRest(http, { ...plain, headers }, [grant.accessToken]);
}
