import { access } from "node:fs/promises";
import { Failure } from "../failure.ts";
import type { Block } from "./block.ts";
import type { Environment } from "./environment.ts";
import { readBlock, writeBlock } from "./files.ts";
import { runHost } from "./host.ts";
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
  return access(`${layout.state}/npm/projects/${plugin.name}/node_modules/${plugin.name}/openclaw.plugin.json`).then(
    () => true,
    () => false,
  );
}

/** Installs the packed plugin as a user would from the registry; returns what OpenClaw said. */
export async function installPlugin(layout: Layout, plugin: PluginTarball, env: Environment, abort?: AbortSignal): Promise<string> {
  const run = await runHost(["plugins", "install", `npm-pack:${plugin.tarball}`, "--force", "--accept-capabilities"], { cwd: layout.root, env, ...(abort ? { abort } : {}) });
  const said = `${run.stdout}${run.stderr}`.trim();
  if (run.code !== 0) throw new Failure(`OpenClaw did not install ${plugin.tarball}:\n${said}`);
  const known: Block = (await readBlock(layout.installed)) ?? {};
  await writeBlock(layout.installed, { ...known, [plugin.name]: plugin.digest });
  return said;
}
