import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { Event } from "../checker.ts";

/** What stood in a journal at one place of the history. */
export interface Reading {
  /** Which journal it is. */
  journal: string;
  /** How many events there had been. */
  at: number;
  rows: readonly Row[];
}

export interface Row {
  id: string;
  /** Its turn has begun. */
  hasBegun: boolean;
  hasEnded: boolean;
}

/** The rows of the journal of a process that has ended, in the order of their admission. */
export function readJournal(file: string): Row[] {
  // A process may be killed before it has one.
  if (!existsSync(file)) return [];
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    if (!database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'entry'").get()) return [];
    return database
      .prepare("SELECT inbound, attempts, finished_at FROM entry ORDER BY seq")
      .all()
      .map((row) => ({ id: (JSON.parse(String(row["inbound"])) as { messageId: string }).messageId, hasBegun: Number(row["attempts"]) > 0, hasEnded: row["finished_at"] !== null }));
  } finally {
    database.close();
  }
}

/**
 * Adds to a history what only the disk knows. When exactly something was written cannot be seen from outside: a message
 * that is in a journal counts as admitted as soon as it can have been, after it was said, after everything before it in
 * the journal, and after the last reading that it is not in; an end as late as it can have been.
 */
export function addReadings(events: readonly Event[], readings: readonly Reading[]): Event[] {
  /** What comes before the event of this number. */
  const added = new Map<number, Event[]>();
  const add = (at: number, event: Event): void => void added.set(at, [...(added.get(at) ?? []), event]);
  const saidAt = new Map<string, number>();
  for (const [at, event] of events.entries()) if (event.is === "said" && !saidAt.has(event.id)) saidAt.set(event.id, at);

  for (const journal of new Set(readings.map((reading) => reading.journal))) {
    const [admitted, ended] = [new Set<string>(), new Set<string>()];
    let before = 0;
    let least = 0;
    for (const { at, rows } of readings.filter((reading) => reading.journal === journal)) {
      for (const { id, hasBegun, hasEnded } of rows) {
        if (!admitted.has(id)) {
          least = Math.max(least, before, (saidAt.get(id) ?? -1) + 1);
          add(least, { is: "admitted", id });
          admitted.add(id);
        }
        if (hasEnded && !ended.has(id)) {
          add(at, { is: "written", id });
          ended.add(id);
        }
        if (hasBegun && !hasEnded) add(at, { is: "cut", id });
      }
      before = at;
    }
  }
  return [...events, undefined].flatMap((event, at) => [...(added.get(at) ?? []), ...(event ? [event] : [])]);
}

/** A history by its conversations, so that each can be judged by itself; what belongs to none is in the last one. */
export function splitHistory(events: readonly Event[]): Event[][] {
  const authors = new Map(events.flatMap((event) => (event.is === "said" ? [[event.id, event.by]] : [])));
  const parts = new Map<string, Event[]>([...new Set(authors.values()), ""].map((by) => [by, []]));
  for (const event of events) {
    if (event.is === "killed") for (const part of parts.values()) part.push(event);
    else parts.get(authors.get("id" in event ? (event.id ?? "") : "") ?? "")?.push(event);
  }
  return [...parts.values()];
}
