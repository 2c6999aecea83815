import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ClawwireError, describeThrown } from "../core/errors.ts";
import { limits } from "../core/limits.ts";

/**
 * What one account has admitted and what became of it, on disk before anything runs. One SQLite file per account:
 * it survives `kill -9` and power loss (`synchronous = FULL`), and tells a repeat from a new message.
 */
export interface Journal {
  /** What is known of a message: it still runs, or it ended with this terminal. */
  find(key: EntryKey): Known | undefined;
  /** Writes a new message. */
  admit(entry: NewEntry): void;
  /** Counts a run and returns how many there were with this one. */
  start(key: EntryKey): number;
  /** The turn has ended with this terminal frame. */
  finish(key: EntryKey, terminal: string, at: number): void;
  /** The terminal is about to leave on a link: from now on it may have arrived. */
  handing(key: EntryKey, at: number): void;
  /** It certainly did not leave. */
  kept(key: EntryKey): void;
  /** The terminal was handed to an open connection of its sender. */
  delivered(key: EntryKey, at: number): void;
  /** It may have been lost and does not go out again by itself. */
  lost(key: EntryKey, at: number): void;
  /** Admitted and not finished, in order of admission: what a restart must run. */
  unfinished(): Entry[];
  /** Finished since `since`, never delivered and not given up, for one sender, oldest first. */
  undelivered(sender: string, since: number): Entry[];
  /** Remembers what was said in a conversation, for quotes (WS-25). */
  remember(lane: string, messageId: string, text: string, at: number): void;
  /** What `remember` was told of this id, if it is among the last messages of the conversation. */
  recall(lane: string, messageId: string): string | undefined;
  /** Keeps the last message of a conversation, for what is said there unasked. */
  meet(conversation: string, inbound: string, at: number): void;
  /** What `meet` was told last of this conversation. */
  lastOf(conversation: string): string | undefined;
  /**
   * Forgets what ended and what was said before these times, and of what ended the oldest beyond `finishedAtMost`.
   * @returns how many of the forgotten messages had an answer that nobody took.
   */
  sweep(bounds: { finishedBefore: number; finishedAtMost?: number; saidBefore: number }): number;
  close(): void;
}

export interface EntryKey {
  sender: string;
  messageId: string;
}

export interface NewEntry extends EntryKey {
  lane: string;
  /** JSON. */
  inbound: string;
  at: number;
}

export interface Entry extends NewEntry {
  attempts: number;
  terminal?: string;
  /** The terminal may have left on a link. */
  wasHanded: boolean;
}

