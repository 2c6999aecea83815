import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "../../build/build.ts";
import { packageNamed, packages } from "../../build/packages.ts";
import { overlay, type Block } from "../../src/cli/gateway/block.ts";
import { addChannel, composeConfig, type ChannelChoice } from "../../src/cli/gateway/config.ts";
import { hostEnvironment } from "../../src/cli/gateway/environment.ts";
import { readBlock, writeBlock } from "../../src/cli/gateway/files.ts";
import { launchGateway, prepareLayout, spawnGateway } from "../../src/cli/gateway/gateway.ts";
import type { Exit, Guarded } from "../../src/cli/gateway/guarded.ts";
import { runHost, type HostRun } from "../../src/cli/gateway/host.ts";
import { layoutOf, type Layout } from "../../src/cli/gateway/layout.ts";
import type { PluginTarball } from "../../src/cli/gateway/plugin.ts";
import { freePort } from "../../src/cli/gateway/ports.ts";
import { practiceModel, startModelServer, type ModelServer, type ModelServerOptions } from "../../src/testing/model-server.ts";
import { installedTemplate } from "./template.ts";

export const root = path.resolve(import.meta.dirname, "../..");

export interface GatewayOptions {
  /** Over the channel's block: no verifier, bound to loopback, open groups. */
  channel?: Block;
  /** The key the channel's block stands under; an older one for operators of the original plugin. */
  key?: string;
  /** Over the whole configuration. */
  config?: Block;
  model?: ModelServerOptions;
  /** Further variables of the gateway's environment. */
  env?: Readonly<Record<string, string>>;
  /** Where its state directory is made, where that is not the folder for what is temporary. */
  folder?: string;
}

/** A real gateway with a packed plugin and a model of our own. Dies with the test worker, whatever becomes of it. */
export interface HostGateway extends AsyncDisposable {
  gatewayUrl: string;
  layout: Layout;
  model: ModelServer;
  /** Sends the gateway a signal and waits for its end, as a crash or a service manager would. */
  kill(signal: NodeJS.Signals): Promise<Exit>;
  /** Starts it again on the same state and ports, after a clean stop if it still runs. */
  restart(): Promise<void>;
  /** The same for one that has ended, without waiting until it can be talked to. Returns its process id. */
  spawn(): Promise<number>;
  pid(): number;
  running(): boolean;
  /** Edits the configuration file under the running gateway. */
  configure(change: (config: Block) => Block): Promise<void>;
  /** What it has printed so far. */
  logs(): Promise<string>;
  /** Runs an `openclaw` command against it. */
  cli(...args: string[]): Promise<HostRun>;
  stop(): Promise<void>;
}

export interface TestGateway extends HostGateway {
  /** Where applications connect. */
  url: string;
  port: number;
}

/** Builds and packs a plugin if its sources have changed. */
export async function packedPlugin(name = "clawwire-websocket"): Promise<PluginTarball> {
  const row = packageNamed(name);
  const { tarball, digest } = await build(root, row);
  return { name: row.name, tarball, digest };
}

/** All four plugins: what no channel of the configuration needs the host does not load. */
export async function template(): Promise<string> {
  const plugins = [];
  for (const { name } of packages) plugins.push(await packedPlugin(name));
  return await installedTemplate(root, plugins);
}

/** A gateway with the websocket channel, to which applications connect. */
export async function startGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const port = await freePort();
  const gateway = await startHost({
    ...options,
    channels: [{ plugin: "clawwire-websocket", channel: "websocket", defaults: { auth: { enabled: false }, groupPolicy: "open" }, facts: { enabled: true, port, host: "127.0.0.1" } }],
    channelPorts: [port],
    over: (config) => underKey(options.key, overlay(config, options.channel ? { channels: { websocket: options.channel } } : {})),
  });
  return Object.assign(gateway, { url: `ws://127.0.0.1:${port}/ws`, port });
}

export interface HostOptions extends Pick<GatewayOptions, "config" | "model" | "env" | "folder"> {
  /** Each with the package that brings it. */
  channels: readonly ChannelChoice[];
  /** Every port the channel should listen on. */
  channelPorts: readonly number[];
  /** The last word on the channel's block. */
  over?(config: Block): Block;
}

export async function startHost(options: HostOptions): Promise<HostGateway> {
  const layout = layoutOf(await mkdtemp(path.join(options.folder ?? tmpdir(), "clawwire-host-")));
  await cp(await template(), layout.state, { recursive: true, filter: (from) => path.basename(from) !== "npm" });
  const [gatewayPort, model] = await Promise.all([freePort(), startModelServer({ delayMs: 5, ...options.model })]);
  const env = hostEnvironment(layout, process.env, options.env);
  await prepareLayout(layout, await configOf(options, { layout, gatewayPort, model }));

  const launch = (): Promise<Guarded> => launchGateway({ layout, port: gatewayPort, channelPorts: options.channelPorts, env });
  const cleanUp = async (): Promise<void> => {
    await model.stop();
    if (!process.env["CLAWWIRE_KEEP_STATE"]) await rm(layout.root, { recursive: true, force: true });
  };
  let gateway = await launch().catch(async (cause: unknown) => {
    await cleanUp();
    throw cause;
  });
  const stop = async (): Promise<void> => {
    await gateway.stop();
    await cleanUp();
  };
  return {
    gatewayUrl: `http://127.0.0.1:${gatewayPort}`,
    layout,
    model,
    async kill(signal) {
      gateway.signal(signal);
      return gateway.exited;
    },
    async restart() {
      if (gateway.running()) await gateway.stop();
      gateway = await launch();
    },
    async spawn() {
      gateway = await spawnGateway({ layout, env });
      return gateway.pid;
    },
    pid: () => gateway.pid,
    running: () => gateway.running(),
    async configure(change) {
      await writeBlock(layout.config, change((await readBlock(layout.config)) ?? {}));
    },
    logs: () => readFile(layout.output, "utf8"),
    cli: (...args) => runHost(args, { cwd: layout.root, env }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

interface Parts {
  layout: Layout;
  gatewayPort: number;
  model: ModelServer;
}

async function configOf(options: HostOptions, { layout, gatewayPort, model }: Parts): Promise<Block> {
  const installed = (await readBlock(layout.config)) ?? {};
  const token = "token-of-the-test-gateway-and-nobody-else";
  const choice = { layout, port: gatewayPort, token, model: { baseUrl: model.baseUrl, name: practiceModel, api: "openai-responses" as const, rich: true } };
  const config = options.channels.reduce(addChannel, composeConfig(installed, choice));
  return overlay(options.over?.(config) ?? config, options.config ?? {});
}

function underKey(key: string | undefined, config: Block): Block {
  if (key === undefined) return config;
  const { websocket, ...others } = config["channels"] as Block;
  return { ...config, channels: { ...others, [key]: websocket } };
}
