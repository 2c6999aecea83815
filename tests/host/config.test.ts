import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { packages } from "../../build/packages.ts";
import type { Block } from "../../src/cli/gateway/block.ts";
import { readBlock } from "../../src/cli/gateway/files.ts";
import { type Channel, channels, type FourChannels, startFour } from "./four.ts";

const blockSchema = z.record(z.string(), z.unknown());
const channelsSchema = z.looseObject({ channels: z.record(z.string(), blockSchema), bindings: z.array(z.unknown()).optional() });
const statusSchema = z.object({ channelAccounts: z.record(z.string(), z.array(z.looseObject({ accountId: z.string(), configured: z.boolean().optional(), stateReason: z.string().optional() }))) });
const formSchema = z.object({ schema: z.looseObject({}), uiHints: z.record(z.string(), z.looseObject({ label: z.string().optional(), help: z.string().optional(), sensitive: z.boolean().optional() })) });

/** It stands where a text belongs, so it is wrong and secret at once. */
const canary = 7_391_846_551_203;

/** Beside an account that works, one that does not, and what is said of it. */
const broken: Readonly<Record<Channel, { accounts: Block; problem: string }>> = {
  websocket: { accounts: { bad: { port: "abc" }, odd: 5, typo: { prot: 18801 } }, problem: "channels.websocket.accounts.bad.port: expected a whole number from 1 to 65535, got a string" },
  "insta-claw-connector": {
    accounts: { good: {}, bad: { clientSecret: canary }, odd: { allowFrom: "ann", groups: [1], limits: 3, dmPolicy: null } },
    problem: "channels.insta-claw-connector.accounts.bad.clientSecret: expected a string of at most 512 characters (printable ASCII) or a SecretRef, got a number",
  },
  "nc-local-im-connector": {
    accounts: { good: {}, bad: { token: canary } },
    problem: "channels.nc-local-im-connector.accounts.bad.token: expected a string of 1 to 4096 characters (ASCII without spaces) or a SecretRef, got a number",
  },
  clawchat: { accounts: { default: {}, bad: { heartbeat: "often" } }, problem: "channels.clawchat.accounts.bad.heartbeat: expected an object, got a string" },
};

const secrets: Readonly<Record<Channel, readonly string[]>> = {
  websocket: [],
  "insta-claw-connector": ["clientSecret", "appSecret"],
  "nc-local-im-connector": ["token", "gatewayToken"],
  clawchat: ["token", "refreshToken"],
};

let four: FourChannels;

beforeAll(async () => {
  four = await startFour({ channels: Object.fromEntries(channels.map((channel) => [channel, { accounts: broken[channel].accounts }])) });
}, 120_000);

afterAll(() => four.stop());

/** The text of the host's boxes on one line. */
const plain = (text: string) => text.replace(/[│├╮╯─◇\s]+/g, " ");

const call = async (method: string) => {
  const { stdout } = await four.cli("gateway", "call", method, "--json");
  return stdout.slice(stdout.indexOf("{"));
};

describe("a gateway with an account of every channel misconfigured", () => {
  it.each(channels)("starts, and the account of %s beside it answers", async (channel) => {
    expect(await four.wires[channel].ask("ada", "[[say here I am]]")).toContain("here I am");
  });

  it("names each in its status and in the log by path, expectation and type, and no value", async () => {
    const [json, text] = await Promise.all([four.cli("channels", "status", "--json"), four.cli("channels", "status")]);
    const { channelAccounts } = statusSchema.parse(JSON.parse(json.stdout.slice(json.stdout.indexOf("{"))));
    const bad = channels.map((channel) => channelAccounts[channel]?.find(({ accountId }) => accountId === "bad"));
    expect(bad).toEqual(channels.map((channel) => expect.objectContaining({ configured: false, stateReason: broken[channel].problem }) as unknown));
    for (const channel of channels) expect(plain(text.stdout)).toContain(broken[channel].problem);
    const logs = await four.logs();
    for (const channel of channels) expect(logs).toContain(broken[channel].problem.replace(": ", " is wrong: "));
    expect(json.stdout + text.stdout + logs).not.toContain(String(canary));
  });

  it("takes no such value from channels add, and says what was expected", async () => {
    const before = await readBlock(four.layout.config);
    const { code, stdout, stderr } = await four.cli("channels", "add", "--channel", "websocket", "--account", "more", "--port", "70000");
    expect(code).not.toBe(0);
    expect(plain(stdout + stderr)).toContain("expected a whole number from 1 to 65535, got a number");
    expect(await readBlock(four.layout.config)).toEqual(before);
  });

  it("offers a form for every channel with a label and a help text for each field, and its secrets masked", async () => {
    const [form, config] = await Promise.all([call("config.schema"), call("config.get")]);
    const { schema, uiHints } = formSchema.parse(JSON.parse(form));
    const { properties } = z.object({ properties: z.object({ channels: z.object({ properties: blockSchema }) }) }).parse(schema);
    for (const channel of channels) {
      const { properties: root } = z.looseObject({ properties: blockSchema }).parse(properties.channels.properties[channel]);
      const accounts = z.object({ additionalProperties: z.object({ properties: blockSchema }) }).parse(root["accounts"]).additionalProperties.properties;
      // The host adds one of its own, which it describes itself.
      const paths = [...Object.keys(root), ...Object.keys(accounts).map((field) => `accounts.*.${field}`)].filter((path) => !path.endsWith("heartbeatVisibility"));
      const describedBy = (path: string) => z.object({ description: z.string().optional() }).parse(path.startsWith("accounts.*.") ? accounts[path.slice("accounts.*.".length)] : root[path]).description;
      const hints = paths.map((path) => ({ path, ...uiHints[`channels.${channel}.${path}`] }));
      // The form shows a field's description where there is no help beside it.
      expect(hints.filter(({ label, help, path }) => !label || !(help ?? describedBy(path))).map(({ path }) => path)).toEqual([]);
      // By its name the host takes the path of a secret's file for a secret too.
      expect(hints.filter(({ path, sensitive }) => sensitive && !path.endsWith("File")).map(({ path }) => path).toSorted()).toEqual([...secrets[channel], ...secrets[channel].map((field) => `accounts.*.${field}`)].toSorted());
    }
    // Of what stands in a secret's field the host masks texts; a number it shows to whoever may read the configuration.
    const { channels: written } = channelsSchema.parse(await readBlock(four.layout.config));
    const plainSecrets = channels.flatMap((channel) => secrets[channel].map((field) => written[channel]?.[field]).filter((value) => typeof value === "string"));
    expect(plainSecrets.length).toBeGreaterThan(1);
    expect(plainSecrets.filter((secret) => config.includes(secret))).toEqual([]);
  });
});

