import { mkdir, realpath, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { describeThrown } from "../core/errors.ts";
import { forLog } from "../core/redact.ts";
import type { Sender } from "../protocols/inbound.ts";
import { type AgentDraft, type AgentWish, applyPlan, expandHome, type NewAgent, type Places, planAgent } from "./agent-plan.ts";
import { describeUser } from "./agent-profile.ts";
import type { HostAccount } from "./host.ts";
import { isBelow } from "./media.ts";
import { pauseFor } from "./pause.ts";

export interface DynamicAgents {
  enabled: boolean;
  workspaceTemplate: string;
  agentDirTemplate: string;
  allowedRoots: readonly string[];
  maxAgents?: number;
}

export type Prepared = { ok: true } | { ok: false; error: string };

const VISIBLE_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 50;

/** All accounts of this process write the same file: one after the other. */
let lastWrite: Promise<unknown> = Promise.resolve();

/** Gives a direct sender an agent of its own, unless it has one or there are enough. */
export async function prepareAgent(host: HostAccount<unknown>, sender: Sender, settings: DynamicAgents): Promise<Prepared> {
  const places = placesOf(host, settings);
  const wish = wishOf(host, sender, settings, places);
  // Most messages find their agent there and wait for nobody.
  if (planAgent(host.hostConfig(), wish).do === "nothing") return { ok: true };
  const write = lastWrite.then(() => create(host, sender, wish));
  lastWrite = write.catch(() => undefined);
  return await write;
}

async function create(host: HostAccount<unknown>, sender: Sender, wish: AgentWish): Promise<Prepared> {
  const plan = planAgent(host.hostConfig(), wish);
  if (plan.do === "nothing") return { ok: true };
  if (plan.do === "skip") {
    host.log.info(`${forLog(sender.id)} gets no agent: there are ${wish.maxAgents}`);
    return { ok: true };
  }
  if (plan.do === "refuse") return refused(host, plan.why);
  try {
    if (plan.do === "create") {
      const strayed = await makeDirectories(plan.agent, wish.places);
      if (strayed !== undefined) return refused(host, strayed);
      await writeFile(path.join(plan.agent.agentDir, "user-profile.md"), describeUser(sender), { mode: 0o600 });
    }
    await writePlan(host, wish);
    await untilVisible(host, wish);
    host.log.info(`${forLog(sender.id)} is answered by agent ${plan.agent.agentId}`);
    return { ok: true };
  } catch (thrown) {
    return refused(host, describeThrown(thrown));
  }
}

/** Plans once more on what is in the file now, so that nothing of it is lost. */
async function writePlan(host: HostAccount<unknown>, wish: AgentWish): Promise<void> {
  await host.runtime.config.mutateConfigFile({
    afterWrite: { mode: "auto" },
    mutate(draft) {
      applyPlan(draft as AgentDraft, planAgent(draft, wish));
    },
  });
}

/** The host takes a moment to read what was written; before that it would route to the old agent and count wrong. */
async function untilVisible(host: HostAccount<unknown>, wish: AgentWish): Promise<void> {
  for (let waited = 0; waited < VISIBLE_WITHIN_MS; waited += LOOK_EVERY_MS) {
    if (planAgent(host.hostConfig(), wish).do === "nothing") return;
    await pauseFor(host.system, LOOK_EVERY_MS);
  }
  throw new Error(`the host has not read its new configuration within ${VISIBLE_WITHIN_MS} ms`);
}

/** A link on the way may lead elsewhere: what counts is where the directories really are. */
async function makeDirectories({ workspace, agentDir }: NewAgent, { state, allowed }: Places): Promise<string | undefined> {
  const roots = await Promise.all([state, ...allowed].map((root) => realpath(root).catch(() => undefined)));
  for (const directory of [workspace, agentDir]) {
    const standing = await nearestExisting(directory);
    const isInside = (target: string) => roots.some((root) => root !== undefined && (target === root || isBelow(target, root)));
    if (!isInside(standing)) return `${directory} leads out of the allowed directories`;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (!isInside(await realpath(directory))) return `${directory} leads out of the allowed directories`;
  }
  return undefined;
}

async function nearestExisting(target: string): Promise<string> {
  for (let at = target; ; at = path.dirname(at)) {
    const real = await realpath(at).catch(() => undefined);
    if (real !== undefined || at === path.dirname(at)) return real ?? at;
  }
}

function placesOf(host: HostAccount<unknown>, { allowedRoots }: DynamicAgents): Places {
  const base = { state: host.runtime.state.resolveStateDir(process.env), home: homedir() };
  return { ...base, allowed: allowedRoots.map((root) => path.resolve(base.state, expandHome(root, base))) };
}

function wishOf(host: HostAccount<unknown>, sender: Sender, settings: DynamicAgents, places: Places): AgentWish {
  const { workspaceTemplate, agentDirTemplate, maxAgents } = settings;
  return {
    channelId: host.channel.id,
    accountId: host.accountId,
    senderId: sender.id,
    workspaceTemplate,
    agentDirTemplate,
    places,
    sha256: (text) => host.system.sha256(text),
    ...(maxAgents !== undefined && { maxAgents }),
  };
}

function refused(host: HostAccount<unknown>, why: string): Prepared {
  host.log.error(`no agent could be made: ${why}`);
  return { ok: false, error: "no agent could be made for this sender" };
}
