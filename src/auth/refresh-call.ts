import { forLog } from "../core/redact.ts";
import { readTokenPair, type TokenPair, wireLimits } from "../protocols/clawchat/rest.ts";
import { hide, readEnvelope } from "../rest/call.ts";
import type { HttpAnswer, HttpRequest } from "../rest/http.ts";
import { endpoint } from "../rest/urls.ts";
import type { Login } from "../store/logins.ts";

/** What the server made of a refresh; `message` is for people. */
export type RefreshAnswer =
  | { class: "success"; pair: TokenPair }
  | { class: "permanent"; code: number; message: string }
  | { class: "transient"; message: string };

/** The request that rotates the tokens of a login: no bearer, and the device id the login was made with. */
export function refreshRequest({ baseUrl, deviceId }: Login["identity"], refreshToken: string): HttpRequest {
  return {
    method: "POST",
    url: endpoint(baseUrl, "v1", "auth", "refresh"),
    headers: { "X-Device-Id": deviceId },
    body: { json: { refresh_token: refreshToken.trim() } },
    timeoutMs: wireLimits.refreshMs,
  };
}

/** Refresh token unknown, revoked, expired or of another device; body or device id refused. */
const PERMANENT = new Set([10003, 400]);

/** The server decides with HTTP 200 and the code beside it; every other status says nothing about the login (CC-75). */
export function classify(answer: HttpAnswer, secrets: readonly string[]): RefreshAnswer {
  if (answer.kind !== "answered") return { class: "transient", message: answer.why };
  if (answer.status !== 200) return { class: "transient", message: `the server answered with HTTP ${answer.status}` };
  const { code, message = "", data } = readEnvelope(answer.body);
  if (code === 0) {
    const pair = readTokenPair(data);
    return pair ? { class: "success", pair } : { class: "transient", message: "the server's answer holds no token pair" };
  }
  if (code === undefined) return { class: "transient", message: "the answer is not what was expected of this server" };
  const said = `code ${code}${message === "" ? "" : `: ${forLog(hide(message, secrets))}`}`;
  return PERMANENT.has(code) ? { class: "permanent", code, message: said } : { class: "transient", message: said };
}

/** What is wrong with a device id, if anything: the server would answer it with a logout (CC-75, CC-85). */
export function faultOfDeviceId(deviceId: string): string | undefined {
  if (deviceId.trim() === "") return "the device id is missing";
  if (!/^[!-~]+$/.test(deviceId)) return "the device id may hold printable ASCII characters only";
  return deviceId.length > wireLimits.deviceIdBytes ? `the device id has more than ${wireLimits.deviceIdBytes} characters` : undefined;
}
