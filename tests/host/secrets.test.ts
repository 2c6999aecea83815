import { randomBytes } from "node:crypto";
import { realpathSync } from "node:fs";
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packages } from "../../build/packages.ts";
import { overlay, type Block } from "../../src/cli/gateway/block.ts";
import { freePort } from "../../src/cli/gateway/ports.ts";
import { startSimulator, type Simulator } from "../../src/testing/simulator/simulator.ts";
import { type HostGateway, startHost } from "./gateway.ts";

const soon = { timeout: 60_000, interval: 500 };
const dialed = ["insta-claw-connector", "nc-local-im-connector", "clawchat"] as const;
/** Where the host can look a secret up; `filed` is a file that the account itself names. */
const sources = ["env", "file", "exec", "store"] as const;
/** Those that have it when the gateway starts. */
const found = ["env", "file", "exec"] as const;

type Dialed = (typeof dialed)[number];
type Source = (typeof sources)[number];

interface Wire {
  server: Simulator;
  /** The accounts that are there when the gateway has started. */
  accounts: readonly string[];
}

let gateway: HostGateway;
let folder: string;
const wires = new Map<Dialed, Wire>();
/** What each name stands for, wherever it is looked up. */
const values: Record<string, string> = {};
/** Accounts whose secret nobody has yet: with one of them the gateway would not call itself ready. */
const later: Record<string, Block> = {};
const [instaSecrets, imSecrets]: Record<string, string>[] = [{}, {}];

const wire = (channel: Dialed) => {
  const found = wires.get(channel);
  if (!found) throw new Error(`${channel} was not started`);
  return found;
};
const mint = (name: string, value = randomBytes(16).toString("hex")) => {
  values[name] = value;
  return value;
};
const refTo = (source: Source, name: string) => ({ source, provider: { env: "default", store: "default", file: "files", exec: "program" }[source], id: source === "file" ? `/${name}` : name });
const writeValues = () => writeFile(path.join(folder, "values.json"), JSON.stringify(values), { mode: 0o600 });

beforeAll(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), "clawwire-secrets-")));
  const blocks = await prepareBlocks();
  await writeValues();
  await writeFile(path.join(folder, "program.mjs"), `import { readFileSync } from "node:fs";
const { ids } = JSON.parse(readFileSync(0, "utf8"));
const all = JSON.parse(readFileSync(${JSON.stringify(path.join(folder, "values.json"))}, "utf8"));
console.log(JSON.stringify({ protocolVersion: 1, values: Object.fromEntries(ids.map((id) => [id, all[id]])) }));
`);
  const port = await freePort();
  gateway = await startHost({
    channels: packages.map(({ name, channel }) => ({ plugin: name, channel, defaults: {}, facts: blocks.get(channel as Dialed) ?? { enabled: true, port, host: "127.0.0.1", auth: { enabled: false } } })),
    channelPorts: [port],
    env: Object.fromEntries(Object.entries(values).filter(([name]) => name.endsWith("_ENV"))),
    config: {
      secrets: {
        providers: {
          files: { source: "file", path: path.join(folder, "values.json") },
          program: { source: "exec", command: realpathSync(process.execPath), args: [path.join(folder, "program.mjs")] },
        },
      },
    },
  });
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all([...wires.values()].map(({ server }) => server.stop()));
  await rm(folder, { recursive: true, force: true });
});

describe("a secret that the host looks up", () => {
  it.each(dialed)("reaches the server of %s from the environment, a file and a program, in newer and older fields", async (channel) => {
    const { server, accounts } = wire(channel);
    for (const account of accounts) expect((await server.link({ account, timeoutMs: 60_000 })).open).toBe(true);
  });

  it("leaves only the accounts down for which there is none, and says so", async () => {
    await gateway.configure((config) => overlay(config, { channels: later }));
    await expect.poll(() => accountsOf("lost"), soon).toHaveLength(dialed.length);
    for (const { channel, lost, others } of await accountsOf("lost")) {
      expect(JSON.stringify(lost), channel).toMatch(/unavailable|no value for the SecretRef/i);
      expect(lost["connected"] ?? false, channel).toBe(false);
      for (const account of wire(channel).accounts) expect(others.find(({ accountId }) => accountId === account), `${channel} ${account}`).toMatchObject({ running: true, connected: true });
    }
  });

  it("is known to openclaw secrets audit in every channel, plain and unresolved", async () => {
    const { stdout } = await gateway.cli("secrets", "audit", "--json");
    for (const channel of dialed) expect(stdout).toContain(`channels.${channel}.accounts.plain.`);
    expect(stdout).toMatch(/LOST/);
    for (const value of Object.values(values)) expect(stdout).not.toContain(value);
  });

  it("that is found later brings its account up with openclaw secrets reload, and one that was changed is taken over; no sibling notices", async () => {
    const before = new Map(dialed.map((channel) => [channel, wire(channel).server.links.filter(({ open, account }) => open && account !== "file" && account !== "filed").map(({ number }) => number)] as const));
    for (const channel of dialed) await store(nameOf(channel, "store"));
    const dropped = rotate();
    await writeValues();
    await writeFile(path.join(folder, "im.token"), `${values["IM_FILED"] ?? ""}\n`, { mode: 0o600 });
    await writeFile(path.join(folder, "insta.secret"), `${values["INSTA_FILED"] ?? ""}\n`, { mode: 0o600 });
    const { code, stderr } = await gateway.cli("secrets", "reload");
    expect(code, stderr).toBe(0);
    for (const channel of dialed) await wire(channel).server.link({ account: "store", timeoutMs: 60_000 });
    for (const { server, account, after } of dropped) await server.link({ account, after, timeoutMs: 60_000 });
    for (const channel of dialed) {
      const open = wire(channel).server.links.filter((link) => link.open).map(({ number }) => number);
      expect(open, channel).toEqual(expect.arrayContaining(before.get(channel) ?? []));
    }
  }, 180_000);

  it("that a file should hold which is none leaves the account down and names the field and not the content", async () => {
    await gateway.configure((config) => overlay(config, { channels: { "nc-local-im-connector": { accounts: { "no-file": { tokenFile: path.join(folder, "nothing-there") } } } } }));
    await expect.poll(() => gateway.logs(), soon).toContain("tokenFile: there is no such file");
  });
});

