import { limits } from "../../../generated/clawchat/tables.ts";
import type { GatherPlan } from "../gather.ts";
import type { Inbound } from "../inbound.ts";
import type { GroupSetting } from "./backend.ts";

/** ms for which messages wait for what the server says about groups, and how many a mention is told of. */
export const groupBounds = { settingsWaitMs: limits.settingsWaitMs, earlier: limits.batchContext } as const;

/** ms of silence after which the messages of a group are answered together, where nobody has said another number. */
export const batchIdleMs = limits.batchIdleMs;

/** What the server has said about groups last. A snapshot is everything: what it does not name is not set. */
export interface GroupSettings {
  /** Of the request whose answer this is; answers may come out of order. */
  sequence: number;
  byChat: ReadonlyMap<string, GroupSetting>;
}

/** What the operator has configured for a group. */
export interface GroupRules {
  muted: boolean;
  replyMode: "all" | "mention";
  /** ms. */
  batchDelayMs: number;
}

export const noGroupSettings: GroupSettings = { sequence: 0, byChat: new Map() };

/** The answer to a younger request wins, whenever it comes (CC-58). */
export function applySnapshot(known: GroupSettings, sequence: number, rows: readonly GroupSetting[]): GroupSettings {
  return sequence <= known.sequence ? known : { sequence, byChat: new Map(rows.map((row) => [row.chatId, row])) };
}

/** The server's word on a group wins over the operator's. */
export function rulesFor(known: GroupSettings, configured: GroupRules, chatId: string): GroupRules {
  const row = known.byChat.get(chatId);
  if (!row) return configured;
  return { muted: row.muted, replyMode: row.replyMode, batchDelayMs: row.batchDelayMs > 0 ? row.batchDelayMs : configured.batchDelayMs };
}

/** Whether a message of a group is answered (CC-59). */
export function isAnswered(rules: GroupRules, { mentioned }: Pick<Inbound, "mentioned">): boolean {
  return !rules.muted && (rules.replyMode === "all" || mentioned === true);
}

/** How long it waits for others: many speak at once in a group, and the agent answers them together, as far as they share a memory: nobody's words come into that of another one (CC-60). */
export function gatherPlan(rules: GroupRules, memory: string, { mentioned }: Pick<Inbound, "mentioned">): GatherPlan {
  return { key: memory, idleMs: rules.batchDelayMs, ceilingMs: Math.max(limits.batchCeilingMs, rules.batchDelayMs), flush: mentioned === true };
}
