import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cp } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { addChannel, type ChannelChoice, composeConfig } from "../../src/cli/gateway/config.ts";
import { hostEnvironment } from "../../src/cli/gateway/environment.ts";
import { prepareLayout } from "../../src/cli/gateway/gateway.ts";
import { startGuarded } from "../../src/cli/gateway/guarded.ts";
import { hostProgram } from "../../src/cli/gateway/host.ts";
import { type Layout, layoutOf } from "../../src/cli/gateway/layout.ts";
import { freePort } from "../../src/cli/gateway/ports.ts";
import { practiceModel } from "../../src/testing/model-server.ts";
import { template } from "../host/gateway.ts";
import { type Figure, median, type Tell } from "./figure.ts";

/** What the plugin adds to a real gateway's start: the same state directory, with the channel and without. */

const ROUNDS = 9;
/** After it is ready, until what started with it has come to rest. */
const SETTLE_MS = 4_000;
const LOOK_MS = 10;

interface Started {
  readyMs: number;
  cpuMs: number;
  rssMiB: number;
}

export async function measure(tell: Tell): Promise<Figure[]> {
  tell("installing the plugins into a state directory");
  const installed = await template();
  const without: Started[] = [];
  const withPlugin: Started[] = [];
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const has of round % 2 === 0 ? [false, true] : [true, false]) {
      tell(`start ${round + 2} of ${ROUNDS + 1}, ${has ? "with the channel" : "without it"}`);
      const started = await start(installed, has);
      // The first one fills the compile cache for all.
      if (round >= 0) (has ? withPlugin : without).push(started);
    }
  }
  const added = (of: keyof Started) => median(withPlugin.map((each, round) => each[of] - (without[round]?.[of] ?? Number.NaN)));
  const bench = "What the websocket plugin adds to the start of a gateway (median of the differences of pairs)";
  const without1 = (of: keyof Started) => ({ "without the plugin": median(without.map((each) => each[of])) });
  return [
    { bench, case: "time until it is ready and the channel listens", unit: "ms", ours: added("readyMs"), others: without1("readyMs"), target: { of: "ours", at: "most", value: 100 } },
    { bench, case: "processor time until then", unit: "ms", ours: added("cpuMs"), others: without1("cpuMs") },
    { bench, case: "resident memory at rest", unit: "MiB", ours: added("rssMiB"), others: without1("rssMiB"), target: { of: "ours", at: "most", value: 30 } },
  ];
}

async function start(installed: string, hasChannel: boolean): Promise<Started> {
  const layout = layoutOf(mkdtempSync(join(tmpdir(), "bench-gateway-")));
  try {
    await cp(installed, layout.state, { recursive: true, filter: (from) => !from.endsWith("/npm") });
    const [port, channelPort] = await Promise.all([freePort(), freePort()]);
    await prepareLayout(layout, configOf(layout, port, hasChannel ? channelPort : undefined));
    const began = performance.now();
    const gateway = await startGuarded({ command: process.execPath, args: [hostProgram(), "gateway", "run"], cwd: layout.root, env: hostEnvironment(layout, process.env), output: layout.output });
    try {
      const isThere = async (): Promise<boolean> => (await isReady(port)) && (!hasChannel || (await listens(channelPort)));
      while (!(await isThere())) {
        if (!gateway.running()) throw new Error(`the gateway has ended:\n${readFileSync(layout.output, "utf8").slice(-2000)}`);
        await sleep(LOOK_MS);
      }
      const readyMs = performance.now() - began;
      const cpuMs = cpuOf(gateway.pid);
      await sleep(SETTLE_MS);
      return { readyMs, cpuMs, rssMiB: residentOf(gateway.pid) };
    } finally {
      await gateway.stop();
    }
  } finally {
    rmSync(layout.root, { recursive: true, force: true });
  }
}

function configOf(layout: Layout, port: number, channelPort: number | undefined) {
  const model = { baseUrl: "http://127.0.0.1:1/v1", name: practiceModel, api: "openai-responses" as const };
  const config = composeConfig(JSON.parse(readFileSync(layout.config, "utf8")) as Record<string, unknown>, { layout, port, token: "token-of-the-benchmark-and-nobody-else", model });
  const channel: ChannelChoice = { plugin: "clawwire-websocket", channel: "websocket", defaults: { auth: { enabled: false } }, facts: { enabled: true, port: channelPort ?? 0, host: "127.0.0.1" } };
  return channelPort === undefined ? config : addChannel(config, channel);
}

async function isReady(port: number): Promise<boolean> {
  if (!(await listens(port))) return false;
  const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok === true;
}

function listens(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1", () => resolve(true));
  socket.once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

function residentOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

/** User and system time in ms; the kernel counts in hundredths of a second. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