export interface Known {
  inbound: string;
  terminal?: string;
  wasHanded: boolean;
  wasDelivered: boolean;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS entry (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    sender TEXT NOT NULL,
    message_id TEXT NOT NULL,
    lane TEXT NOT NULL,
    inbound TEXT NOT NULL,
    at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    terminal TEXT,
    finished_at INTEGER,
    delivered_at INTEGER,
    handed_at INTEGER,
    lost_at INTEGER,
    UNIQUE (sender, message_id)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS entry_open ON entry (seq) WHERE terminal IS NULL;
  CREATE INDEX IF NOT EXISTS entry_waiting ON entry (sender, finished_at) WHERE terminal IS NOT NULL AND delivered_at IS NULL;
  CREATE TABLE IF NOT EXISTS said (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    lane TEXT NOT NULL,
    message_id TEXT NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS peer (
    conversation TEXT PRIMARY KEY,
    inbound TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS said_lane ON said (lane, seq);
  CREATE INDEX IF NOT EXISTS said_id ON said (lane, message_id);
  CREATE INDEX IF NOT EXISTS said_at ON said (at);
  CREATE INDEX IF NOT EXISTS entry_finished ON entry (finished_at);
`;

/**
 * Opens or creates the journal in `file` (`:memory:` for tests); `remembered` is how many messages of a conversation
 * `recall` can find.
 * @throws ClawwireError `journal-unavailable` when the file cannot be opened or belongs to a newer version.
 */
export function openJournal(file: string, { remembered }: { remembered: number }): Journal {
  const database = openDatabase(file);
  const sql = {
    find: database.prepare("SELECT inbound, terminal, handed_at, delivered_at FROM entry WHERE sender = ? AND message_id = ?"),
    insert: database.prepare("INSERT INTO entry (sender, message_id, lane, inbound, at) VALUES (?, ?, ?, ?, ?)"),
    start: database.prepare(
      "UPDATE entry SET attempts = attempts + 1 WHERE sender = ? AND message_id = ? RETURNING attempts",
    ),
    finish: database.prepare(
      "UPDATE entry SET terminal = ?, finished_at = ? WHERE sender = ? AND message_id = ? AND terminal IS NULL",
    ),
    handing: database.prepare("UPDATE entry SET handed_at = ? WHERE sender = ? AND message_id = ?"),
    kept: database.prepare("UPDATE entry SET handed_at = NULL WHERE sender = ? AND message_id = ?"),
    delivered: database.prepare("UPDATE entry SET delivered_at = ? WHERE sender = ? AND message_id = ?"),
    lost: database.prepare("UPDATE entry SET lost_at = ? WHERE sender = ? AND message_id = ?"),
    unfinished: database.prepare("SELECT * FROM entry WHERE terminal IS NULL AND delivered_at IS NULL ORDER BY seq"),
    undelivered: database.prepare(
      "SELECT * FROM entry WHERE sender = ? AND terminal IS NOT NULL AND delivered_at IS NULL AND lost_at IS NULL AND finished_at >= ? ORDER BY seq",
    ),
    remember: database.prepare("INSERT INTO said (lane, message_id, text, at) VALUES (?, ?, ?, ?)"),
    forget: database.prepare(
      "DELETE FROM said WHERE lane = ? AND seq <= (SELECT seq FROM said WHERE lane = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)",
    ),
    recall: database.prepare("SELECT text FROM said WHERE lane = ? AND message_id = ? ORDER BY seq DESC LIMIT 1"),
    meet: database.prepare(
      "INSERT INTO peer (conversation, inbound, at) VALUES (?, ?, ?) ON CONFLICT (conversation) DO UPDATE SET inbound = excluded.inbound, at = excluded.at",
    ),
    lastOf: database.prepare("SELECT inbound FROM peer WHERE conversation = ?"),
    sweepEntries: database.prepare("DELETE FROM entry WHERE finished_at < ? RETURNING delivered_at, lost_at"),
    sweepMost: database.prepare(
      "DELETE FROM entry WHERE (delivered_at IS NOT NULL OR lost_at IS NOT NULL) AND seq <= (SELECT seq FROM entry WHERE finished_at IS NOT NULL ORDER BY seq DESC LIMIT 1 OFFSET ?) RETURNING delivered_at, lost_at",
    ),
    sweepSaid: database.prepare("DELETE FROM said WHERE at < ?"),
    sweepPeers: database.prepare("DELETE FROM peer WHERE at < ?"),
  };
  return {
    find({ sender, messageId }) {
      const row = sql.find.get(sender, messageId);
      return row && { inbound: String(row["inbound"]), wasHanded: row["handed_at"] !== null, wasDelivered: row["delivered_at"] !== null, ...readTerminal(row) };
    },
    admit: ({ sender, messageId, lane, inbound, at }) => void sql.insert.run(sender, messageId, lane, inbound, at),
    start: ({ sender, messageId }) => Number(sql.start.get(sender, messageId)?.["attempts"] ?? 1),
    finish: ({ sender, messageId }, terminal, at) => void sql.finish.run(terminal, at, sender, messageId),
    handing: ({ sender, messageId }, at) => void sql.handing.run(at, sender, messageId),
    kept: ({ sender, messageId }) => void sql.kept.run(sender, messageId),
    delivered: ({ sender, messageId }, at) => void sql.delivered.run(at, sender, messageId),
    lost: ({ sender, messageId }, at) => void sql.lost.run(at, sender, messageId),
    unfinished: () => sql.unfinished.all().map(readEntry),
    undelivered: (sender, since) => sql.undelivered.all(sender, since).map(readEntry),
    remember(lane, messageId, text, at) {
      if (remembered === 0) return;
      sql.remember.run(lane, messageId, text, at);
      sql.forget.run(lane, lane, remembered);
    },
    recall(lane, messageId) {
      const text = sql.recall.get(lane, messageId)?.["text"];
      return typeof text === "string" ? text : undefined;
    },
    meet: (conversation, inbound, at) => void sql.meet.run(conversation, inbound, at),
    lastOf(conversation) {
      const inbound = sql.lastOf.get(conversation)?.["inbound"];
      return typeof inbound === "string" ? inbound : undefined;
    },
    sweep({ finishedBefore, finishedAtMost, saidBefore }) {
      sql.sweepSaid.run(saidBefore);
      sql.sweepPeers.run(saidBefore);
      const forgotten = [...sql.sweepEntries.all(finishedBefore), ...(finishedAtMost === undefined ? [] : sql.sweepMost.all(finishedAtMost))];
      return forgotten.filter((row) => row["delivered_at"] === null && row["lost_at"] === null).length;
    },
    close: () => database.close(),
  };
}

const VERSION = 2;

/** What brings a file of each older version one version further. */
const MIGRATIONS = ["", "ALTER TABLE entry ADD COLUMN handed_at INTEGER; ALTER TABLE entry ADD COLUMN lost_at INTEGER;"];

function openDatabase(file: string): DatabaseSync {
  try {
    if (file !== ":memory:") mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const database = new DatabaseSync(file, { timeout: limits.journalLockMs });
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    const found = Number(database.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
    if (found > VERSION) {
      database.close();
      throw new Error(`it was written by a newer version (format ${found}, this one knows ${VERSION})`);
    }
    const migration = MIGRATIONS.slice(found).join(" ");
    database.exec(`BEGIN; ${found > 0 ? migration : ""} ${SCHEMA} PRAGMA user_version = ${VERSION}; COMMIT;`);
    return database;
  } catch (cause) {
    throw new ClawwireError("journal-unavailable", `The journal ${file} cannot be opened: ${describeThrown(cause)}`, {
      retry: "later",
      cause,
    });
  }
}

function readEntry(row: Record<string, unknown>): Entry {
  return {
    sender: String(row["sender"]),
    messageId: String(row["message_id"]),
    lane: String(row["lane"]),
    inbound: String(row["inbound"]),
    at: Number(row["at"]),
    attempts: Number(row["attempts"]),
    wasHanded: row["handed_at"] !== null,
    ...readTerminal(row),
  };
}

function readTerminal(row: Record<string, unknown>): { terminal?: string } {
  return typeof row["terminal"] === "string" ? { terminal: row["terminal"] } : {};
}