/** An account of each channel that has it, as the host shows it, and those beside it. */
async function accountsOf(accountId: string) {
  const { stdout } = await gateway.cli("channels", "status", "--json");
  const { channelAccounts } = JSON.parse(stdout) as { channelAccounts: Record<string, Record<string, unknown>[]> };
  return dialed.flatMap((channel) => {
    const all = channelAccounts[channel] ?? [];
    const lost = all.find((each) => each["accountId"] === accountId);
    return lost ? [{ channel, lost, others: all.filter((each) => each !== lost) }] : [];
  });
}

function nameOf(channel: Dialed, source: Source | "lost"): string {
  return `${{ "insta-claw-connector": "INSTA", "nc-local-im-connector": "IM", clawchat: "CHAT" }[channel]}_${source.toUpperCase()}`;
}

/** The servers want other secrets from now on: what is looked up has to change with them. */
function rotate() {
  const accounts = [[wire("nc-local-im-connector").server, imSecrets, "IM"], [wire("insta-claw-connector").server, instaSecrets, "INSTA"]] as const;
  return accounts.flatMap(([server, secrets, name]) =>
    (["file", "filed"] as const).map((account) => {
      const after = server.links.findLast((link) => link.account === account);
      if (!after) throw new Error(`${name} ${account} has no link`);
      if (secrets) secrets[account] = mint(`${name}_${account.toUpperCase()}`);
      server.drop(account);
      return { server, account, after };
    }),
  );
}

async function store(name: string): Promise<void> {
  const file = path.join(folder, `${name}.txt`);
  await writeFile(file, values[name] ?? "", { mode: 0o600 });
  const { code, stderr } = await gateway.cli("secrets", "store", "set", name, "--kind", "secret", "--value-file", file);
  expect(code, stderr).toBe(0);
}

async function prepareBlocks(): Promise<Map<Dialed, Block>> {
  const blocks = new Map<Dialed, Block>();
  const fieldsOf = (newer: string, older: string): Record<Source, string> => ({ env: newer, file: older, exec: newer, store: older });
  for (const [channel, protocol, secrets, fields, file] of [
    ["insta-claw-connector", "insta-claw", instaSecrets ?? {}, fieldsOf("clientSecret", "appSecret"), "clientSecretFile"],
    ["nc-local-im-connector", "local-im", imSecrets ?? {}, fieldsOf("token", "gatewayToken"), "tokenFile"],
  ] as const) {
    const own = (account: string) => (protocol === "insta-claw" ? { clientId: account } : {});
    for (const source of sources) secrets[source] = mint(nameOf(channel, source));
    secrets["filed"] = mint(`${protocol === "insta-claw" ? "INSTA" : "IM"}_FILED`);
    const secretFile = path.join(folder, protocol === "insta-claw" ? "insta.secret" : "im.token");
    await writeFile(secretFile, `${secrets["filed"]}\n`, { mode: 0o600 });
    later[channel] = { accounts: { store: { ...own("store"), [fields.store]: refTo("store", nameOf(channel, "store")) }, lost: { ...own("lost"), [fields.env]: refTo("env", nameOf(channel, "lost")) } } };
    const server = await startSimulator(protocol, { accounts: secrets });
    wires.set(channel, { server, accounts: ["env", "file", "exec", "filed"] });
    blocks.set(channel, {
      enabled: true, dmPolicy: "open", [protocol === "insta-claw" ? "wsUrl" : "serverUrl"]: server.url,
      accounts: {
        ...Object.fromEntries(found.map((source) => [source, { ...own(source), [fields[source]]: refTo(source, nameOf(channel, source)) }])),
        plain: { ...own("plain"), [fields.env]: mint(`PLAIN_${protocol}`) },
        filed: { ...own("filed"), [file]: secretFile },
      },
    });
  }
  const server = await startSimulator("clawchat", { accounts: Object.fromEntries(sources.map((source) => [source, ""])) });
  wires.set("clawchat", { server, accounts: ["env", "file", "exec"] });
  const { accounts, ...shared } = server.config["clawchat"] as Block & { accounts: Record<Source, Block> };
  const ids = { userId: "usr_x", ownerUserId: "usr_y" };
  const chats = Object.fromEntries(
    sources.map((source) => {
      const { token, refreshToken, ...login } = accounts[source];
      mint(nameOf("clawchat", source), String(token));
      mint(`CHAT_REFRESH_${source.toUpperCase()}`, String(refreshToken));
      return [source, { ...login, token: refTo(source, nameOf("clawchat", source)), refreshToken: refTo("file", `CHAT_REFRESH_${source.toUpperCase()}`) }];
    }),
  );
  const { store: stored = {}, ...ready } = chats;
  later["clawchat"] = { accounts: { store: stored, lost: { ...ids, token: refTo("env", nameOf("clawchat", "lost")) } } };
  blocks.set("clawchat", { ...shared, greeting: false, accounts: { ...ready, plain: { ...ids, token: mint("PLAIN_clawchat") } } });
  return blocks;
}
