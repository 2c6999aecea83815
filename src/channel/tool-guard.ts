import type { OpenClawConfig, OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import type { Conversation } from "../protocols/inbound.ts";
import type { ChannelNames } from "./host.ts";
import { decodeId, readGroupPeerId } from "./identity.ts";

/** A conversation of a channel, as its session key tells. */
export interface SessionOwner {
  accountId: string;
  conversation: Pick<Conversation, "kind" | "id">;
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
    const owner = readSessionKey(channel.id, sessionKey);
    if (!owner) return undefined;
    const approved = await runtime.channel.pairing.readAllowFromStore({ channel: channel.id, accountId: owner.accountId });
    if (isListed(runtime.config.current() as OpenClawConfig, owner, approved)) return undefined;
    return { block: true, blockReason: "The sender of this conversation is not listed by the operator: no tools outside of a message." };
  });
}

/** Reads the keys that `routes.ts` makes; `undefined` for sessions of others. */
export function readSessionKey(channelId: string, sessionKey: string): SessionOwner | undefined {
  const [agent, , channel, ...rest] = sessionKey.split(":");
  if (agent !== "agent" || channel !== channelId) return undefined;
  // An account makes the number of parts odd; a thread adds two. Accounts may be called like kinds.
  const [accountId, kind, peerId] = rest.length % 2 === 0 ? ["default", ...rest] : rest;
  if (accountId === undefined || peerId === undefined) return undefined;
  const isGroup = kind === "group";
  if (!isGroup && kind !== "direct") return undefined;
  if (isGroup) {
    const group = readGroupPeerId(peerId);
    return group && { accountId: group.accountId, conversation: { kind, id: group.id } };
  }
  const id = decodeId(peerId);
  return id === undefined ? undefined : { accountId, conversation: { kind, id } };
}
