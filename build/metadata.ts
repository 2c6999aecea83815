import { z } from "zod";
import { kitCommandOf } from "../src/channel/kit-command.ts";
import type { PluginPackage } from "./packages.ts";

/** What every package shares with the workshop it comes from. */
export interface Release {
  version: string;
  license: string;
  /** The OpenClaw that the tests ran against: the oldest one promised, and the one the packages are built with. */
  host: string;
  node: string;
  /** Where it comes from, which npm compares with who publishes it; a release has it, the workshop not. */
  repository?: Repository;
}

export const repositorySchema = z.object({ type: z.string(), url: z.string() });

export type Repository = z.infer<typeof repositorySchema>;

const hostVersion = z.string().regex(/^\d{4}\.\d+\.\d+$/, "must be one version of OpenClaw, without a range");

/** The part of the workshop's own `package.json` that a release is made of: it names the OpenClaw that is installed for the tests, and so what is promised. */
export const workshopSchema = z
  .object({
    version: z.string(),
    license: z.string(),
    engines: z.object({ node: z.string() }),
    devDependencies: z.object({ openclaw: hostVersion }),
    repository: repositorySchema.optional(),
  })
  .transform(({ version, license, engines, devDependencies, repository }): Release => ({ version, license, node: engines.node, host: devDependencies.openclaw, ...(repository && { repository }) }));

/** No upper bound: the host asks a plugin for none, and one would lock people out of a host that works until we publish again. */
export function hostRange({ host }: Release): string {
  return `>=${host}`;
}

/** What codegen hands over for a channel in `generated/<folder>/manifest.json`. */
export const channelManifestSchema = z.object({
  channelConfigs: z.record(z.string(), z.looseObject({ label: z.string(), description: z.string(), schema: z.looseObject({}), uiHints: z.record(z.string(), z.looseObject({ sensitive: z.boolean().optional() })).optional() })),
  legacyKeys: z.array(z.string()),
  envVars: z.array(z.looseObject({ name: z.string(), path: z.string().optional(), description: z.string().optional() })),
});

export type ChannelManifest = z.infer<typeof channelManifestSchema>;

export const entries = ["index", "setup-entry", "secret-contract-api", "doctor-contract-api"] as const;

export function packageJson(row: PluginPackage, release: Release): object {
  return {
    name: row.name,
    version: release.version,
    description: row.description,
    keywords: ["openclaw", "openclaw-plugin", "channel", row.channel],
    license: release.license,
    ...(release.repository && { repository: release.repository }),
    type: "module",
    engines: { node: release.node },
    exports: { ".": "./dist/index.js", "./package.json": "./package.json" },
    files: ["dist", "openclaw.plugin.json", "THIRD-PARTY-NOTICES"],
    peerDependencies: { openclaw: hostRange(release) },
    peerDependenciesMeta: { openclaw: { optional: true } },
    openclaw: hostMetadata(row, release),
  };
}

function hostMetadata(row: PluginPackage, release: Release): object {
  return {
    extensions: ["./dist/index.js"],
    runtimeExtensions: ["./dist/index.js"],
    setupEntry: "./dist/setup-entry.js",
    runtimeSetupEntry: "./dist/setup-entry.js",
    compat: { pluginApi: hostRange(release) },
    build: { openclawVersion: release.host, pluginSdkVersion: release.host },
    install: { npmSpec: row.name, minHostVersion: hostRange(release), defaultChoice: "npm" },
    channel: {
      id: row.channel,
      label: row.title,
      selectionLabel: `${row.title} (Clawwire)`,
      docsPath: `/channels/${row.channel}`,
      blurb: row.blurb,
      markdownCapable: true,
      ...(row.setupFields.length > 0 ? { setup: { fields: row.setupFields } } : {}),
    },
  };
}

export function pluginManifest(row: PluginPackage, release: Release, channel: ChannelManifest): object {
  const declared = Object.keys(channel.channelConfigs);
  if (!declared.includes(row.channel)) {
    throw new Error(`generated/${row.folder}/manifest.json describes ${declared.join(", ") || "no channel"}, not "${row.channel}" as build/packages.ts says`);
  }
  const older = Object.fromEntries(channel.legacyKeys.map((key) => [key, olderKey(row.channel, channel.channelConfigs[row.channel])]));
  const channels = [...declared, ...channel.legacyKeys];
  return {
    id: row.name,
    name: row.title,
    description: row.description,
    version: release.version,
    categories: ["channels"],
    channels,
    activation: { onStartup: false, onChannels: channels, onCommands: [row.name] },
    // Help is told by these words, without the plugin being read.
    cliCommands: [kitCommandOf(row.name, row.title)],
    doctorContract: { configRepair: true },
    configSchema: { type: "object", additionalProperties: false, properties: {} },
    channelConfigs: { ...channel.channelConfigs, ...older },
  };
}

/** The host refuses a block under a key that no plugin names. It has no form of its own, and its secrets are masked all the same. */
function olderKey(name: string, channel: ChannelManifest["channelConfigs"][string] | undefined): object {
  const secrets = Object.entries(channel?.uiHints ?? {}).filter(([, { sensitive }]) => sensitive === true);
  return { label: `${channel?.label ?? name} (older key)`, description: `An older name of channels.${name}; "openclaw doctor --fix" moves it.`, schema: {}, uiHints: Object.fromEntries(secrets) };
}

export function readme(row: PluginPackage, release: Release, channel: ChannelManifest): string {
  const block = JSON.stringify({ channels: { [row.channel]: row.example } }, undefined, 2);
  const parts = [
    `# ${row.name}`,
    row.description,
    `Needs OpenClaw ${release.host} or newer and has no dependencies of its own.`,
    fenced("sh", `openclaw plugins install ${row.name} --force --accept-capabilities`),
    "The two options are the answers to what OpenClaw asks in a terminal: whether you trust where the package comes from, and what it may do.",
    "The smallest configuration, in `openclaw.json`:",
    fenced("json", block),
    ...(row.firstStep === undefined ? [] : ["Then, once:", fenced("sh", row.firstStep)]),
    "`openclaw config schema` lists every field.",
  ];
  if (channel.envVars.length > 0) {
    const rows = channel.envVars.map((variable) => `| \`${variable.name}\` | ${variable.path ? `\`${variable.path}\`` : (variable.description ?? "")} |`);
    parts.push(["Environment variables win over the file:\n", "| variable | field |", "| --- | --- |", ...rows].join("\n"));
  }
  return `${parts.join("\n\n")}\n`;
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}
