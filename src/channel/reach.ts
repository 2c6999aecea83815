import { system } from "../core/system.ts";
import { probeVerifier } from "./verifier-probe.ts";

const TIMEOUT_MS = 5000;

/** Whether anybody is at an address, for a person who has just typed it. No secret is sent: what may carry one is left out. */
export async function reach(what: string, address: string): Promise<string> {
  const { protocol, host, pathname } = new URL(address.replace(/^ws/, "http"));
  const { ok, why } = await probeVerifier({ endpoint: `${protocol}//${host}${pathname}`, timeoutMs: TIMEOUT_MS }, system);
  if (ok) return `${what} at ${host} answers.`;
  return `${what} at ${host} does not answer now (${why}); OpenClaw goes on trying.`;
}
