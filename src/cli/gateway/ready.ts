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
  output: string;
  timeoutMs: number;
  abort?: AbortSignal;
}

/** Resolves when the gateway calls itself ready and every channel listens; otherwise says what is missing and why. */
export async function untilReady(wanted: Readiness): Promise<void> {
  const { gateway, timeoutMs, abort } = wanted;
  const deadline = Date.now() + timeoutMs;
  let missing = "";
  while (Date.now() < deadline) {
    abort?.throwIfAborted();
    if (!gateway.running()) throw new Failure(`The gateway ended while starting (${describeExit(await gateway.exited)}).\n${await lastWords(wanted.output)}`);
    missing = await whatIsMissing(wanted);
    if (!missing) return;
    await sleep(150);
  }
  throw new Failure(`${missing} after ${Math.round(timeoutMs / 1000)} s.\n${await lastWords(wanted.output)}`);
}

async function whatIsMissing({ gatewayPort, channelPorts }: Readiness): Promise<string> {
  if (!(await isReady(gatewayPort))) return `The gateway on port ${gatewayPort} is not ready`;
  for (const port of channelPorts) if (!(await isListening(port))) return `The gateway is ready, but its channel does not listen on port ${port}`;
  return "";
}

async function isReady(port: number): Promise<boolean> {
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
