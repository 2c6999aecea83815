import type { Attachment } from "../turn.ts";

/** How the agent's owner wants it to behave in one group. */
export interface GroupSetting {
  chatId: string;
  muted: boolean;
  replyMode: "all" | "mention";
  /** ms of silence after which the messages of the group are answered together; 0 where nobody has set it. */
  batchDelayMs: number;
}

/** Reads the `data` of GET /v1/agents/me/group-settings; total. A row that makes no sense is left out, the rest counts (CC-58). */
export function readGroupSettings(data: unknown): GroupSetting[] | undefined {
  const rows = memberOf(data, "settings");
  return Array.isArray(rows) ? rows.flatMap(readRow) : undefined;
}

function readRow(row: unknown): GroupSetting[] {
  const chatId = textIn(row, "conversation_id");
  const [muted, delay, replyMode] = [memberOf(row, "muted") ?? false, memberOf(row, "batch_delay_seconds") ?? 0, memberOf(row, "reply_mode") ?? "all"];
  if (chatId === undefined || typeof muted !== "boolean" || !isCount(delay)) return [];
  return [{ chatId, muted, replyMode: replyMode === "mention" ? "mention" : "all", batchDelayMs: delay * 1000 }];
}

/** Reads the `data` of GET /v1/users/me; total. */
export function readOwnUserId(data: unknown): string | undefined {
  return textIn(data, "user_id") ?? textIn(data, "id");
}

/** Reads the `data` of GET /v1/conversations/{cid}; total. */
export function readTitle(data: unknown): string | undefined {
  return textIn(data, "title");
}

/**
 * Reads the `data` of GET /v1/agents/me/permissions; total: what an agent may do, by operation. An operation that is not
 * named, or named with a word nobody knows, has to be asked for.
 */
export function readPermissions(data: unknown): ReadonlyMap<string, "allow" | "ask" | "deny"> | undefined {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return undefined;
  const rows = Object.entries(data).filter(([, word]) => typeof word === "string");
  return new Map(rows.map(([operation, word]) => [operation, word === "allow" || word === "deny" ? word : "ask"]));
}

/** Reads the `data` of POST /media/upload; total. */
export function readUploaded(data: unknown): Attachment | undefined {
  const url = textIn(data, "url");
  if (url === undefined) return undefined;
  const [name, mimeType, size] = [textIn(data, "name"), textIn(data, "mime"), memberOf(data, "size")];
  return { kind: kindOf(memberOf(data, "kind"), mimeType), url, ...(name !== undefined && { name }), ...(mimeType !== undefined && { mimeType }), ...(isCount(size) && { size }) };
}

function kindOf(kind: unknown, mimeType = ""): Attachment["kind"] {
  const named = [kind, mimeType.split("/")[0]].find((word) => word === "image" || word === "video" || word === "audio");
  return named ?? "file";
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function textIn(value: unknown, name: string): string | undefined {
  const text = memberOf(value, name);
  return typeof text === "string" && text.trim() !== "" ? text : undefined;
}