describe("the doctor, with blocks of the original plugins", () => {
  // The gateway runs: without one the doctor waits for it for a minute.
  beforeAll(() => four.configure((config) => older(config)));

  it("names every older key", async () => {
    const named = plain((await four.cli("doctor", "--non-interactive")).stdout);
    for (const text of [
      "channels.ws: the channel is called channels.websocket now",
      "channels.clawchat-plugin-openclaw: the channel is called channels.clawchat now",
      "channels.clawchat-plugin-openclaw.allowAll: the field has no meaning any more",
      "channels.insta-claw-connector.appKey: the field is called clientId now",
      "channels.insta-claw-connector.accounts: appSecret of an account: the field is called clientSecret now",
      "channels.nc-local-im-connector.clientWsUrl: the field is called serverUrl now",
      "channels.nc-local-im-connector.wsPort: the field has no meaning any more",
      'bindings: names the channel "ws", which is called "websocket" now',
    ])
      expect(named).toContain(text);
  });

  it("brings every older key up to date", async () => {
    const before = channelsSchema.parse(await readBlock(four.layout.config));

    // Under a running gateway it mends nothing.
    await four.kill("SIGTERM");
    const fixed = await four.cli("doctor", "--fix", "--non-interactive");
    expect(plain(fixed.stdout), fixed.stderr).toContain("Moved channels.ws → channels.websocket");
    const after = channelsSchema.parse(await readBlock(four.layout.config));
    expect(after.channels).toMatchObject(modern(before.channels));
    expect(Object.keys(after.channels)).toEqual(expect.not.arrayContaining(["ws", "clawchat-plugin-openclaw"]));
    expect(after.bindings).toContainEqual(expect.objectContaining({ match: expect.objectContaining({ channel: "websocket" }) as unknown }));
  });

  it("leaves running what ran before, and names nothing any more", async () => {
    await four.restart();
    await Promise.all(Object.values(four.servers).map((server) => server.link({ timeoutMs: 60_000 })));
    for (const channel of channels) expect(await four.wires[channel].ask("bea", "[[say still here]]")).toContain("still here");
    expect(plain((await four.cli("doctor", "--non-interactive")).stdout)).not.toMatch(/is called|no meaning any more/);
  });
});

/** The same configuration as an operator of the original plugins has it. */
function older(config: Block): Block {
  const { websocket, clawchat, "insta-claw-connector": claw = {}, "nc-local-im-connector": im = {}, ...others } = channelsSchema.parse(config).channels;
  const { accounts: _ws, ...ws } = websocket ?? {};
  const { accounts: _chat, ...chat } = clawchat ?? {};
  const { clientId, clientSecret, accounts: _claw, ...clawOthers } = claw;
  const { serverUrl, accounts: _im, ...imOthers } = im;
  return {
    ...config,
    bindings: [{ agentId: "main", match: { channel: "ws", accountId: "default" } }],
    channels: {
      ...others,
      ws,
      "clawchat-plugin-openclaw": { ...chat, allowAll: true },
      "insta-claw-connector": { ...clawOthers, appKey: clientId, accounts: { good: { appSecret: clientSecret } } },
      "nc-local-im-connector": { ...imOthers, clientWsUrl: serverUrl, wsPort: 8080, accounts: { good: {} } },
    },
  };
}

/** What each block of `older` has to become; written out once more so that nothing of the plugin judges itself. */
function modern(before: Readonly<Record<string, Readonly<Record<string, unknown>>>>): object {
  const { ws = {}, "clawchat-plugin-openclaw": chat = {}, "insta-claw-connector": claw = {}, "nc-local-im-connector": im = {} } = before;
  const { allowAll: _allow, ...clawchat } = chat;
  const { good } = z.object({ good: z.object({ appSecret: z.string() }) }).parse(claw["accounts"]);
  return {
    websocket: ws,
    clawchat,
    "insta-claw-connector": { clientId: claw["appKey"], accounts: { good: { clientSecret: good.appSecret } } },
    "nc-local-im-connector": { serverUrl: im["clientWsUrl"] },
  };
}

describe("the packages", () => {
  it("are the four that this file has shown", () => {
    expect(packages.map(({ channel }) => channel).toSorted()).toEqual([...channels].toSorted());
  });
});
