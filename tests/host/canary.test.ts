import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { overlay, type Block } from "../../src/cli/gateway/block.ts";
import { connectClient } from "../support/client.ts";
import { createCanaries, filesBelow } from "./canaries.ts";
import { type CanaryStage, prepareStage, secretFields } from "./canary-stage.ts";

const soon = { timeout: 30_000, interval: 200 };

/**
 * Where a secret has to stand: the file of the configuration, with the copies that the host makes of it before it
 * writes, and the login that the server gave. What is seen anywhere else is a leak.
 */
const allowed: readonly { secret: RegExp; where: RegExp }[] = [
  { secret: /^(?!an invite code|the (bad )?token of a client)/, where: /^openclaw\/openclaw\.json/ },
  { secret: /^(issued|clawchat)/, where: /^openclaw\/clawwire\/clawchat\/[^/]+\.login\.sqlite/ },
];

const commands: readonly (readonly string[])[] = [
  ["channels", "status", "--probe", "--json"],
  ["channels", "capabilities", "--json"],
  ["status", "--all"],
  ["health", "--json"],
  ["doctor", "--non-interactive"],
  ["security", "audit", "--deep", "--json"],
  ["secrets", "audit", "--json"],
  ["config", "get", "channels", "--json"],
  ["gateway", "call", "channels.status", "--json", "--params", '{"probe":true}'],
  ["gateway", "call", "config.get", "--json"],
  ["plugins", "inspect", "clawwire-clawchat", "--runtime", "--json"],
];

const canaries = createCanaries();
let stage: CanaryStage;
beforeAll(async () => void (stage = await prepareStage(canaries)));
afterAll(() => stage.stop());

describe("a secret of an operator, a server or a client", () => {
  it("is in no log, status, snapshot, error, URL, doctor or audit output, whatever goes wrong", async () => {
    const { gateway, servers } = stage;
    await talk(stage);
    await upset(stage);
    await rotate(stage);
    await misconfigure(stage);
    await gateway.kill("SIGKILL");
    await gateway.restart();
    await Promise.all(Object.values(servers).map((server) => server.link({ timeoutMs: 60_000 })));
    await lookAtCommands(stage, commands);
    for (const secret of servers.clawchat.server.secrets) for (const part of partsOf(secret)) canaries.add(`issued by the ClawChat server: ${part.slice(0, 4)}…`, part);
    for (const { name, text } of await filesBelow(gateway.layout.root)) canaries.look(name, text);
    for (const server of Object.values(servers)) {
      const frames = server.frames.filter(({ from }) => from === "plugin").map(({ text }) => text);
      canaries.look(`what ${server.protocol.channel} was sent`, [...server.calls.map(({ path }) => path), ...frames].join("\n"));
    }
    expect([...canaries.seen].filter((each) => !isAllowed(each))).toEqual([]);
  }, 300_000);

  it("was looked for where it would be: what was looked at is there, and the places it may be in have it", async () => {
    const { gateway } = stage;
    expect([...canaries.looked.keys()]).toEqual(expect.arrayContaining(["openclaw.log", "gateway.log", "openclaw/openclaw.json"]));
    for (const [where, length] of canaries.looked) if (!where.includes("/")) expect({ where, isEmpty: length === 0 }).toEqual({ where, isEmpty: false });
    const log = await readFile(gateway.layout.log, "utf8");
    for (const sign of ["refused", "ECONNREFUSED", "EPROTO", "misnamed", "[good]"]) expect(log).toContain(sign);
    const fields = Object.entries(secretFields).flatMap(([channel, names]) => names.map((name) => `${channel} root ${name} → openclaw/openclaw.json`));
    expect([...canaries.seen]).toEqual(expect.arrayContaining(fields));
  });
});

