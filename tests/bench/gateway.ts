import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cp } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pack } from "../../build/build.ts";
import { addChannel, type ChannelChoice, composeConfig } from "../../src/cli/gateway/config.ts";
import { hostEnvironment } from "../../src/cli/gateway/environment.ts";
import { prepareLayout } from "../../src/cli/gateway/gateway.ts";
import { startGuarded } from "../../src/cli/gateway/guarded.ts";
import { hostProgram } from "../../src/cli/gateway/host.ts";
import { type Layout, layoutOf } from "../../src/cli/gateway/layout.ts";
import type { PluginTarball } from "../../src/cli/gateway/plugin.ts";
import { freePort } from "../../src/cli/gateway/ports.ts";
import { practiceModel } from "../../src/testing/model-server.ts";
import { packedPlugin, root } from "../host/gateway.ts";
import { installedTemplate } from "../host/template.ts";
import { type Figure, median, quantile, type Tell } from "./figure.ts";
import { openStage } from "./stage.ts";

/**
 * What the plugin adds to a real gateway's start, beyond the least channel that a plugin can bring: a gateway with any
 * channel does much that one without does not. A whole start differs from the next by more than a plugin takes, so the
 * host's own trace says what its plugin and its channel took.
 */

const ROUNDS = 11;
/** After it is ready, until what started with it has come to rest. */
const SETTLE_MS = 4_000;
const LOOK_MS = 10;

const variants = {
  least: { plugin: "clawwire-least", channel: "least" },
  ours: { plugin: "clawwire-websocket", channel: "websocket" },
} as const;
type Variant = keyof typeof variants;

interface Started {
  /** What the host's trace has for loading the plugin and starting its channel. */
  pluginMs: number;
  readyMs: number;
  cpuMs: number;
  rssMiB: number;
}

interface Stage {
  layout: Layout;
  port: number;
  /** Where the channel listens. */
  channelPort: number;
}

export async function measure(tell: Tell): Promise<Figure[]> {
  tell("installing the plugins into state directories");
  const installed = await installedTemplate(root, [await packedPlugin(variants.ours.plugin)]);
  const least = await installedTemplate(root, [await packedLeast()]);
  const loaded = await load(installed, tell);
  const stages: Record<Variant, Stage> = {
    least: await prepare(least, (port) => ({ ...variants.least, defaults: {}, facts: { enabled: true, port } })),
    ours: await prepare(installed, (port) => ({ ...variants.ours, defaults: { auth: { enabled: false } }, facts: { enabled: true, port, host: "127.0.0.1" } })),
  };
  const rounds: Record<Variant, Started>[] = [];
  try {
    // The first start of each migrates its state and fills the compile cache.
    for (let round = 0; round <= ROUNDS; round += 1) {
      const taken: Partial<Record<Variant, Started>> = {};
      for (const which of round % 2 === 0 ? (["least", "ours"] as const) : (["ours", "least"] as const)) {
        tell(`start ${round + 1} of ${ROUNDS + 1}, ${variants[which].channel}`);
        taken[which] = await start(stages[which], variants[which]);
      }
      if (round > 0) rounds.push(taken as Record<Variant, Started>);
    }
  } finally {
    for (const { layout } of Object.values(stages)) rmSync(layout.root, { recursive: true, force: true });
  }
  const bench = `What the websocket plugin adds to the start of a gateway beyond the least channel there can be, median of ${ROUNDS} pairs`;
  const of = (what: keyof Started) => {
    const added = rounds.map((round) => round.ours[what] - round.least[what]);
    const others = { "lower quartile": quantile(added, 0.25), "upper quartile": quantile(added, 0.75), "with ours": median(rounds.map(({ ours }) => ours[what])), "with the least": median(rounds.map((round) => round.least[what])) };
    return { ours: median(added), others };
  };
  return [
    { bench, case: "loading the plugin and starting its channel, as the host's trace has it", unit: "ms", ...of("pluginMs"), target: { of: "ours", at: "most", value: 100 } },
    { bench, case: "the whole start until the channel listens", unit: "ms", ...of("readyMs") },
    { bench, case: "processor time of the whole start", unit: "ms", ...of("cpuMs") },
    { bench, case: "resident memory at rest", unit: "MiB", ...of("rssMiB"), target: { of: "ours", at: "most", value: 30 } },
    ...loaded,
  ];
}

