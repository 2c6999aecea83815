import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { limits } from "../core/limits.ts";

/** Somebody of whom a message was admitted, or the group in which it was said. */
export interface Sighting {
  kind: "user" | "group" | "member";
  id: string;
  /** Of a member: in which group. */
  groupId?: string;
  /** As the peer calls itself. */
  name?: string;
}

export interface Seen extends Sighting {
  /** When last, ms. */
  at: number;
}

/** The part of a journal's database that says who was seen. */
export function prepareSeen(database: DatabaseSync) {
  const write = database.prepare(
    `INSERT INTO seen (kind, id, group_id, name, at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (kind, id, group_id) DO UPDATE SET name = coalesce(excluded.name, name), at = excluded.at`,
  );
  const crowd = database.prepare("DELETE FROM seen WHERE rowid IN (SELECT rowid FROM seen ORDER BY at DESC LIMIT -1 OFFSET ?)");
  return {
    write: ({ kind, id, groupId = "", name }: Sighting, at: number) => void write.run(kind, id, groupId, name ?? null, at),
    sweep: () => void crowd.run(limits.seenRows),
  };
}

/**
 * Reads it beside whoever has the journal open, and changes nothing: the one that was seen last comes first. There is
 * nothing to tell where the account never ran, its journal was written by another version, or cannot be read.
 */
export function readSeen(file: string): Seen[] {
  if (!existsSync(file)) return [];
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: limits.seenLockMs });
    return database.prepare("SELECT kind, id, group_id, name, at FROM seen ORDER BY at DESC, kind, id").all().flatMap(readRow);
  } catch {
    return [];
  } finally {
    database?.close();
  }
}

function readRow(row: Record<string, unknown>): Seen[] {
  const { kind, id, group_id: groupId, name, at } = row;
  if ((kind !== "user" && kind !== "group" && kind !== "member") || typeof id !== "string" || typeof at !== "number") return [];
  return [{ kind, id, at, ...(kind === "member" && typeof groupId === "string" && { groupId }), ...(typeof name === "string" && { name }) }];
}
