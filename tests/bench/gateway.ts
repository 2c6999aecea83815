import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
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
 * What the plugin adds to a real gateway's start. Three are started in turn: one without any channel, one with the least
 * channel a plugin can bring, and one with ours. A gateway with a channel does more at its start than one without: it
 * loads all that answers take. So the least one is the measure of ours, and what it costs itself stands beside it.
 */

const ROUNDS = 11;
/** After it is ready, until what started with it has come to rest. */
const SETTLE_MS = 4_000;
const LOOK_MS = 10;

const variants = ["no channel", "the least channel", "ours"] as const;
type Variant = (typeof variants)[number];

interface Started {
  readyMs: number;
  cpuMs: number;
  rssMiB: number;
}

interface Stage {
  layout: Layout;
  port: number;
  /** Where the channel listens, if there is one. */
  channelPort: number | undefined;
}

export async function measure(tell: Tell): Promise<Figure[]> {
  tell("installing the plugins into state directories");
  const installed = await installedTemplate(root, [await packedPlugin("clawwire-websocket")]);
  const least = await installedTemplate(root, [await packedLeast()]);
  const loaded = await load(installed, tell);
  const stages: Record<Variant, Stage> = {
    "no channel": await prepare(),
    "the least channel": await prepare(least, (port) => ({ plugin: "clawwire-least", channel: "least", defaults: {}, facts: { enabled: true, port } })),
    ours: await prepare(installed, (port) => ({ plugin: "clawwire-websocket", channel: "websocket", defaults: { auth: { enabled: false } }, facts: { enabled: true, port, host: "127.0.0.1" } })),
  };
  const rounds: Record<Variant, Started>[] = [];
  try {
    // The first start of each migrates its state and fills the compile cache.
    for (let round = 0; round <= ROUNDS; round += 1) {
      const taken: Partial<Record<Variant, Started>> = {};
      for (const which of inTurn(round)) {
        tell(`start ${round + 1} of ${ROUNDS + 1}, ${which}`);
        taken[which] = await start(stages[which]);
      }
      if (round > 0) rounds.push(taken as Record<Variant, Started>);
    }
  } finally {
    for (const { layout } of Object.values(stages)) rmSync(layout.root, { recursive: true, force: true });
  }
  const bench = `What the websocket plugin adds to the start of a gateway beyond the least channel there can be, median of ${ROUNDS} rounds`;
  const of = (what: keyof Started) => {
    const added = rounds.map((round) => round.ours[what] - round["the least channel"][what]);
    const others = {
      "lower quartile": quantile(added, 0.25),
      "upper quartile": quantile(added, 0.75),
      "what the least channel adds to none": median(rounds.map((round) => round["the least channel"][what] - round["no channel"][what])),
      "a start with no channel": median(rounds.map((round) => round["no channel"][what])),
    };
    return { ours: median(added), others };
  };
  return [
    { bench, case: "time until it is ready and the channel listens", unit: "ms", ...of("readyMs"), target: { of: "ours", at: "most", value: 100 } },
    { bench, case: "processor time until then", unit: "ms", ...of("cpuMs"), target: { of: "ours", at: "most", value: 100 } },
    { bench, case: "resident memory at rest", unit: "MiB", ...of("rssMiB"), target: { of: "ours", at: "most", value: 30 } },
    ...loaded,
  ];
}

/** None is always the one behind the same other. */
function inTurn(round: number): readonly Variant[] {
  const turned = variants.map((_, index) => variants[(index + round) % variants.length] ?? "ours");
  return round % 2 === 0 ? turned : turned.toReversed();
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
async function prepare(installed?: string, channelOn?: (port: number) => ChannelChoice): Promise<Stage> {
  const layout = layoutOf(mkdtempSync(join(tmpdir(), "bench-gateway-")));
  if (installed) await cp(installed, layout.state, { recursive: true, filter: (from) => !from.endsWith("/npm") });
  const [port, channelPort] = [await freePort(), await freePort()];
  const channel = channelOn?.(channelPort);
  const known = existsSync(layout.config) ? (JSON.parse(readFileSync(layout.config, "utf8")) as Record<string, unknown>) : {};
  const model = { baseUrl: "http://127.0.0.1:1/v1", name: practiceModel, api: "openai-responses" as const };
  const config = composeConfig(known, { layout, port, token: "token-of-the-benchmark-and-nobody-else", model });
  await prepareLayout(layout, channel ? addChannel(config, channel) : config);
  return { layout, port, channelPort: channel && channelPort };
}

async function start({ layout, port, channelPort }: Stage): Promise<Started> {
  const began = performance.now();
  const gateway = await startGuarded({ command: process.execPath, args: [hostProgram(), "gateway", "run"], cwd: layout.root, env: hostEnvironment(layout, process.env), output: layout.output });
  try {
    const isThere = async (): Promise<boolean> => (await isReady(port)) && (channelPort === undefined || (await listens(channelPort)));
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
