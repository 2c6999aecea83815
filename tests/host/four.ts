import { packages } from "../../build/packages.ts";
import { overlay, type Block } from "../../src/cli/gateway/block.ts";
import { freePort } from "../../src/cli/gateway/ports.ts";
import { startSimulator, type Saying, type Simulator, type SimulatorOptions } from "../../src/testing/simulator/simulator.ts";
import type { OptionsOf, ProtocolName, ServerOf } from "../../src/testing/simulator/protocols.ts";
import { type ChatClient, connectClient } from "../support/client.ts";
import { type GatewayOptions, type HostGateway, startHost } from "./gateway.ts";

export const channels = ["websocket", "insta-claw-connector", "nc-local-im-connector", "clawchat"] as const;

export type Channel = (typeof channels)[number];

export interface FourOptions extends Pick<GatewayOptions, "config" | "model" | "env" | "folder"> {
  /** Over the channels' blocks: everybody may talk directly to each, with no verifier. */
  channels?: Partial<Readonly<Record<Channel, Block>>>;
  simulators?: { readonly [Name in ProtocolName]?: SimulatorOptions<OptionsOf<Name>> };
}

/** A channel as its remote users see it. */
export interface Wire {
  channel: Channel;
  /** Says something as a user and waits for the complete answer's text. */
  ask(user: string, text: string): Promise<string>;
  /** The same without waiting. */
  say(user: string, text: string): Promise<Asked>;
  /** What the agent has said that answers nobody's message, oldest first. */
  unasked(): string[];
  /** Where `openclaw message send --target` reaches a user who has spoken before. */
  target(user: string): string;
}

/** A message whose answer may still come. */
export interface Asked {
  messageId: string;
  /** The answer so far. */
  text(): string;
  isOver(): boolean;
}

export interface FourChannels extends HostGateway {
  wires: Readonly<Record<Channel, Wire>>;
  websocket: { url: string; port: number; client(user: string): Promise<ChatClient> };
  servers: { readonly [Name in ProtocolName]: Simulator<ServerOf<Name>> };
}

/** One gateway with all four plugins, and a remote end for each. */
export async function startFour(options: FourOptions = {}): Promise<FourChannels> {
  const servers = await startServers(options.simulators);
  const stopServers = () => Promise.all(Object.values(servers).map((server) => server.stop()));
  const port = await freePort();
  const blocks: Readonly<Record<Channel, Block>> = {
    websocket: { enabled: true, port, host: "127.0.0.1", auth: { enabled: false }, groupPolicy: "open" },
    "insta-claw-connector": blockOf(servers["insta-claw"]),
    "nc-local-im-connector": blockOf(servers["local-im"]),
    clawchat: { ...blockOf(servers.clawchat), greeting: false, groups: { "*": { batchDelaySeconds: 1 } } },
  };
  const gateway = await startHost({
    ...options,
    channels: packages.map(({ name, channel }) => ({ plugin: name, channel, defaults: {}, facts: overlay(blocks[channel as Channel], options.channels?.[channel as Channel] ?? {}) })),
    channelPorts: [port],
  }).catch(async (cause: unknown) => {
    await stopServers();
    throw cause;
  });

  const clients = new Map<string, Promise<ChatClient>>();
  const url = `ws://127.0.0.1:${port}/ws`;
  const client = (user: string) => {
    const known = clients.get(user) ?? connectClient(url, { senderId: user });
    clients.set(user, known);
    return known;
  };
  const stop = async () => {
    for (const open of clients.values()) await (await open).close();
    await gateway.stop();
    await stopServers();
  };
  const wires: Record<Channel, Wire> = {
    websocket: listeningWire(client),
    "insta-claw-connector": dialedWire("insta-claw-connector", servers["insta-claw"], (user, text) => ({ user, session: user, text }), (user) => `insta-claw:user:${user}`),
    "nc-local-im-connector": dialedWire("nc-local-im-connector", servers["local-im"], (user, text) => ({ user, conversation: `c-${user}`, text }), (user) => `local-im:user:${user}`),
    clawchat: dialedWire("clawchat", servers.clawchat, (user, text) => ({ user, text }), (user) => `clawchat:${servers.clawchat.server.world.user(user).id}`),
  };
  await Promise.all(Object.values(servers).map((server) => server.link({ timeoutMs: 60_000 })));
  return { ...gateway, wires, websocket: { url, port, client }, servers, stop, [Symbol.asyncDispose]: stop };
}

function listeningWire(client: (user: string) => Promise<ChatClient>): Wire {
  const known: ChatClient[] = [];
  const said = new Set<string>();
  const say = async (user: string, text: string) => {
    const speaker = await client(user);
    if (!known.includes(speaker)) known.push(speaker);
    const messageId = speaker.say(text);
    said.add(messageId);
    const last = () => speaker.framesOf(messageId).findLast(({ content }) => content !== undefined);
    return { speaker, messageId, text: () => last()?.content ?? "", isOver: () => speaker.framesOf(messageId).some(({ type }) => isEnd(type)) };
  };
  return {
    channel: "websocket",
    say,
    async ask(user, text) {
      const { speaker, messageId } = await say(user, text);
      const { content, error } = await speaker.answer(messageId, 60_000);
      return content ?? error ?? "";
    },
    unasked: () => known.flatMap(({ frames }) => frames.flatMap(({ type, messageId = "", content = "" }) => (type === "chat.response" && !said.has(messageId) ? [content] : []))),
    target: (user) => `ws:user:${user}`,
  };
}

function isEnd(type: string): boolean {
  return type === "chat.response" || type === "chat.error";
}

function dialedWire(channel: Channel, server: Simulator, saying: (user: string, text: string) => Saying, target: (user: string) => string): Wire {
  const replyTo = (messageId: string) => server.replies.find((reply) => reply.messageId === messageId);
  return {
    channel,
    async say(user, text) {
      const messageId = server.say(saying(user, text));
      return { messageId, text: () => replyTo(messageId)?.text ?? "", isOver: () => replyTo(messageId)?.end !== undefined };
    },
    async ask(user, text) {
      const { text: answer, end } = await server.reply(server.say(saying(user, text)), 60_000);
      return end?.how === "failed" ? end.error : answer;
    },
    unasked: () => server.replies.flatMap(({ messageId, text }) => (messageId === undefined ? [text] : [])),
    target,
  };
}

async function startServers(options: FourOptions["simulators"] = {}) {
  return {
    "insta-claw": await startSimulator("insta-claw", options["insta-claw"]),
    "local-im": await startSimulator("local-im", options["local-im"]),
    clawchat: await startSimulator("clawchat", { accounts: { simulator: "" }, ...options.clawchat }),
  };
}

function blockOf(server: Simulator): Block {
  return server.config[server.protocol.channel] as Block;
}
