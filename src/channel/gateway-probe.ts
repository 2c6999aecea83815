import { callGatewayFromCli } from "openclaw/plugin-sdk/gateway-runtime";
import { describeThrown } from "../core/errors.ts";
import type { Probe, Prober } from "./probe.ts";

/** For finding the gateway, which comes on top of what the probe itself takes. */
const CALL_MS = 3000;

/** What the gateway may take of the time of a command: it has to answer within that, also of a server that is silent. */
export function shareOf(timeoutMs: number): number {
  return Math.ceil(Math.max(timeoutMs / 2, timeoutMs - CALL_MS));
}

/** The sockets are the gateway's: a command beside it asks the gateway, for a second link of an account would push out the first. */
export const probeThroughGateway: Prober = async ({ channel, accountId, timeoutMs }) => {
  try {
    const options = { timeout: String(timeoutMs), json: true };
    const params = { channel, probe: true, timeoutMs: shareOf(timeoutMs) };
    const answer = await callGatewayFromCli("channels.status", options, params, { progress: false, scopes: ["operator.read"], sharedStateMode: "read-only" });
    return readProbe(answer, channel, accountId) ?? failed("the gateway has not probed the account: openclaw channels status says how it is");
  } catch (thrown) {
    return failed(`the gateway does not answer, and only it has the account's connection: ${describeThrown(thrown).split("\n")[0]}`);
  }
};

/** Finds an account's probe in what `channels.status` answers. */
export function readProbe(answer: unknown, channel: string, accountId: string): Probe | undefined {
  const accounts = memberOf(memberOf(answer, "channelAccounts"), channel);
  const account: unknown = Array.isArray(accounts) ? accounts.find((each: unknown) => memberOf(each, "accountId") === accountId) : undefined;
  const probe = memberOf(account, "probe");
  return isProbe(probe) ? probe : undefined;
}

function isProbe(probe: unknown): probe is Probe {
  const ok = memberOf(probe, "ok");
  return ok === true ? Array.isArray(memberOf(probe, "checked")) : ok === false && typeof memberOf(probe, "error") === "string";
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;
}

function failed(error: string): Probe {
  return { ok: false, elapsedMs: 0, checked: [], error };
}
