import { packages } from "../../../build/packages.ts";
import { type News, startSimulator, type Simulator } from "../../testing/simulator/simulator.ts";
import type { ChannelChoice } from "../gateway/config.ts";

export const channelNames = ["websocket", "insta-claw", "local-im", "clawchat"] as const;

export type ChannelName = (typeof channelNames)[number];

/** Where a person finds each channel unless told otherwise: it listens there, or the server that it dials does. */
export const usualPorts: Readonly<Record<ChannelName, number>> = { websocket: 18800, "insta-claw": 18801, "local-im": 18802, clawchat: 18803 };

/** What a run needs of its channel. */
export interface StartChannel {
  /** The package. */
  plugin: string;
  choice: Omit<ChannelChoice, "plugin">;
  /** Ports on which the channel itself listens. */
  channelPorts: readonly number[];
  address: string;
  /** The remote end, where the channel dials. */
  server?: Simulator;
  /** Whose words the person's are there; absent where the server has somebody of its own. */
  speaker?: string;
  stop(): Promise<void>;
}

/** `tell` hears what happens at the remote end, where there is one. */
export async function openChannel(name: ChannelName, port: number, tell: (news: News) => void): Promise<StartChannel> {
  return name === "websocket" ? listening(port) : await dialing(name, port, tell);
}

export function addressOf(name: ChannelName, port: number): string {
  return `ws://127.0.0.1:${port}${name === "websocket" || name === "clawchat" ? "/ws" : "/"}`;
}

/** Strangers may talk, because none but this machine reaches the port; so verifying them is left out as well. */
function listening(port: number): StartChannel {
  return {
    plugin: packageOf("websocket").name,
    choice: { channel: "websocket", defaults: { auth: { enabled: false }, groupPolicy: "open" }, facts: { enabled: true, port, host: "127.0.0.1" } },
    channelPorts: [port],
    address: addressOf("websocket", port),
    stop: async () => {},
  };
}

async function dialing(name: Exclude<ChannelName, "websocket">, port: number, tell: (news: News) => void): Promise<StartChannel> {
  const server = await startSimulator(name, { port, tell });
  const { channel } = server.protocol;
  // The server is ours for this run, whatever stood there before; who may talk is the person's to change.
  const { dmPolicy, groupPolicy, allowFrom: _everybody, ...facts } = server.server.configFor(server.url);
  return {
    plugin: packageOf(name).name,
    choice: { channel, defaults: { dmPolicy, ...(groupPolicy !== undefined && { groupPolicy }) }, facts },
    channelPorts: [],
    address: server.url,
    server,
    ...(name !== "clawchat" && { speaker: "you" }),
    stop: () => server.stop(),
  };
}

function packageOf(folder: ChannelName) {
  const row = packages.find((each) => each.folder === folder);
  if (!row) throw new Error(`build/packages.ts has no row for ${folder}`);
  return row;
}
