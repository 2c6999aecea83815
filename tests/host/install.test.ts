import { execFile } from "node:child_process";
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { packageNamed, packages } from "../../build/packages.ts";
import { addChannel, composeConfig } from "../../src/cli/gateway/config.ts";
import { installEnvironment } from "../../src/cli/gateway/environment.ts";
import { readBlock, writeBlock } from "../../src/cli/gateway/files.ts";
import { prepareLayout } from "../../src/cli/gateway/gateway.ts";
import { runHost, type HostRun } from "../../src/cli/gateway/host.ts";
import { layoutOf, type Layout } from "../../src/cli/gateway/layout.ts";
import { installPlugin, isInstalled, type PluginTarball } from "../../src/cli/gateway/plugin.ts";
import { freePort } from "../../src/cli/gateway/ports.ts";
import { packedPlugin, root } from "./gateway.ts";

const auditSchema = z.object({ findings: z.array(z.object({ checkId: z.string(), severity: z.string(), detail: z.string() })) });

let layout: Layout;
const plugins: PluginTarball[] = [];
let env: Record<string, string>;
const said = new Map<string, string>();

const openclaw = (...args: string[]): Promise<HostRun> => runHost(args, { cwd: layout.root, env });

beforeAll(async () => {
  for (const { name } of packages) plugins.push(await packedPlugin(name));
  layout = layoutOf(await mkdtemp(path.join(tmpdir(), "clawwire-install-")));
  env = installEnvironment(layout, process.env);
  const config = composeConfig({}, { layout, port: 1, token: "nobody-connects-in-this-file", model: { baseUrl: "http://127.0.0.1:1/v1", name: "none", api: "openai-responses" } });
  await prepareLayout(layout, config);
  for (const plugin of plugins) said.set(plugin.name, await installPlugin(layout, plugin, env));
  for (const { name, channel, example } of packages) {
    await writeBlock(layout.config, addChannel((await readBlock(layout.config)) ?? {}, { plugin: name, channel, defaults: {}, facts: example }));
  }
}, 180_000);

afterAll(() => rm(layout.root, { recursive: true, force: true }));

describe.each(packages)("the packed plugin $name in OpenClaw", ({ name, channel, setupFields }) => {
  const plugin = () => plugins.find((each) => each.name === name) ?? { name, tarball: "", digest: "" };

  it("is installed with no warning but the one about where it comes from", () => {
    const told = said.get(name) ?? "";
    expect(warningsIn(told)).toEqual([`WARNING - Installing plugin from local npm-pack archive: npm-pack:${plugin().tarball}`]);
    expect(told).toContain(`Installed plugin: ${name}`);
  });

  it("is not installed a second time for the same tarball", async () => {
    expect(await isInstalled(layout, plugin())).toBe(true);
    expect(await isInstalled(layout, { ...plugin(), digest: "another" })).toBe(false);
  });

  it("is inspected without a warning", async () => {
    const { code, stdout, stderr } = await openclaw("plugins", "inspect", name);
    expect({ code, warnings: warningsIn(stdout + stderr) }).toEqual({ code: 0, warnings: [] });
    expect(stdout).toContain(channel);
  });

  it("offers its own flags for adding an account, without being run", async () => {
    const { stdout } = await openclaw("channels", "add", "--channel", channel, "--help");
    for (const { cli } of setupFields) expect(stdout).toContain(cli.flags);
  });
});

