import path from "node:path";
import { writeId } from "./identity.ts";
import { isBelow } from "./media.ts";

/** The part of the host's configuration that knows agents. */
export interface AgentConfig {
  agents?: { entries?: Readonly<Record<string, unknown>> | undefined } | undefined;
  bindings?: readonly { agentId?: string | undefined; match?: BindingMatch | undefined }[] | undefined;
}

export interface BindingMatch {
  channel: string;
  accountId?: string | undefined;
  peer?: { kind: string; id: string } | undefined;
}

interface WholeMatch {
  channel: string;
  accountId: string;
  peer: { kind: string; id: string };
}

/** The same, open to changes. */
export interface AgentDraft {
  agents?: { entries?: Record<string, object> };
  bindings?: { agentId?: string | undefined; match?: BindingMatch | undefined }[];
}

export interface AgentWish {
  channelId: string;
  accountId: string;
  senderId: string;
  workspaceTemplate: string;
  agentDirTemplate: string;
  /** Unlimited when absent. */
  maxAgents?: number;
  places: Places;
  sha256(text: string): string;
}

/** What the templates may lead to, all absolute. */
export interface Places {
  /** The running gateway's state; `~/.openclaw` in a template means it. */
  state: string;
  home: string;
  /** Further roots. */
  allowed: readonly string[];
}

export interface NewAgent {
  agentId: string;
  workspace: string;
  agentDir: string;
  match: WholeMatch;
}

export type AgentPlan =
  | { do: "nothing" }
  | { do: "bind"; agent: NewAgent }
  | { do: "create"; agent: NewAgent }
  /** There are as many as there may be: the default agent answers. */
  | { do: "skip" }
  | { do: "refuse"; why: string };

const AGENT_PREFIX = "ws-";
const SLUG_CHARACTERS = 40;

/** Pure: what has to change in the configuration so that this sender has an agent of its own. */
export function planAgent(config: AgentConfig, wish: AgentWish): AgentPlan {
  const name = safeName(wish.accountId, wish.senderId, wish.sha256);
  const agentId = `${AGENT_PREFIX}${name}`;
  const expand = (template: string) => expandTemplate(template, { userId: name, agentId }, wish.places);
  const [workspace, agentDir] = [expand(wish.workspaceTemplate), expand(wish.agentDirTemplate)];
  if (!/\{(?:userId|agentId)\}/.test(wish.agentDirTemplate)) return { do: "refuse", why: "agentDirTemplate must hold {agentId} or {userId}" };
  if (workspace === undefined) return { do: "refuse", why: "workspaceTemplate leads out of the allowed directories" };
  if (agentDir === undefined) return { do: "refuse", why: "agentDirTemplate leads out of the allowed directories" };
  const match = { channel: wish.channelId, accountId: wish.accountId, peer: { kind: "direct", id: writeId(wish.senderId) } };
  const agent = { agentId, workspace, agentDir, match };

  const entries = config.agents?.entries ?? {};
  if (Object.hasOwn(entries, agentId)) return isBound(config.bindings ?? [], agent) ? { do: "nothing" } : { do: "bind", agent };
  const count = Object.keys(entries).filter((id) => id.startsWith(AGENT_PREFIX)).length;
  return wish.maxAgents !== undefined && count >= wish.maxAgents ? { do: "skip" } : { do: "create", agent };
}

/**
 * A sender's name in paths and agent ids. Two senders never share one: what a slug loses, a hash of the whole keeps,
 * and a plain id that ends like such a hash gets one too.
 */
export function safeName(accountId: string, senderId: string, sha256: AgentWish["sha256"]): string {
  const isDefault = accountId === "default";
  const plain = isDefault ? senderId : `${accountId}-${senderId}`;
  if (isDefault && /^[a-z0-9_-]+$/.test(plain) && plain.length <= SLUG_CHARACTERS && !/-[0-9a-f]{16}$/.test(plain)) return plain;
  const slug = plain
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "-")
    .slice(0, SLUG_CHARACTERS);
  // JSON keeps lone surrogates apart, which are one and the same in UTF-8.
  return `${slug}-${sha256(JSON.stringify([accountId, senderId])).slice(0, 16)}`;
}

/** The absolute path a template means, or nothing when that is not below a root. Values are inserted literally. */
export function expandTemplate(template: string, values: Readonly<Record<"userId" | "agentId", string>>, places: Places): string | undefined {
  const filled = template.replaceAll("{userId}", () => values.userId).replaceAll("{agentId}", () => values.agentId);
  if (filled.includes("\0")) return undefined;
  const target = path.resolve(places.state, expandHome(filled, places));
  return [places.state, ...places.allowed].some((root) => isBelow(target, path.resolve(root))) ? target : undefined;
}

/** `~/.openclaw` is the running gateway's state, wherever that is. */
export function expandHome(text: string, { state, home }: Pick<Places, "state" | "home">): string {
  const [first, ...rest] = text.split("/");
  if (first !== "~") return text;
  return rest[0] === ".openclaw" ? path.join(state, ...rest.slice(1)) : path.join(home, ...rest);
}

/** Writes the plan into a configuration that may be changed. */
export function applyPlan(draft: AgentDraft, plan: AgentPlan): void {
  if (plan.do !== "create" && plan.do !== "bind") return;
  const { agentId, workspace, agentDir, match } = plan.agent;
  if (plan.do === "create") {
    draft.agents ??= {};
    draft.agents.entries ??= { main: {} };
    draft.agents.entries[agentId] = { workspace, agentDir };
  }
  const bindings = draft.bindings ?? [];
  if (!isBound(bindings, plan.agent)) draft.bindings = [{ agentId, match }, ...bindings];
}

function isBound(bindings: NonNullable<AgentConfig["bindings"]>, { agentId, match }: NewAgent): boolean {
  return bindings.some((binding) => binding.agentId === agentId && isSamePeer(binding.match, match));
}

function isSamePeer(match: BindingMatch | undefined, wanted: WholeMatch): boolean {
  return (
    match?.channel === wanted.channel &&
    (match.accountId ?? "default") === wanted.accountId &&
    match.peer?.kind === wanted.peer.kind &&
    match.peer.id === wanted.peer.id
  );
}
