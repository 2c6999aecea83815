import { access, readdir } from "node:fs/promises";
import { Failure } from "../failure.ts";
import type { Block } from "./block.ts";
import type { Environment } from "./environment.ts";
import { readBlock, writeBlock } from "./files.ts";
import { HostTimeout, runHost, type HostOptions } from "./host.ts";
import type { Layout } from "./layout.ts";

export interface PluginTarball {
  /** The plugin's id. */
  name: string;
  tarball: string;
  digest: string;
}

/** Whether this very tarball was installed last, and is still there. */
export async function isInstalled(layout: Layout, plugin: PluginTarball): Promise<boolean> {
  const known = await readBlock(layout.installed);
  if (known?.[plugin.name] !== plugin.digest) return false;
  // OpenClaw puts a later version into a folder beside the first, whose name goes on behind the plugin's.
  const projects = await readdir(`${layout.state}/npm/projects`).catch(() => []);
  const manifests = projects.filter((name) => name.startsWith(plugin.name)).map((name) => `${layout.state}/npm/projects/${name}/node_modules/${plugin.name}/openclaw.plugin.json`);
  return (await Promise.all(manifests.map(isThere))).includes(true);
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/**
 * Installs the packed plugin as a user would from the registry; returns what OpenClaw said.
 * @throws Failure where OpenClaw refuses, or is not done in its time
 */
export async function installPlugin(layout: Layout, plugin: PluginTarball, env: Environment, limits: Pick<HostOptions, "abort" | "timeoutMs"> = {}): Promise<string> {
  const args = ["plugins", "install", `npm-pack:${plugin.tarball}`, "--force", "--accept-capabilities"];
  const run = await runHost(args, { cwd: layout.root, env, ...limits }).catch((cause: unknown) => {
    throw cause instanceof HostTimeout ? tooSlow(layout, plugin, cause) : cause;
  });
  const said = `${run.stdout}${run.stderr}`.trim();
  if (run.code !== 0) throw new Failure(`OpenClaw did not install ${plugin.tarball}:\n${said}`);
  const known: Block = (await readBlock(layout.installed)) ?? {};
  await writeBlock(layout.installed, { ...known, [plugin.name]: plugin.digest });
  return said;
}

/** npm asks its registry about OpenClaw even where a package file needs nothing else. */
function tooSlow(layout: Layout, plugin: PluginTarball, cause: HostTimeout): Failure {
  const { seconds, said } = cause;
  const advice = `npm, which OpenClaw installs with, asks its registry and was not done after ${seconds} s. Check that this machine reaches the registry (npm ping), then try again; what npm met is in ${layout.home}/.npm/_logs`;
  return new Failure([`OpenClaw did not install ${plugin.tarball}: ${advice}`, ...(said ? [said] : [])].join("\n"), { cause });
}
