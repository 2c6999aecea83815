import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { Failure } from "../failure.ts";
import type { Exit, Guarded } from "./guarded.ts";
import { isListening } from "./ports.ts";

export interface Readiness {
  gateway: Guarded;
  gatewayPort: number;
  /** Every port a channel should listen on. */
  channelPorts: readonly number[];
  /** Whether the channel has dialed, where it does. */
  hasDialed?: () => boolean;
  output: string;
  timeoutMs: number;
  abort?: AbortSignal;
}

/** A channel that is not there this long after its gateway is wrongly configured: OpenClaw starts all the same. */
const CHANNEL_MS = 30_000;

/** Resolves when the gateway calls itself ready and every channel listens or has dialed; otherwise says what is missing and why. */
export async function untilReady(wanted: Readiness): Promise<void> {
  const { gateway, timeoutMs, abort } = wanted;
  const began = Date.now();
  let deadline = began + timeoutMs;
  let missing = "";
  let isReady = false;
  while (Date.now() < deadline) {
    abort?.throwIfAborted();
    if (!gateway.running()) throw new Failure(`The gateway ended while starting (${describeExit(await gateway.exited)}).\n${await lastWords(wanted.output)}`);
    const isReadyNow = await answersReady(wanted.gatewayPort);
    if (isReadyNow && !isReady) deadline = Math.min(deadline, Date.now() + CHANNEL_MS);
    isReady ||= isReadyNow;
    missing = isReadyNow ? await whatIsMissing(wanted) : `The gateway on port ${wanted.gatewayPort} is not ready`;
    if (!missing) return;
    await sleep(150);
  }
  throw new Failure(`${missing} after ${Math.round((Date.now() - began) / 1000)} s.\n${await lastWords(wanted.output)}`);
}

async function whatIsMissing({ channelPorts, hasDialed }: Readiness): Promise<string> {
  for (const port of channelPorts) if (!(await isListening(port))) return `The gateway is ready, but its channel does not listen on port ${port}`;
  return hasDialed?.() === false ? "The gateway is ready, but its channel has not dialed" : "";
}

async function answersReady(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

export function describeExit({ code, signal }: Exit): string {
  return signal ? `killed by ${signal}` : `exit code ${code}`;
}

/** The end of what the gateway printed, for a person to read below an error. */
export async function lastWords(output: string, lines = 15): Promise<string> {
  const text = await readFile(output, "utf8").catch(() => "");
  const last = stripVTControlCharacters(text).trimEnd().split("\n").slice(-lines);
  const said = last.map((line) => `  ${line.length > 300 ? `${line.slice(0, 300)}…` : line}`).join("\n");
  return `${text.trim() ? `The last it said:\n${said}\n` : "It said nothing.\n"}The whole log: ${output}`;
}
