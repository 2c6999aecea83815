import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { inspect } from "../../../build/inspect.ts";
import { packageJson, pluginManifest, readme, type ChannelManifest, type Release, workshopSchema } from "../../../build/metadata.ts";
import { packageNamed, packages } from "../../../build/packages.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const installedVersion = (name: string) => z.object({ version: z.string() }).parse(JSON.parse(readFileSync(`${root}/node_modules/${name}/package.json`, "utf8"))).version;
const release: Release = { version: "1.2.3", license: "MIT", host: "2026.9.6", node: ">=24.16.0" };
const row = packageNamed("clawwire-websocket");
const channel: ChannelManifest = { channelConfigs: { websocket: { label: "WebSocket", description: "d", schema: { type: "object" }, uiHints: { token: { sensitive: true }, name: {} } } }, legacyKeys: ["ws"],
  envVars: [{ name: "WS_AUTH_ENABLED", path: "auth.enabled" }] };

describe("a published package", () => {
  it("promises the host it was tested with, in every place that is read", () => {
    expect(packageJson(row, release)).toMatchObject({
      version: "1.2.3",
      peerDependencies: { openclaw: ">=2026.9.6" },
      peerDependenciesMeta: { openclaw: { optional: true } },
      openclaw: { compat: { pluginApi: ">=2026.9.6" }, build: { openclawVersion: "2026.9.6" }, install: { minHostVersion: ">=2026.9.6" } },
    });
  });

  it("declares the host that is installed for the tests, and none before it", () => {
    const { host } = workshopSchema.parse(JSON.parse(readFileSync(`${root}/package.json`, "utf8")));
    expect(host).toBe(installedVersion("openclaw"));
    for (const each of packages) expect(packageJson(each, { ...release, host })).toMatchObject({ peerDependencies: { openclaw: `>=${host}` }, openclaw: { build: { openclawVersion: host } } });
  });

  it("is not made for a range of hosts, which nobody has tested", () => {
    const about = { version: "1.2.3", license: "MIT", engines: { node: ">=24.16.0" }, devDependencies: { openclaw: "^2026.9.6" } };
    expect(workshopSchema.safeParse(about).success).toBe(false);
    expect(workshopSchema.safeParse({ ...about, devDependencies: { openclaw: "2026.9.6" } }).success).toBe(true);
  });

  it("needs nothing else at run time", () => {
    expect(Object.keys(packageJson(row, release))).not.toContain("dependencies");
  });

  it("describes its channel to the host without being run", () => {
    expect(pluginManifest(row, release, channel)).toMatchObject({ id: "clawwire-websocket", version: "1.2.3", channels: ["websocket", "ws"], channelConfigs: { ...channel.channelConfigs, ws: { schema: {}, uiHints: { token: { sensitive: true } } } } });
  });

  it("is not made from the manifest of another channel", () => {
    expect(() => pluginManifest(row, release, { ...channel, channelConfigs: {} })).toThrow('generated/websocket/manifest.json describes no channel, not "websocket" as build/packages.ts says');
  });

  it("names the variables that win over the file", () => {
    expect(readme(row, release, channel)).toContain("| `WS_AUTH_ENABLED` | `auth.enabled` |");
  });

  it("says what has to be done once, where the smallest configuration is not enough", () => {
    expect(readme(packageNamed("clawwire-clawchat"), release, channel)).toContain("Then, once:\n\n```sh\nopenclaw channels add --channel clawchat --code \"$INVITE_CODE\"\n```");
    expect(readme(row, release, channel)).not.toContain("Then, once");
  });

  it("hides secrets that are given as flags", () => {
    const secret = /code|token|secret/i;
    for (const { setupFields } of packages) expect(setupFields.filter(({ key, sensitive }) => (secret.test(key) && !key.endsWith("File")) !== (sensitive === true)).map(({ key }) => key)).toEqual([]);
  });

  it("has a row of its own: names and channels occur once", () => {
    for (const key of ["name", "channel", "folder"] as const) expect(new Set(packages.map((each) => each[key])).size).toBe(packages.length);
    expect(() => packageNamed("clawwire-nothing")).toThrow(/no package "clawwire-nothing"; build\/packages.ts has clawwire-websocket/);
  });

  it("names its setup flags as the host derives them from the keys", () => {
    const camel = (flag: string): string => flag.replace(/^--/, "").replace(/ .*$/, "").replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    for (const { setupFields } of packages) expect(setupFields.map((field) => camel(field.cli.flags))).toEqual(setupFields.map((field) => field.key));
  });
});

describe("the inspection of a bundle", () => {
  const bundle = (code: string, imports: string[] = []) => ({ files: new Map([["index.js", code]]), assets: new Map<string, never>(), parts: new Map<string, never>(), imports, foreign: [] });

  it.each([
    ["\nconst f = new Function('x');", "dist/index.js:2 runs text as code"],
    ["import { spawn } from 'node:child_process';", "dist/index.js:1 can start processes"],
    ["await readFile(x);\nawait fetch(y);", "dist/index.js:1 reads files in a module that sends over HTTP"],
    ["//# sourceMappingURL=index.js.map", "dist/index.js:1 refers to a source map"],
    ["// built in /home/ada/clawwire/src", "dist/index.js:1 contains the path /home/ada/clawwire"],
  ])("refuses %j", (code, finding) => {
    expect(inspect(bundle(code), "/home/ada/clawwire")).toEqual([finding]);
  });

  it("refuses what would have to be installed beside it", () => {
    expect(inspect(bundle("", ["node:http", "openclaw/plugin-sdk/channel-core", "ws", "openclaw"]), "/x")).toEqual([
      expect.stringContaining('imports "ws"'),
      expect.stringContaining('imports "openclaw"'),
    ]);
  });

  it("has nothing against reading a file or sending, each by itself", () => {
    expect(inspect(bundle("await readFile(x);"), "/x").concat(inspect(bundle("await fetch(y);"), "/x"))).toEqual([]);
  });
});
