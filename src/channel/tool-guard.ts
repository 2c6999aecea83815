import type { OpenClawConfig, OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import type { ChannelNames } from "./host.ts";
import type { Peer } from "./session-keys.ts";

/** A conversation of a channel, as its session key tells. */
export interface SessionOwner {
  accountId: string;
  conversation: Peer;
}

export interface ToolGuard {
  channel: ChannelNames;
  /** Runs that a message of this process has started. */
  runs: OwnRuns;
  /** Whether the operator has listed whoever the conversation is with. */
  isListed(cfg: OpenClawConfig, owner: SessionOwner, approved: readonly string[]): boolean;
}

export interface OwnRuns {
  has(runId: string): boolean;
  add(runId: string): void;
  remove(runId: string): void;
}

export function createOwnRuns(): OwnRuns {
  const runs = new Set<string>();
  return { has: (runId) => runs.has(runId), add: (runId) => void runs.add(runId), remove: (runId) => void runs.delete(runId) };
}

/**
 * A turn gets its tools from the message that starts it. One that the host starts by itself in the same session, such
 * as a turn it takes up after a restart, still names the sender and yet would have every tool: for a sender who is not
 * listed it has none. Has to be registered where the host looks for capabilities, or no agent run will know of it.
 */
export function guardTools(api: Pick<OpenClawPluginApi, "on" | "runtime">, { channel, runs, isListed }: ToolGuard): void {
  const { runtime } = api;
  api.on("before_tool_call", async (_event, { sessionKey, requester, runId }) => {
    if (sessionKey === undefined || (runId !== undefined && runs.has(runId))) return undefined;
    if (requester?.channel !== undefined && requester.channel !== channel.id) return undefined;
    const cfg = runtime.config.current() as OpenClawConfig;
    const owner = readSessionKey(channel, cfg, sessionKey);
    if (!owner) return undefined;
    const approved = await runtime.channel.pairing.readAllowFromStore({ channel: channel.id, accountId: owner.accountId });
    if (isListed(runtime.config.current() as OpenClawConfig, owner, approved)) return undefined;
    return { block: true, blockReason: "The sender of this conversation is not listed by the operator: no tools outside of a message." };
  });
}

/** Reads the keys that `routes.ts` makes; `undefined` for sessions of others. */
export function readSessionKey(channel: Pick<ChannelNames, "id" | "sessions" | "accounts">, cfg: OpenClawConfig, sessionKey: string): SessionOwner | undefined {
  const [agent, , name, ...rest] = sessionKey.split(":");
  if (agent !== "agent" || name !== channel.id) return undefined;
  const read = channel.sessions.read(rest);
  return read && { accountId: read.accountId ?? channel.accounts.plain(cfg), conversation: read.peer };
}
