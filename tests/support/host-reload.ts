import { readFileSync, readdirSync } from "node:fs";
import { findPackageJSON } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** What the host would do for an edit of its configuration. */
export interface ReloadPlan {
  restartGateway: boolean;
  /** Whole channels. */
  restartChannels: Set<string>;
  restartChannelAccounts: Map<string, Set<string>>;
}

export interface HostReload {
  /** Of these paths. */
  plan(paths: readonly string[], candidateConfig?: object): ReloadPlan;
  /** Of the edit from one configuration to another. */
  edit(before: object, after: object): ReloadPlan;
  /** The shared settings that restart every channel which does not opt out. */
  shared: readonly string[];
}

const dist = path.join(path.dirname(findPackageJSON("openclaw", import.meta.url) ?? ""), "dist");

/** The host's own planner with these channels registered: its files have hashed names and its functions short ones. */
export async function hostReload(plugins: readonly object[]): Promise<HostReload> {
  const install = await hostFunction("runtime-", "setActivePluginRegistry");
  const build = await hostFunction("config-reload-plan-", "buildGatewayReloadPlan");
  const diff = await hostFunction("config-reload-plan-", "diffGatewayReloadPaths");
  const refinements = await hostFunction("config-reload-plan-", "listConfigReloadRefinementPrefixes");
  const none = { plugins: [], channelSetups: [], services: [], reloads: [], tools: [], hooks: [], typedHooks: [], sessionSchedulerJobs: [] };
  install({ ...none, channels: plugins.map((plugin) => ({ pluginId: "clawwire", plugin })) }, "clawwire");
  const plan = (paths: readonly string[], candidateConfig?: object) => build(paths, candidateConfig && { candidateConfig }) as ReloadPlan;
  const [, list = ""] = /SHARED_CHANNEL_PREFIXES = \[(.*?)\]/s.exec(readFileSync(fileHolding("config-reload-plan-", "buildGatewayReloadPlan"), "utf8")) ?? [];
  return {
    plan,
    edit: (before, after) => plan(diff(before, after, refinements()) as string[], after),
    shared: [...list.matchAll(/"([^"]+)"/g)].map(([, prefix = ""]) => prefix),
  };
}

function fileHolding(start: string, name: string): string {
  const files = readdirSync(dist).filter((file) => file.startsWith(start) && file.endsWith(".mjs")).map((file) => path.join(dist, file));
  const found = files.find((file) => readFileSync(file, "utf8").includes(`function ${name}(`));
  if (found === undefined) throw new Error(`this host has no ${name}`);
  return found;
}

async function hostFunction(start: string, name: string): Promise<(...args: unknown[]) => unknown> {
  const file = fileHolding(start, name);
  const [, short = name] = new RegExp(`\\b${name} as (\\w+)`).exec(readFileSync(file, "utf8")) ?? [];
  const module = (await import(pathToFileURL(file).href)) as Record<string, (...args: unknown[]) => unknown>;
  const found = module[short];
  if (!found) throw new Error(`this host does not export ${name}`);
  return found;
}