/** Messages over every good link, and clients with tokens that are good, bad, and in every place. */
async function talk({ servers, websocketUrl, goodToken }: CanaryStage): Promise<void> {
  await Promise.all(Object.values(servers).map((server) => server.link({ timeoutMs: 60_000 })));
  const asked = Object.values(servers).map((server) => server.reply(server.say({ text: "[[say hello]]", user: "ann" }), 60_000));
  const good = await connectClient(websocketUrl, { query: { token: goodToken } });
  await good.answer(good.say("[[say hello]]"));
  await good.close();
  const bad = (place: string) => canaries.mint(`the bad token of a client, in ${place}`);
  const turnedAway = await Promise.all([
    connectClient(websocketUrl, { query: { token: bad("the query") } }),
    connectClient(websocketUrl, { token: bad("the header") }),
    connectClient(websocketUrl, { protocols: ["openclaw.chat.v1", `bearer.${bad("a subprotocol")}`] }),
    connectClient(`${websocketUrl}/away`, { query: { token: bad("the query, while the verifier is away") } }),
    connectClient(websocketUrl, { query: { token: `${bad("the query")} `, senderId: "" } }),
  ]);
  for (const client of turnedAway) {
    await client.closed;
    canaries.look("what clients are told", JSON.stringify([client.frames, await client.closed]));
  }
  await Promise.all(asked);
}

/** Servers that quote the secret when they turn it away, and send what is no frame. */
async function upset({ servers, imTokens, gateway }: CanaryStage): Promise<void> {
  const { insta, im, clawchat } = servers;
  const { access_token: token = "", refresh_token: refreshToken = "" } = clawchat.server.tokens() ?? {};
  const code = canaries.mint("an invite code");
  canaries.look("channels add", await textOf(gateway, ["channels", "add", "--channel", "clawchat", "--account", "bare", "--code", code]));
  for (const [server, secret] of [[im, imTokens["good"]], [insta, "of the client"], [clawchat, refreshToken]] as const) {
    const before = await server.link();
    server.garbage();
    server.close(4000, `unknown token ${secret ?? ""}`);
    await server.link({ after: before, timeoutMs: 60_000 });
  }
  const before = await clawchat.link();
  clawchat.server.fault("hello-fail", `unknown token ${token}`);
  clawchat.drop();
  await clawchat.link({ after: before, timeoutMs: 60_000 });
}

/** The server wants another token from now on, and the operator writes it. */
async function rotate({ servers: { im }, imTokens, gateway }: CanaryStage): Promise<void> {
  const before = await im.link({ account: "good" });
  const token = canaries.mint("nc-local-im-connector good token, the next");
  imTokens["good"] = token;
  im.drop("good");
  await gateway.configure((config) => overlay(config, { channels: { "nc-local-im-connector": { accounts: { good: { token } } } } }));
  await im.link({ account: "good", after: before, timeoutMs: 60_000 });
}

/** What the accounts cannot be started with, and the log says so. */
async function misconfigure({ gateway }: CanaryStage): Promise<void> {
  let good: Block = {};
  await gateway.configure((config) => {
    good = config;
    const spoilt = `${canaries.mint("nc-local-im-connector spoilt token")} with words`;
    const bad = { token: spoilt, serverUrl: { here: canaries.mint("nc-local-im-connector spoilt address") }, debug: "loud" };
    return overlay(config, { channels: { "nc-local-im-connector": { accounts: { closed: bad } }, "insta-claw-connector": { accounts: { closed: { clientSecret: 1234 } } }, clawchat: { accounts: { closed: { baseUrl: 7 } } } } });
  });
  await expect.poll(async () => (await gateway.logs()).match(/not started: channels\.[\w-]+\.accounts\.closed\.\w+ is wrong/g)?.length, soon).toBe(3);
  await lookAtCommands(stage, [["config", "validate"], ["channels", "status", "--json"]]);
  await gateway.configure(() => good);
}

async function lookAtCommands({ gateway }: CanaryStage, all: readonly (readonly string[])[]): Promise<void> {
  await Promise.all(all.map(async (args) => canaries.look(`openclaw ${args.join(" ")}`.replaceAll("/", " "), await textOf(gateway, args))));
}

async function textOf({ cli }: CanaryStage["gateway"], args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await cli(...args);
  return stdout + stderr;
}

/** The first part of a token is the same in all of them. */
function partsOf(token: string): string[] {
  return token.includes(".") ? token.split(".").slice(1) : [token];
}

function isAllowed(each: string): boolean {
  const [secret = "", where = ""] = each.split(" → ");
  return allowed.some((row) => row.secret.test(secret) && row.where.test(where));
}
