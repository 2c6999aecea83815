import { describeThrown } from "../core/errors.ts";
import type { System } from "../core/ports.ts";
import { type Connected, readConnected, wireLimits } from "../protocols/clawchat/rest.ts";
import { callRest, explainOutcome, type RestOutcome } from "../rest/call.ts";
import { boundHttp, type HttpCall, type HttpRequest } from "../rest/http.ts";
import { endpoint, readBaseUrl } from "../rest/urls.ts";
import type { Identity, Login, LoginStore, StoredLogin } from "../store/logins.ts";
import { chooseDeviceId } from "./configured.ts";
import { faultOfDeviceId } from "./refresh-call.ts";

export interface ActivationRequest {
  /** The invite code. Secret, and good for one call. */
  code: string;
  baseUrl: string;
  allowInsecure?: boolean;
  /** What an operator with a stored identity wants: give it up, or log it in again. */
  as?: "new-account" | "re-pair";
  /** The pin of the configuration; a stored device id wins. */
  deviceId?: string;
  /** Who the account is at this server by its configuration; a stored identity wins. */
  userId?: string;
  platform?: string;
  pluginVersion?: string;
}

export interface ActivationPorts {
  http: HttpCall;
  store: LoginStore;
  system: System;
}

/** `wasSent`: the code may be used up. `why` holds no secrets. */
export type Activation = { ok: true; login: Login } | { ok: false; why: string; wasSent: boolean };

/** ms before each repetition of a call that has reached nobody, or of a write. */
const PAUSES_MS = Array.from({ length: wireLimits.activateRetries }, (_, index) => wireLimits.activateRetryMs * 2 ** index);

/** The server knows no agent of this user: the code is still good. */
const UNKNOWN_USER = 16001;

const FRESH = "ask for a fresh invite code and try again";

/** Redeems an invite code and stores the login. Never rejects; the code is sent once, unless it certainly did not arrive (CC-82). */
export async function activate(request: ActivationRequest, ports: ActivationPorts): Promise<Activation> {
  const base = readBaseUrl(request.baseUrl, { allowInsecure: request.allowInsecure ?? false });
  if (!base.ok) return refuse(base.why);
  const code = request.code.trim();
  if (code === "") return refuse("the invite code is missing");
  try {
    const stored = ports.store.read();
    const objection = objectTo(request, stored);
    if (objection !== undefined) return refuse(objection);
    // Written before anything is sent: a store that takes no writes would cost the code.
    const deviceId = chooseDeviceId({ ...ports, ...(request.deviceId !== undefined && { pin: request.deviceId }) });
    const { userId: configured, ...plain } = request;
    const known = stored.identity ? (stored.identity.baseUrl === base.url ? stored.identity.userId : undefined) : configured;
    const userId = request.as === "re-pair" ? known : undefined;
    const outcome = await redeem({ ...plain, code, baseUrl: base.url, deviceId, ...(userId !== undefined && { userId }) }, ports);
    return await conclude(outcome, { deviceId, baseUrl: base.url }, ports);
  } catch (thrown) {
    return refuse(describeThrown(thrown));
  }
}

/** What speaks against sending the code at all (CC-83). */
function objectTo({ as, deviceId, userId }: ActivationRequest, { identity, deviceId: storedDevice }: StoredLogin): string | undefined {
  const known = identity?.userId ?? userId;
  if (known !== undefined && as === undefined) {
    return `this account is ${known} already: say whether the code is to log it in again (--as re-pair) or is for another one (--as new-account); the code was not sent`;
  }
  return deviceId === undefined || storedDevice !== undefined ? undefined : faultOfDeviceId(deviceId);
}

interface Redemption extends ActivationRequest {
  deviceId: string;
}

async function redeem(redemption: Redemption, { http, system }: ActivationPorts): Promise<RestOutcome> {
  const bounded = boundHttp(http, system, wireLimits.activateCeilingMs);
  const pauses = [...PAUSES_MS];
  let { userId } = redemption;
  for (;;) {
    const outcome = await callRest(bounded, requestOf(redemption, userId), [redemption.code]);
    if (outcome.kind === "api" && outcome.code === UNKNOWN_USER && userId !== undefined) {
      userId = undefined;
      continue;
    }
    const pause = outcome.kind === "never-arrived" ? pauses.shift() : undefined;
    if (pause === undefined) return outcome;
    await sleep(system, pause);
  }
}

function requestOf({ baseUrl, code, deviceId, platform = "openclaw", pluginVersion }: Redemption, userId: string | undefined): HttpRequest {
  const json = {
    code,
    platform,
    type: "clawbot",
    ...(pluginVersion !== undefined && { plugin_version: pluginVersion }),
    ...(userId !== undefined && { user_id: userId }),
  };
  return { method: "POST", url: endpoint(baseUrl, "v1", "agents", "connect"), headers: { "X-Device-Id": deviceId }, body: { json }, timeoutMs: wireLimits.activateMs };
}

async function conclude(outcome: RestOutcome, where: { deviceId: string; baseUrl: string }, ports: ActivationPorts): Promise<Activation> {
  if (outcome.kind === "never-arrived") return { ok: false, wasSent: false, why: `${outcome.why}; the code was not sent and is still good` };
  if (outcome.kind === "unclear") return { ok: false, wasSent: true, why: `${outcome.why}; the code may be used up: ${FRESH}` };
  if (outcome.kind !== "ok") return { ok: false, wasSent: true, why: `${explainOutcome(outcome)}; ${FRESH}` };
  const connected = readConnected(outcome.data);
  if (!connected) return { ok: false, wasSent: true, why: `the server's answer holds no login; ${FRESH}` };
  return keep(connected, where, ports);
}

/** The code is used up: what it gave is not let go at the first failure. */
async function keep({ accessToken, refreshToken, ...ids }: Connected, where: { deviceId: string; baseUrl: string }, { store, system }: ActivationPorts): Promise<Activation> {
  const now = system.now();
  const identity: Identity = { ...ids, ...where, activatedAt: now };
  const grant = { accessToken, ...(refreshToken !== undefined && { refreshToken }), grantedAt: now };
  const pauses = [...PAUSES_MS];
  for (;;) {
    try {
      return { ok: true, login: store.activate(identity, grant) };
    } catch (thrown) {
      const pause = pauses.shift();
      if (pause === undefined) return { ok: false, wasSent: true, why: `${describeThrown(thrown)}; the code is used up: ${FRESH}` };
      await sleep(system, pause);
    }
  }
}

function sleep(system: System, ms: number): Promise<void> {
  return new Promise((resolve) => void system.after(ms, resolve));
}

function refuse(why: string): Activation {
  return { ok: false, why, wasSent: false };
}
