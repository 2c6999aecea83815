import { packages } from "../../build/packages.ts";
import type { Block } from "../../src/cli/gateway/block.ts";
import type { Reply } from "../../src/testing/simulator/record.ts";
import type { OptionsOf, ProtocolName, ServerOf } from "../../src/testing/simulator/protocols.ts";
import { startSimulator, type Saying, type Simulator, type SimulatorOptions } from "../../src/testing/simulator/simulator.ts";
import { type GatewayOptions, type HostGateway, startHost } from "./gateway.ts";

export interface DialedOptions<Name extends ProtocolName> extends Pick<GatewayOptions, "config" | "model"> {
  /** The channel's whole block, made for a server at this address. */
  block(url: string): Block;
  env?(url: string): Readonly<Record<string, string>>;
  simulator?: SimulatorOptions<OptionsOf<Name>>;
}

export interface DialedGateway<Name extends ProtocolName = ProtocolName> extends HostGateway {
  /** The server that the plugin dials, and its users. */
  server: Simulator<ServerOf<Name>>;
  /** Says something as the remote user and waits for the complete answer. */
  ask(saying: Saying): Promise<Reply>;
  /** Waits until so much of an answer has come. */
  untilSays(messageId: string, text: string): Promise<Reply>;
  /** How often the model was asked this. */
  timesAsked(text: string): number;
  /** Lets a stranger in as an operator does, with the code that the stranger was told. */
  approve(text: string): Promise<void>;
}

/** A gateway with a channel that dials, and the server it dials. */
export async function startDialed<Name extends ProtocolName>(protocol: Name, { block, env, simulator, ...options }: DialedOptions<Name>): Promise<DialedGateway<Name>> {
  const row = packages.find(({ folder }) => folder === protocol);
  if (!row) throw new Error(`build/packages.ts has no row for ${protocol}`);
  const server = await startSimulator(protocol, simulator);
  const gateway = await startHost({
    ...options,
    ...(env && { env: env(server.url) }),
    channels: [{ plugin: row.name, channel: row.channel, defaults: {}, facts: block(server.url) }],
    channelPorts: [],
  }).catch(async (cause: unknown) => {
    await server.stop();
    throw cause;
  });
  const stop = async () => {
    await gateway.stop();
    await server.stop();
  };
  return {
    ...gateway,
    server,
    ask: (saying) => server.reply(server.say(saying), 60_000),
    untilSays: (messageId, text) => server.until(() => server.replies.find((reply) => reply.messageId === messageId && reply.text.includes(text)), `"${text}" in the answer`, 30_000),
    timesAsked: (text) => gateway.model.requests.filter(({ prompt }) => prompt.text.includes(text)).length,
    async approve(text) {
      const [, channel = "", code = ""] = /openclaw pairing approve (\S+) (\w+)/.exec(text) ?? [];
      const { code: exit, stderr } = await gateway.cli("pairing", "approve", channel, code);
      if (exit !== 0) throw new Error(`nobody was approved by "${text}": ${stderr}`);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
