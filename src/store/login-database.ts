import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { limits } from "../core/limits.ts";
import { makePrivate } from "./private-file.ts";

/** One row, which is there from the beginning. Tokens are in plain text: the file is its owner's alone. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS login (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL DEFAULT 0,
    device_id TEXT,
    user_id TEXT,
    owner_user_id TEXT,
    agent_id TEXT,
    home_conversation_id TEXT,
    base_url TEXT,
    activated_at INTEGER,
    access_token TEXT,
    refresh_token TEXT,
    granted_at INTEGER,
    refresh_hash TEXT,
    rejected_hash TEXT,
    last_attempt_at INTEGER,
    last_refresh_at INTEGER,
    lease_holder TEXT,
    lease_since INTEGER,
    lease_until INTEGER,
    seed TEXT,
    logged_out_at INTEGER,
    logged_out_why TEXT,
    greeting TEXT CHECK (greeting IN ('due', 'claimed', 'sent')),
    greeting_at INTEGER
  ) STRICT;
  INSERT OR IGNORE INTO login (id) VALUES (1);
`;

const VERSION = 1;

/** Opens or creates the file, for its owner alone; what SQLite puts beside it has the same mode. Throws what the platform throws. */
export function openLoginDatabase(file: string): DatabaseSync {
  makePrivate(file);
  const database = new DatabaseSync(file, { timeout: limits.journalLockMs });
  try {
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;");
    const found = Number(database.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
    if (found > VERSION) throw new Error(`it was written by a newer version (format ${found}, this one knows ${VERSION})`);
    if (found < VERSION) database.exec(`BEGIN IMMEDIATE; ${SCHEMA} PRAGMA user_version = ${VERSION}; COMMIT;`);
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

/** The row as it is; absent where there is none, or none of a version that is known. */
export function peekRow(file: string): Record<string, unknown> | undefined {
  if (!existsSync(file)) return undefined;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: limits.journalLockMs });
    const found = Number(database.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
    return found === VERSION ? database.prepare("SELECT * FROM login").get() : undefined;
  } catch {
    return undefined;
  } finally {
    database?.close();
  }
}
