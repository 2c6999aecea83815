import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { packages } from "../../../build/packages.ts";
import { practiceModel, startModelServer, type ModelServer } from "../../testing/model-server.ts";
import { blockAt, without, type Block } from "../gateway/block.ts";
import { addChannel, composeConfig, type ChannelChoice, type ModelChoice } from "../gateway/config.ts";
import { hostEnvironment, installEnvironment } from "../gateway/environment.ts";
import { readBlock } from "../gateway/files.ts";
import { launchGateway, prepareLayout } from "../gateway/gateway.ts";
import type { Guarded } from "../gateway/guarded.ts";
import type { Layout } from "../gateway/layout.ts";
import { installPlugin, isInstalled, type PluginTarball } from "../gateway/plugin.ts";
import type { Io } from "../io.ts";
import type { Steps } from "../steps.ts";

export interface InstanceOptions {
  layout: Layout;
  channel: Omit<ChannelChoice, "plugin">;
  /** Ports on which the channel listens. */
  channelPorts: readonly number[];
  /** Whether the channel has dialed, where it does. */
  hasDialed?: () => boolean;
  gatewayPort: number;
  model?: ModelChoice;
  plugin: PluginTarball;
  abort: AbortSignal;
}

export interface Instance {
  gateway: Guarded;
  model?: ModelServer;
}

/** Brings up model, plugin and gateway, or nothing. */
export async function startInstance(options: InstanceOptions, steps: Steps, io: Pick<Io, "env">): Promise<Instance> {
  const { layout, channelPorts, hasDialed, gatewayPort, abort } = options;
  const practice = options.model ? undefined : await startModelServer({ remember: 0 });
  try {
    const model: ModelChoice = options.model ?? { baseUrl: practice?.baseUrl ?? "", name: practiceModel, api: "openai-responses", rich: true };
    const env = hostEnvironment(layout, io.env, model.keyEnv ? { [model.keyEnv]: io.env[model.keyEnv] } : {});
    await configure(options, model, io, steps);
    await rm(layout.output, { force: true });
    const gateway = await steps.step("starting OpenClaw", () => launchGateway({ layout, port: gatewayPort, channelPorts, env, abort, ...(hasDialed && { hasDialed }) }));
    return { gateway, ...(practice ? { model: practice } : {}) };
  } catch (cause) {
    await practice?.stop();
    throw cause;
  }
}

async function configure(options: InstanceOptions, model: ModelChoice, io: Pick<Io, "env">, steps: Steps): Promise<void> {
  const { layout, plugin, gatewayPort, channel, abort } = options;
  const before = (await readBlock(layout.config)) ?? {};
  const choice = { layout, port: gatewayPort, token: tokenOf(before), model };
  if (!(await isInstalled(layout, plugin))) {
    await prepareLayout(layout, without(composeConfig(before, choice), "channels"));
    await steps.step(`installing ${plugin.name} into OpenClaw`, () => installPlugin(layout, plugin, installEnvironment(layout, io.env), { abort }));
  }
  const after = (await readBlock(layout.config)) ?? {};
  const kept = { ...after, channels: othersOff(blockAt(before, "channels"), channel.channel) };
  await prepareLayout(layout, addChannel(composeConfig(kept, choice), { ...channel, plugin: plugin.name }));
}

/** What another run has left there would listen or dial beside this one. */
function othersOff(channels: Block, wanted: string): Block {
  const ours = packages.map(({ channel }) => channel).filter((name) => name !== wanted && name in channels);
  return { ...channels, ...Object.fromEntries(ours.map((name) => [name, { ...blockAt(channels, name), enabled: false }])) };
}

/** The gateway's own password, made once per state directory. */
function tokenOf(config: Block): string {
  const { token } = blockAt(blockAt(config, "gateway"), "auth");
  return typeof token === "string" && token.length >= 32 ? token : randomBytes(32).toString("base64url");
}