describe("the packed plugins in OpenClaw", () => {
  it("give the plugin doctor nothing to say", async () => {
    const { code, stdout } = await openclaw("plugins", "doctor");
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^Plugin discovery, module loading, compatibility, and configuration checks passed/) });
  });

  it("add a second account beside a root that stays one", async () => {
    const added = await openclaw("channels", "add", "--channel", "nc-local-im-connector", "--account", "u2", "--allow-from", "ann");
    expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining('Added Local IM account "u2"') as string });
    const { channels } = z.object({ channels: z.record(z.string(), z.looseObject({})) }).parse(await readBlock(layout.config));
    expect(channels["nc-local-im-connector"]).toMatchObject({ ...packageNamed("clawwire-local-im").example, accounts: { u00267: {}, u2: { enabled: true, allowFrom: ["ann"] } } });
  });

  it("keep their settings when a newer version is installed over them", async () => {
    const { name, channel } = packageNamed("clawwire-local-im");
    const before = await blockOf(channel);
    await installPlugin(layout, { name, tarball: await repack(name, "9.9.9"), digest: "newer" }, env);
    expect(await blockOf(channel)).toEqual(before);
    expect(await inspected(name)).toMatchObject({ version: "9.9.9", enabled: true, activated: true });
    expect(await isInstalled(layout, { name, tarball: "", digest: "newer" })).toBe(true);
  });

  it("leave nothing of their channel when they are uninstalled, and are installed again from the file alone", async () => {
    const { name, channel } = packageNamed("clawwire-websocket");
    expect(await openclaw("plugins", "uninstall", name, "--force")).toMatchObject({ code: 0 });
    expect(await blockOf(channel)).toBeUndefined();
    const { tarball = "" } = plugins.find((plugin) => plugin.name === name) ?? {};
    const again = await openclaw("plugins", "install", tarball, "--force", "--accept-capabilities");
    expect(again, again.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining(`Installed plugin: ${name}`) as string });
    // OpenClaw remembers that it was told to do without.
    expect(await openclaw("plugins", "enable", name)).toMatchObject({ code: 0 });
    expect(await openclaw("channels", "add", "--channel", channel, "--port", "18899")).toMatchObject({ code: 0 });
    expect(await blockOf(channel)).toEqual({ enabled: true, port: 18_899 });
  });

  it("are installed where the registry of the person's own npm is out of reach, for they need nothing of it", async () => {
    const { name } = packageNamed("clawwire-clawchat");
    const person = installEnvironment(layout, { ...process.env, npm_config_registry: `http://127.0.0.1:${await freePort()}/` });
    await installPlugin(layout, { name, tarball: await repack(name, "8.8.8"), digest: "offline" }, person);
    expect(await inspected(name)).toMatchObject({ version: "8.8.8", enabled: true });
  });

  it("are not waited for longer than said, and the person is told what it waited for", async () => {
    const plugin = { name: "clawwire-clawchat", tarball: path.join(root, "dist", "clawwire-clawchat-0.1.0.tgz"), digest: "late" };
    await expect(installPlugin(layout, plugin, env, { timeoutMs: 500 })).rejects.toMatchObject({
      name: "Failure",
      message: expect.stringMatching(/^OpenClaw did not install .+\.tgz: npm, which OpenClaw installs with, asks its registry and was not done after 0\.5 s\. .+\(npm ping\).+_logs/) as string,
    });
    expect(await isInstalled(layout, plugin)).toBe(false);
  });

  it("make a configuration that OpenClaw calls valid", async () => {
    const { code, stdout, stderr } = await openclaw("config", "validate");
    expect({ code, said: stdout + stderr }).toEqual({ code: 0, said: expect.not.stringMatching(/warn|problem/i) });
  });

  it("pass the scan for dangerous code, which would find some", async () => {
    // The scan looks at what lies in this directory, and not at what npm has installed.
    const extensions = path.join(layout.state, "extensions");
    for (const { name } of packages) await cp(path.join(root, "dist", name), path.join(extensions, name), { recursive: true });
    expect(await codeFindings()).toEqual([]);
    await appendFile(path.join(extensions, "clawwire-local-im", "dist", "index.js"), "\nexport const run = (text) => eval(text);\n");
    expect(await codeFindings()).toMatchObject([{ severity: "critical", detail: expect.stringContaining("dist/index.js") }]);
  });
});

function warningsIn(told: string): string[] {
  return told.split("\n").filter((line) => /warn|error|fail|deprecat/i.test(line));
}

async function blockOf(channel: string): Promise<unknown> {
  return z.looseObject({ channels: z.record(z.string(), z.unknown()) }).parse(await readBlock(layout.config)).channels[channel];
}

async function inspected(name: string): Promise<unknown> {
  const { stdout } = await openclaw("plugins", "inspect", name, "--json");
  return z.looseObject({ plugin: z.unknown() }).parse(JSON.parse(stdout)).plugin;
}

/** The same package under another version. */
async function repack(name: string, version: string): Promise<string> {
  const directory = path.join(layout.root, "newer", name);
  await cp(path.join(root, "dist", name), directory, { recursive: true });
  for (const file of ["package.json", "openclaw.plugin.json"]) {
    const about: unknown = JSON.parse(await readFile(path.join(directory, file), "utf8"));
    await writeFile(path.join(directory, file), JSON.stringify(Object.assign({}, about, { version })));
  }
  await promisify(execFile)("npm", ["pack", "--ignore-scripts", "--pack-destination", layout.root], { cwd: directory });
  return path.join(layout.root, `${name}-${version}.tgz`);
}

async function codeFindings(): Promise<z.infer<typeof auditSchema>["findings"]> {
  const { stdout } = await openclaw("security", "audit", "--deep", "--json");
  return auditSchema.parse(JSON.parse(stdout)).findings.filter((finding) => finding.checkId.startsWith("plugins.code_safety"));
}
