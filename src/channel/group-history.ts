import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { createChannelHistoryWindow, DEFAULT_GROUP_HISTORY_LIMIT, type HistoryEntry } from "openclaw/plugin-sdk/reply-history";
import type { Inbound } from "../protocols/inbound.ts";
import type { AccessConfig } from "./sender-policy.ts";

/** What was said in groups and not answered, until the agent is told of it with a message that is. Gone with the process, as in OpenClaw's own channels. */
export interface GroupHistory {
  heard(sessionKey: string, inbound: Inbound, limit: number): void;
  pending(sessionKey: string, limit: number): HistoryEntry[];
  /** The agent was told. */
  told(sessionKey: string): void;
}

export function createGroupHistory(): GroupHistory {
  const historyMap = new Map<string, HistoryEntry[]>();
  const window = createChannelHistoryWindow({ historyMap });
  return {
    heard(historyKey, inbound, limit) {
      const { conversation, sender, content, receivedAt, messageId } = inbound;
      if (conversation.kind === "direct" || limit === 0) return;
      const lines = (inbound.earlier ?? []).map(readLine);
      const said = { sender: sender.name ?? sender.id, body: content, timestamp: receivedAt, messageId };
      for (const entry of [...lines, said]) if (entry.body.trim() !== "") window.record({ historyKey, entry, limit });
    },
    pending: (historyKey, limit) => window.buildInboundHistory({ historyKey, limit }) ?? [],
    told: (historyKey) => void historyMap.delete(historyKey),
  };
}

/** How many messages are kept: the account's number, else the agent's, else OpenClaw's. */
export function historyLimitOf(cfg: OpenClawConfig, { historyLimit }: Pick<AccessConfig, "historyLimit">, agentId: string): number {
  return historyLimit ?? cfg.agents?.entries?.[agentId]?.groupChat?.historyLimit ?? cfg.messages?.groupChat?.historyLimit ?? DEFAULT_GROUP_HISTORY_LIMIT;
}

/** `<name>: <text>`, as an account has written down what was said in a group. */
export function readLine(line: string): { sender: string; body: string } {
  const [, sender = "", body = line] = /^([^\n:]{1,128}): (.*)$/s.exec(line) ?? [];
  return { sender, body };
}
