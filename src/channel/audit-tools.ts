import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { type Block, isBlock } from "./account-names.ts";

/** What an agent may do on this machine, by the tools that stand for it. */
const machineTools: Readonly<Record<string, readonly string[]>> = {
  exec: ["exec", "bash", "group:runtime"],
  write: ["write", "group:fs"],
  read: ["read", "group:fs"],
};

/** Which of the host's profiles bring them; without one nothing is filtered. */
const profiles: Readonly<Record<string, readonly string[]>> = { minimal: [], messaging: [], coding: Object.keys(machineTools), full: Object.keys(machineTools) };

export interface OpenAgent {
  agentId: string;
  /** `exec`, `write` or `read`. */
  tools: readonly string[];
}

/** The agents that answer an account and can use this machine, whoever asks them, as the configuration has it. */
export function openAgents(cfg: OpenClawConfig, channels: readonly string[], accountId: string): OpenAgent[] {
  const entries = agentEntries(cfg);
  return answering(cfg, channels, accountId, [...entries.keys()]).flatMap((agentId) => {
    const tools = reachable(cfg, entries.get(agentId) ?? {});
    return tools.length === 0 ? [] : [{ agentId, tools }];
  });
}

/** Whether everybody of a channel may leave the sandbox: the host asks its own list for that, and not the channel's. */
export function elevatesEverybody(cfg: OpenClawConfig, channels: readonly string[]): boolean {
  const { elevated } = blockIn(cfg, "tools");
  if (!isBlock(elevated) || elevated["enabled"] === false) return false;
  const lists = blockIn(elevated, "allowFrom");
  return channels.some((channel) => listIn(lists, channel).includes("*"));
}

/** A binding for one conversation leaves the others to whoever answers by default, which may be any. */
function answering({ bindings = [] }: OpenClawConfig, channels: readonly string[], accountId: string, all: readonly string[]): readonly string[] {
  const bound = bindings.filter(({ match }) => channels.includes(match.channel) && (match.accountId === undefined || match.accountId === "*" || match.accountId === accountId));
  const whole = bound.find(({ match }) => match.peer === undefined);
  const named = bound.map(({ agentId }) => agentId);
  return [...new Set(whole ? named : [...named, ...(all.length > 0 ? all : ["main"])])];
}

function agentEntries(cfg: OpenClawConfig): Map<string, Block> {
  const agents = blockIn(cfg, "agents");
  const listed = Array.isArray(agents["list"]) ? agents["list"].filter(isBlock).map((agent) => [String(agent["id"]), agent] as const) : [];
  const keyed = Object.entries(blockIn(agents, "entries")).map(([id, agent]) => [id, isBlock(agent) ? agent : {}] as const);
  return new Map([...listed, ...keyed]);
}

function reachable(cfg: OpenClawConfig, agent: Block): string[] {
  const [shared, own] = [blockIn(cfg, "tools"), blockIn(agent, "tools")];
  const sandbox = blockIn(agent, "sandbox")["mode"] ?? blockIn(blockIn(blockIn(cfg, "agents"), "defaults"), "sandbox")["mode"];
  if (sandbox === "all") return [];
  const profile = own["profile"] ?? shared["profile"];
  const security = blockIn(own, "exec")["security"] ?? blockIn(shared, "exec")["security"];
  const layers = [shared, own, blockIn(blockIn(shared, "toolsBySender"), "*"), blockIn(blockIn(own, "toolsBySender"), "*")];
  return Object.keys(machineTools).filter((tool) => {
    if (tool === "exec" && security === "deny") return false;
    const isExtra = layers.some((layer) => names(listIn(layer, "alsoAllow"), tool));
    const inProfile = typeof profile !== "string" || !Object.hasOwn(profiles, profile) || profiles[profile]?.includes(tool) === true;
    return (inProfile || isExtra) && layers.every((layer) => permits(layer, tool));
  });
}

/** A refusal always wins; an empty list of what is allowed allows everything. */
function permits(layer: Block, tool: string): boolean {
  if (names(listIn(layer, "deny"), tool)) return false;
  const allow = listIn(layer, "allow");
  return allow.length === 0 || names([...allow, ...listIn(layer, "alsoAllow")], tool);
}

function names(entries: readonly string[], tool: string): boolean {
  return entries.some((entry) => machineTools[tool]?.includes(entry) === true || (entry.endsWith("*") && tool.startsWith(entry.slice(0, -1))));
}

function listIn(block: object, field: string): string[] {
  const list = fieldOf(block, field);
  return Array.isArray(list) ? list.map((entry) => String(entry).trim().toLowerCase()) : [];
}

function blockIn(block: object, field: string): Block {
  const inner = fieldOf(block, field);
  return isBlock(inner) ? inner : {};
}

function fieldOf(block: object, field: string): unknown {
  return Object.entries(block).find(([name]) => name === field)?.[1];
}
