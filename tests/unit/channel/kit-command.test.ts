import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import type { OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { pluginManifest, type Release } from "../../../build/metadata.ts";
import { packages } from "../../../build/packages.ts";
import { commandLine, kitCommandOf } from "../../../src/channel/kit-command.ts";
import { findKit } from "../../../src/channel/kit.ts";
import { readDoctorOptions } from "../../../src/cli/doctor/options.ts";
import { readTapOptions } from "../../../src/cli/tap/tap.ts";

const release: Release = { version: "1.2.3", license: "MIT", host: "2026.9.6", node: ">=24.16.0" };

type Registrar = Parameters<OpenClawPluginApi["registerCli"]>[0];

/** Runs a command that a plugin has registered, as the host does, and returns what it prints. */
async function run(folder: string, words: readonly string[]): Promise<{ printed: string; said: string; code: unknown; descriptors: unknown }> {
  const { default: entry } = (await import(`../../../src/plugins/${folder}/index.ts`)) as { default: { register(api: unknown): void } };
  const registered: { registrar: Registrar; options: Parameters<OpenClawPluginApi["registerCli"]>[1] }[] = [];
  entry.register({ registrationMode: "cli-metadata", registerCli: (registrar: Registrar, options: Parameters<OpenClawPluginApi["registerCli"]>[1]) => void registered.push({ registrar, options }) });
  const program = new Command();
  const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const complained = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    for (const { registrar } of registered) await registrar({ program } as unknown as Parameters<Registrar>[0]);
    await program.parseAsync([`clawwire-${folder}`, ...words], { from: "user" });
    const [printed = "", said = ""] = [written, complained].map(({ mock }) => mock.calls.map(([text]) => String(text)).join(""));
    return { printed, said, code: process.exitCode, descriptors: registered.map(({ options }) => options?.descriptors) };
  } finally {
    process.exitCode = undefined;
    written.mockRestore();
    complained.mockRestore();
  }
}

/** The words of a line as a shell hands them on. */
const wordsOf = (line: string) => execFileSync("sh", ["-c", `printf '%s\\0' ${line}`], { encoding: "utf8" }).split("\0").slice(0, -1);

describe.each(packages)("openclaw $name", ({ name, folder, channel, title }) => {
  it("prints a line of the kit that looks at its channel, where the kit is not installed, and says how it is", async () => {
    const { printed, said, code, descriptors } = await run(folder, ["doctor", "--json", "--account", "it's me"]);
    const [npx, kit, doctor, ...args] = wordsOf(printed);
    expect([npx, kit, doctor]).toEqual(["npx", "clawwire@0.1.0", "doctor"]);
    expect(readDoctorOptions(args, { env: {} })).toMatchObject({ channel, account: "it's me", json: true, config: expect.stringMatching(/openclaw\.json$/) as string });
    expect(descriptors).toEqual([[kitCommandOf(name, title)]]);
    expect([code, said]).toEqual([2, expect.stringMatching(/it is neither beside OpenClaw nor in this folder\. Install it where OpenClaw is, once \(npm install --global clawwire@0\.1\.0\), or run the line below/) as string]);
  });

  it("prints a line of the kit that watches its wire, too", async () => {
    const [, , tap, ...args] = wordsOf((await run(folder, ["tap", "ws://127.0.0.1:1/?a=1&b=2"])).printed);
    expect([tap, readTapOptions(args)?.protocol, readTapOptions(args)?.target.href]).toEqual(["tap", folder, "ws://127.0.0.1:1/?a=1&b=2"]);
  });

  it("is named in the manifest as it is registered, so that help needs none of the plugin's code", () => {
    const row = packages.find((each) => each.name === name);
    const manifest = row && pluginManifest(row, release, { channelConfigs: { [channel]: { label: "", description: "", schema: {} } }, legacyKeys: [], envVars: [] });
    expect(manifest).toMatchObject({ cliCommands: [kitCommandOf(name, title)], activation: { onStartup: false, onCommands: [name] } });
  });
});

describe("the kit that a plugin leads to", () => {
  const install = async (version: string, code: string) => {
    const folder = await mkdtemp(join(tmpdir(), "kit-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const kit = join(folder, "node_modules/clawwire");
    await mkdir(kit, { recursive: true });
    await writeFile(join(kit, "package.json"), JSON.stringify({ name: "clawwire", version, type: "module", exports: { "./cli": "./run.js", "./package.json": "./package.json" } }));
    await writeFile(join(kit, "run.js"), code);
    return { kit, place: join(folder, "some/program.js") };
  };

  it("is the one of its own release, found from the first place that sees it", async () => {
    const [older, same] = [await install("0.0.9", ""), await install("0.1.0", "export const run = async (args) => args.length;")];
    const found = await findKit("0.1.0", ["/nowhere/program.js", older.place, same.place]);
    expect("run" in found && (await found.run(["doctor", "--json", "x"]))).toBe(3);
  });

  it("is not one of another release, or of another kind", async () => {
    const { kit, place } = await install("0.0.9", "");
    expect(await findKit("0.1.0", [place])).toEqual({ missing: `version 0.1.0 is needed, and 0.0.9 is at ${kit}` });
    expect(await findKit("0.1.0", [(await install("0.1.0", "export const walk = 1;")).place])).toEqual({ missing: "what is installed under that name has no commands" });
  });
});

describe("the commands of all plugins", () => {
  it("have names of their own: the host takes each from one plugin only", () => {
    expect(new Set(packages.map(({ name, title }) => kitCommandOf(name, title).name)).size).toBe(packages.length);
  });

  it("are written so that a shell takes each word as it is", () => {
    const words = ["doctor", "$(touch /tmp/x)", "a b", "`", '"', "'", ";", "--plain=1", ""];
    expect(wordsOf(commandLine(words)).slice(2)).toEqual(words);
  });
});
