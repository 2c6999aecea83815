import { DatabaseSync } from "node:sqlite";
import { ClawwireError, describeThrown } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { POSTED_SCHEMA } from "./posted.ts";
import { makePrivate } from "./private-file.ts";

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
    handings INTEGER NOT NULL DEFAULT 0,
    joined INTEGER,
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
  CREATE TABLE IF NOT EXISTS seen (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    group_id TEXT NOT NULL,
    name TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (kind, id, group_id)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS quarantine (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    text TEXT NOT NULL,
    why TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS said_lane ON said (lane, seq);
  CREATE INDEX IF NOT EXISTS said_id ON said (lane, message_id);
  CREATE INDEX IF NOT EXISTS said_at ON said (at);
  CREATE INDEX IF NOT EXISTS seen_at ON seen (at);
  CREATE INDEX IF NOT EXISTS entry_finished ON entry (finished_at);
`;

const VERSION = 3;

/** What brings a file of each older version one version further. */
const MIGRATIONS = [
  "",
  "ALTER TABLE entry ADD COLUMN handed_at INTEGER; ALTER TABLE entry ADD COLUMN lost_at INTEGER;",
  `ALTER TABLE entry ADD COLUMN handings INTEGER NOT NULL DEFAULT 0; ALTER TABLE entry ADD COLUMN joined INTEGER;
  UPDATE entry SET handings = 1 WHERE handed_at IS NOT NULL;`,
];

/**
 * The database in `file`, in the newest format.
 * @throws ClawwireError `journal-unavailable` when the file cannot be opened or belongs to a newer version.
 */
export function openDatabase(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    makePrivate(file);
    database = new DatabaseSync(file, { timeout: limits.journalLockMs });
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    const found = Number(database.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
    if (found > VERSION) throw new Error(`it was written by a newer version (format ${found}, this one knows ${VERSION})`);
    const migration = MIGRATIONS.slice(found).join(" ");
    database.exec(`BEGIN; ${found > 0 ? migration : ""} ${SCHEMA} ${POSTED_SCHEMA} PRAGMA user_version = ${VERSION}; COMMIT;`);
    return database;
  } catch (cause) {
    // Left open it would hold the lock of a migration that failed halfway.
    database?.close();
    throw new ClawwireError("journal-unavailable", `The journal ${file} cannot be opened: ${describeThrown(cause)}`, {
      retry: "later",
      cause,
    });
  }
}
