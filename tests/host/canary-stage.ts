import { createServer, type AddressInfo, type Socket } from "node:net";
import { packages } from "../../build/packages.ts";
import * as clawchatConfig from "../../generated/clawchat/config.ts";
import * as instaClawConfig from "../../generated/insta-claw/config.ts";
import * as localImConfig from "../../generated/local-im/config.ts";
import * as websocketConfig from "../../generated/websocket/config.ts";
import type { Block } from "../../src/cli/gateway/block.ts";
import { freePort } from "../../src/cli/gateway/ports.ts";
import type { ServerOf } from "../../src/testing/simulator/protocols.ts";
import { startSimulator, type Simulator } from "../../src/testing/simulator/simulator.ts";
import { startVerifier } from "../conformance/account.ts";
import type { Canaries } from "./canaries.ts";
import type { Channel } from "./four.ts";
import { type HostGateway, startHost } from "./gateway.ts";

/** Of each channel, what the generated configuration calls a secret: a new field is in the test by itself. */
export const secretFields: Readonly<Record<Channel, readonly string[]>> = {
  websocket: websocketConfig.configSecrets,
  "insta-claw-connector": instaClawConfig.configSecrets,
  "nc-local-im-connector": localImConfig.configSecrets,
  clawchat: clawchatConfig.configSecrets,
};

/** One gateway whose accounts hold canaries and meet every kind of trouble. */
export interface CanaryStage {
  gateway: HostGateway;
  servers: { insta: Simulator; im: Simulator; clawchat: Simulator<ServerOf<"clawchat">> };
  /** What the IM server wants of each account; a test may want another one. */
  imTokens: Record<string, string>;
  websocketUrl: string;
  /** What the verifier takes for a user's. */
  goodToken: string;
  stop(): Promise<void>;
}