async function packedLeast(): Promise<PluginTarball> {
  const tarball = join(root, "dist", "clawwire-least.tgz");
  await pack(join(import.meta.dirname, "least-plugin"), tarball);
  return { name: "clawwire-least", tarball, digest: createHash("sha256").update(readFileSync(tarball)).digest("hex") };
}

/** The same without the noise of a whole start: what is loaded of the package, alone. */
async function load(installed: string, tell: Tell): Promise<Figure[]> {
  const stage = openStage();
  const runs: { ms: number; heapMiB: number }[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    tell(`load ${round} of ${ROUNDS}`);
    const loaded = await stage.start("plugin.ts", join(installed, "npm/projects/clawwire-websocket/node_modules/clawwire-websocket"));
    runs.push(JSON.parse(loaded.url) as (typeof runs)[number]);
    await loaded.stop();
  }
  stage.stop();
  const bench = `Loading what a gateway with the websocket channel loads of the plugin, median of ${ROUNDS}`;
  return [
    { bench, case: "time", unit: "ms", ours: median(runs.map(({ ms }) => ms)), target: { of: "ours", at: "most", value: 100 } },
    { bench, case: "heap", unit: "MiB", ours: median(runs.map(({ heapMiB }) => heapMiB)), target: { of: "ours", at: "most", value: 30 } },
  ];
}

/** A state directory with what was installed into another, and its channel on a port of its own. */
async function prepare(installed: string, channelOn: (port: number) => ChannelChoice): Promise<Stage> {
  const layout = layoutOf(mkdtempSync(join(tmpdir(), "bench-gateway-")));
  await cp(installed, layout.state, { recursive: true, filter: (from) => !from.endsWith("/npm") });
  const [port, channelPort] = [await freePort(), await freePort()];
  const known = JSON.parse(readFileSync(layout.config, "utf8")) as Record<string, unknown>;
  const model = { baseUrl: "http://127.0.0.1:1/v1", name: practiceModel, api: "openai-responses" as const };
  const config = composeConfig(known, { layout, port, token: "token-of-the-benchmark-and-nobody-else", model });
  await prepareLayout(layout, addChannel(config, channelOn(channelPort)));
  return { layout, port, channelPort };
}

async function start({ layout, port, channelPort }: Stage, { plugin, channel }: (typeof variants)[Variant]): Promise<Started> {
  rmSync(layout.output, { force: true });
  const began = performance.now();
  const env = { ...hostEnvironment(layout, process.env), OPENCLAW_GATEWAY_STARTUP_TRACE: "1" };
  const gateway = await startGuarded({ command: process.execPath, args: [hostProgram(), "gateway", "run"], cwd: layout.root, env, output: layout.output });
  const said = (): string => readFileSync(layout.output, "utf8");
  try {
    while (!((await isReady(port)) && (await listens(channelPort)))) {
      if (!gateway.running()) throw new Error(`the gateway has ended:\n${said().slice(-2000)}`);
      await sleep(LOOK_MS);
    }
    const readyMs = performance.now() - began;
    const cpuMs = cpuOf(gateway.pid);
    await sleep(SETTLE_MS);
    const traced = (line: string): number => Number(new RegExp(`startup trace: ${line}`).exec(said())?.[1]);
    const pluginMs = traced(`plugins\\.gateway-load\\.plugin\\.${plugin} .*\\bloadAndRegisterMs=([\\d.]+)`) + traced(`channels\\.${channel}\\.start ([\\d.]+)ms`);
    if (Number.isNaN(pluginMs)) throw new Error(`the host's trace says nothing of ${plugin} and channels.${channel}:\n${said().slice(-2000)}`);
    return { pluginMs, readyMs, cpuMs, rssMiB: residentOf(gateway.pid) };
  } finally {
    await gateway.stop();
  }
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
