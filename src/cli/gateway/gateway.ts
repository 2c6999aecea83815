import { mkdir } from "node:fs/promises";
import { Failure } from "../failure.ts";
import type { Block } from "./block.ts";
import { writeBlock } from "./files.ts";
import { startGuarded, type Guarded } from "./guarded.ts";
import { hostProgram, runHost } from "./host.ts";
import type { Layout } from "./layout.ts";
import { untilReady } from "./ready.ts";

export interface GatewayLaunch {
  layout: Layout;
  port: number;
  channelPorts: readonly number[];
  /** Whether the channel has dialed, where it does. */
  hasDialed?: () => boolean;
  /** All of it; see `hostEnvironment`. */
  env: Readonly<Record<string, string>>;
  timeoutMs?: number;
  abort?: AbortSignal;
}

export async function prepareLayout(layout: Layout, config: Block): Promise<void> {
  for (const directory of [layout.root, layout.state, layout.home, layout.workspace]) await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeBlock(layout.config, config);
}

/** Starts the gateway and waits until it can be talked to. Nothing is left of one that does not get there. */
export async function launchGateway({ layout, port, channelPorts, hasDialed, env, timeoutMs = 120_000, abort }: GatewayLaunch): Promise<Guarded> {
  const gateway = await spawnGateway({ layout, env });
  try {
    await untilReady({ gateway, gatewayPort: port, channelPorts, output: layout.output, timeoutMs, ...(hasDialed && { hasDialed }), ...(abort ? { abort } : {}) });
    return gateway;
  } catch (cause) {
    const { code } = await gateway.stop(1000);
    if (code === invalidConfig) throw new Failure(await explainConfig(layout, env), { cause });
    throw cause;
  }
}

/** Starts the gateway and waits for nothing. */
export async function spawnGateway({ layout, env }: Pick<GatewayLaunch, "layout" | "env">): Promise<Guarded> {
  return await startGuarded({ command: process.execPath, args: [hostProgram(), "gateway", "run"], cwd: layout.root, env, output: layout.output });
}

/** EX_CONFIG of sysexits; OpenClaw ends with it and says no more than that. */
const invalidConfig = 78;

async function explainConfig(layout: Layout, env: Readonly<Record<string, string>>): Promise<string> {
  const { stdout, stderr } = await runHost(["config", "validate"], { cwd: layout.root, env });
  return `OpenClaw does not accept its configuration:\n${`${stdout}${stderr}`.trim()}\nMend ${layout.config}, or delete it to have it written anew.`;
}