export async function prepareStage(canaries: Canaries): Promise<CanaryStage> {
  const secretsIn = (channel: Channel, place: string) => Object.fromEntries(secretFields[channel].map((field) => [field, canaries.mint(`${channel} ${place} ${field}`)]));
  const [imGood, instaGood] = [secretsIn("nc-local-im-connector", "good"), secretsIn("insta-claw-connector", "good")];
  const imTokens: Record<string, string> = { good: imGood["token"] ?? "" };
  const goodToken = canaries.mint("the token of a client");
  const servers = {
    insta: await startSimulator("insta-claw", { accounts: { good: instaGood["clientSecret"] ?? "" } }),
    im: await startSimulator("local-im", { accounts: imTokens }),
    clawchat: await startSimulator("clawchat", { accounts: { good: "" } }),
  };
  const parrot = await startParrot();
  const verifier = await startVerifier((token) =>
    token === goodToken ? { body: { success: true, data: { userId: "ann" } } } : { body: { success: false, error: "bad_token", message: `nobody has the token ${token}` } },
  );
  const [port, closed] = [await freePort(), await freePort()];
  /** Where accounts go wrong, each with a secret in the address as well. */
  const places = (channel: string, url: string) => {
    const withSecrets = (address: string, place: string) => {
      const parsed = new URL(address);
      parsed.password = canaries.mint(`${channel} ${place} password in the address`);
      parsed.username = "operator";
      parsed.searchParams.set("token", canaries.mint(`${channel} ${place} token in the address`));
      return parsed.href;
    };
    return {
      good: withSecrets(url, "good"),
      refused: withSecrets(url, "refused"),
      closed: withSecrets(`ws://127.0.0.1:${closed}/`, "closed"),
      tls: withSecrets(url.replace("ws:", "wss:"), "tls"),
      garbage: withSecrets(`ws://127.0.0.1:${parrot.port}/`, "garbage"),
      misnamed: withSecrets("ws://127.0.0.1:1/", "misnamed").replace("ws:", "ftp:"),
    };
  };
  const accountsOf = (channel: Channel, field: string, url: string, good: Block) =>
    Object.fromEntries(Object.entries(places(channel, url)).map(([place, address]) => [place, { [field]: address, ...(place === "good" ? good : secretsIn(channel, place)) }]));

  const { accounts: _accounts, ...chatLogin } = servers.clawchat.config["clawchat"] as Block;
  const { token, refreshToken, userId, ownerUserId, agentId, homeConversationId, deviceId, ...chat } = chatLogin;
  const issued = { token, refreshToken, userId, ownerUserId, agentId, homeConversationId, deviceId };
  const stranger = { userId: "usr_stranger", ownerUserId: "usr_owner" };
  const chatAt = (baseUrl: string) => ({ baseUrl, websocketUrl: `${baseUrl.replace("http", "ws")}/ws` });
  const blocks: Readonly<Record<Channel, Block>> = {
    websocket: {
      enabled: true, port, host: "127.0.0.1", ...secretsIn("websocket", "root"), groupPolicy: "open",
      auth: { endpoint: `${verifier.endpoint}?key=${canaries.mint("websocket root key in the address")}` },
      accounts: {
        away: { ...secretsIn("websocket", "away"), auth: { endpoint: `http://127.0.0.1:${closed}/verify?key=${canaries.mint("websocket away key in the address")}` } },
        named: { auth: { endpoint: `http://operator:${canaries.mint("websocket named password in the address")}@127.0.0.1:${closed}/verify` } },
      },
    },
    "insta-claw-connector": {
      enabled: true, debug: true, clientId: "good", ...secretsIn("insta-claw-connector", "root"), dmPolicy: "open",
      accounts: accountsOf("insta-claw-connector", "wsUrl", servers.insta.url, instaGood),
    },
    "nc-local-im-connector": {
      enabled: true, debug: true, ...secretsIn("nc-local-im-connector", "root"), dmPolicy: "open",
      accounts: accountsOf("nc-local-im-connector", "serverUrl", servers.im.url, imGood),
    },
    clawchat: {
      ...chat, debug: true, greeting: false, ...secretsIn("clawchat", "root"),
      accounts: {
        good: issued,
        refused: { ...stranger, ...secretsIn("clawchat", "refused") },
        closed: { ...stranger, ...secretsIn("clawchat", "closed"), ...chatAt(`http://127.0.0.1:${closed}`) },
        tls: { ...stranger, ...secretsIn("clawchat", "tls"), ...chatAt(`https://127.0.0.1:${servers.clawchat.port}`) },
        garbage: { ...stranger, ...secretsIn("clawchat", "garbage"), ...chatAt(`http://127.0.0.1:${parrot.port}`) },
        misnamed: { ...stranger, ...secretsIn("clawchat", "misnamed"), baseUrl: `https://operator:${canaries.mint("clawchat misnamed password in the address")}@127.0.0.1:1` },
        bare: {},
      },
    },
  };
  const stopServers = async () => {
    parrot.stop();
    await verifier.stop();
    await Promise.all(Object.values(servers).map((server) => server.stop()));
  };
  const gateway = await startHost({
    channels: packages.map(({ name, channel }) => ({ plugin: name, channel, defaults: {}, facts: blocks[channel as Channel] })),
    channelPorts: [port],
    config: { gateway: { auth: { token: canaries.mint("the gateway's own token") } }, logging: { level: "debug", consoleLevel: "debug" } },
  }).catch(async (cause: unknown) => {
    await stopServers();
    throw cause;
  });
  const stop = async () => {
    await gateway.stop();
    await stopServers();
  };
  return { gateway, servers, imTokens, websocketUrl: `ws://127.0.0.1:${port}/ws`, goodToken, stop };
}

/** Says back whatever it is told, which is no answer to anything, and ends. */
async function startParrot(): Promise<{ port: number; stop(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("data", (data) => socket.end(`HTTP/1.1 200 ${data.toString("latin1").replaceAll(/[\r\n]+/g, " ")}\r\nx-echo: 1\r\ncontent-length: 3\r\n\r\nno\n`));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
