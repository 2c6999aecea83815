import { limits } from "../core/limits.ts";
import { openDatabase } from "./journal-database.ts";
import { openPosted, type PostedMessages } from "./posted.ts";
import { prepareSeen, type Sighting } from "./seen.ts";

/**
 * What one account has admitted and what became of it, on disk before anything runs. One SQLite file per account:
 * it survives `kill -9` and power loss (`synchronous = FULL`), and tells a repeat from a new message.
 */
export interface Journal extends PostedMessages {
  /** What is known of a message: it still runs, or it ended with this terminal. */
  find(key: EntryKey): Known | undefined;
  /** Writes a new message, and who was seen in it. */
  admit(entry: NewEntry, seen?: readonly Sighting[]): void;
  /** Its author has changed it before it ran. */
  amend(key: EntryKey, inbound: string): void;
  /** Counts a run and returns how many there were with this one. `earlier`: messages that run in the same turn. */
  start(key: EntryKey, earlier?: readonly EntryKey[]): number;
  /**
   * The turn has ended with this terminal frame. The `earlier` messages that ran in it have ended at the same instant:
   * of them nothing is left to deliver.
   */
  finish(key: EntryKey, terminal: string, at: number, earlier?: readonly EntryKey[]): void;
  /** The terminal is about to leave on a link: from now on it may have arrived. */
  handing(key: EntryKey, at: number): void;
  /** It certainly did not leave that time. */
  kept(key: EntryKey): void;
  /** The terminal was handed to an open connection of its sender. */
  delivered(key: EntryKey, at: number): void;
  /** It may have been lost and does not go out again by itself. */
  lost(key: EntryKey, at: number): void;
  /** Admitted and not finished, in order of admission: what a restart must run. */
  unfinished(): Entry[];
  /** Finished since `since`, never delivered and not given up, for one sender, oldest first. */
  undelivered(sender: string, since: number): Entry[];
  /** Remembers what was said in a conversation, for quotes (WS-25). What is told of an id again takes the place of the first. */
  remember(lane: string, messageId: string, text: string, at: number): void;
  /** What `remember` was told of this id, if it is among the last messages of the conversation. */
  recall(lane: string, messageId: string): string | undefined;
  /** The last messages of a conversation that are remembered, oldest first. */
  recent(lane: string, limit: number): Remembered[];
  /** Keeps the last message of a conversation, for what is said there unasked. */
  meet(conversation: string, inbound: string, at: number): void;
  /** What `meet` was told last of this conversation. */
  lastOf(conversation: string): string | undefined;
  /** Puts away a frame that could not be understood, for whoever looks into it; the newest ones are kept. */
  quarantine(text: string, why: string, at: number): void;
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
  /** On how many links it may have left. */
  handings: number;
  /** Of an unfinished message: the last one of those whose turn it has run in, and runs in again. */
  joined?: EntryKey;
}

export interface Known {
  inbound: string;
  terminal?: string;
  wasHanded: boolean;
  handings: number;
  /** True as well of a message that ended in the turn of a later one. */
  wasDelivered: boolean;
  /** It was given up: see `lost`. */
  wasLost?: true;
}

export interface Remembered {
  messageId: string;
  text: string;
}

/**
 * Opens or creates the journal in `file` (`:memory:` for tests); `remembered` is how many messages of a conversation
 * `recall` can find.
 * @throws ClawwireError `journal-unavailable` when the file cannot be opened or belongs to a newer version.
 */
export function openJournal(file: string, { remembered }: { remembered: number }): Journal {
  const database = openDatabase(file);
  const posted = openPosted(database);
  const sql = {
    find: database.prepare("SELECT inbound, terminal, handed_at, handings, delivered_at, lost_at FROM entry WHERE sender = ? AND message_id = ?"),
    insert: database.prepare("INSERT INTO entry (sender, message_id, lane, inbound, at) VALUES (?, ?, ?, ?, ?)"),
    amend: database.prepare("UPDATE entry SET inbound = ? WHERE sender = ? AND message_id = ? AND finished_at IS NULL"),
    start: database.prepare(
      "UPDATE entry SET attempts = attempts + 1 WHERE sender = ? AND message_id = ? RETURNING attempts, seq",
    ),
    join: database.prepare("UPDATE entry SET joined = ? WHERE sender = ? AND message_id = ?"),
    finish: database.prepare(
      "UPDATE entry SET terminal = ?, finished_at = ? WHERE sender = ? AND message_id = ? AND terminal IS NULL AND finished_at IS NULL",
    ),
    finishEarlier: database.prepare(
      "UPDATE entry SET finished_at = ?, delivered_at = ? WHERE sender = ? AND message_id = ? AND finished_at IS NULL",
    ),
    handing: database.prepare("UPDATE entry SET handed_at = ?, handings = handings + 1 WHERE sender = ? AND message_id = ?"),
    kept: database.prepare(
      "UPDATE entry SET handed_at = iif(handings > 1, handed_at, NULL), handings = max(handings - 1, 0) WHERE sender = ? AND message_id = ?",
    ),
    delivered: database.prepare("UPDATE entry SET delivered_at = ? WHERE sender = ? AND message_id = ?"),
    lost: database.prepare("UPDATE entry SET lost_at = ? WHERE sender = ? AND message_id = ?"),
    // What ran in a turn of which the peer has the answer has ended, even where the end itself could not be written.
    unfinished: database.prepare(
      `SELECT entry.*, turn.sender AS turn_sender, turn.message_id AS turn_message_id
      FROM entry LEFT JOIN entry AS turn ON turn.seq = entry.joined
      WHERE entry.terminal IS NULL AND entry.delivered_at IS NULL AND turn.terminal IS NULL AND turn.delivered_at IS NULL ORDER BY entry.seq`,
    ),
    undelivered: database.prepare(
      "SELECT * FROM entry WHERE sender = ? AND terminal IS NOT NULL AND delivered_at IS NULL AND lost_at IS NULL AND finished_at >= ? ORDER BY seq",
    ),
    replace: database.prepare("UPDATE said SET text = ?, at = ? WHERE lane = ? AND message_id = ?"),
    remember: database.prepare("INSERT INTO said (lane, message_id, text, at) VALUES (?, ?, ?, ?)"),
    forget: database.prepare(
      "DELETE FROM said WHERE lane = ? AND seq <= (SELECT seq FROM said WHERE lane = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)",
    ),
    recall: database.prepare("SELECT text FROM said WHERE lane = ? AND message_id = ? ORDER BY seq DESC LIMIT 1"),
    recent: database.prepare("SELECT message_id, text FROM said WHERE lane = ? ORDER BY seq DESC LIMIT ?"),
    meet: database.prepare(
      "INSERT INTO peer (conversation, inbound, at) VALUES (?, ?, ?) ON CONFLICT (conversation) DO UPDATE SET inbound = excluded.inbound, at = excluded.at",
    ),
    lastOf: database.prepare("SELECT inbound FROM peer WHERE conversation = ?"),
    quarantine: database.prepare("INSERT INTO quarantine (text, why, at) VALUES (?, ?, ?)"),
    crowd: database.prepare("DELETE FROM quarantine WHERE seq <= (SELECT seq FROM quarantine ORDER BY seq DESC LIMIT 1 OFFSET ?)"),
    seen: prepareSeen(database),
    sweepEntries: database.prepare("DELETE FROM entry WHERE finished_at < ? RETURNING delivered_at, lost_at"),
    sweepMost: database.prepare(
      "DELETE FROM entry WHERE (delivered_at IS NOT NULL OR lost_at IS NOT NULL) AND seq <= (SELECT seq FROM entry WHERE finished_at IS NOT NULL ORDER BY seq DESC LIMIT 1 OFFSET ?) RETURNING delivered_at, lost_at",
    ),
    sweepSaid: database.prepare("DELETE FROM said WHERE at < ?"),
    sweepPeers: database.prepare("DELETE FROM peer WHERE at < ?"),
    sweepQuarantine: database.prepare("DELETE FROM quarantine WHERE at < ?"),
  };

  /** All of it or nothing. */
  function atomically<Result>(work: () => Result): Result {
    database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      database.exec("COMMIT");
      return result;
    } catch (thrown) {
      // A full disk may have ended the transaction by itself.
      if (database.isTransaction) database.exec("ROLLBACK");
      throw thrown;
    }
  }

  return {
    ...posted,
    find({ sender, messageId }) {
      const row = sql.find.get(sender, messageId);
      return row && { inbound: String(row["inbound"]), ...readHandings(row), wasDelivered: row["delivered_at"] !== null, ...(row["lost_at"] !== null && { wasLost: true }), ...readTerminal(row) };
    },
    admit: ({ sender, messageId, lane, inbound, at }, seen = []) =>
      atomically(() => {
        sql.insert.run(sender, messageId, lane, inbound, at);
        for (const sighting of seen) sql.seen.write(sighting, at);
      }),
    amend: ({ sender, messageId }, inbound) => void sql.amend.run(inbound, sender, messageId),
    start: ({ sender, messageId }, earlier = []) =>
      atomically(() => {
        const { attempts = 1, seq = null } = sql.start.get(sender, messageId) ?? {};
        for (const each of earlier) sql.join.run(seq, each.sender, each.messageId);
        return Number(attempts);
      }),
    finish: ({ sender, messageId }, terminal, at, earlier = []) =>
      atomically(() => {
        sql.finish.run(terminal, at, sender, messageId);
        for (const each of earlier) sql.finishEarlier.run(at, at, each.sender, each.messageId);
      }),
    handing: ({ sender, messageId }, at) => void sql.handing.run(at, sender, messageId),
    kept: ({ sender, messageId }) => void sql.kept.run(sender, messageId),
    delivered: ({ sender, messageId }, at) => void sql.delivered.run(at, sender, messageId),
    lost: ({ sender, messageId }, at) => void sql.lost.run(at, sender, messageId),
    unfinished: () => sql.unfinished.all().map(readEntry),
    undelivered: (sender, since) => sql.undelivered.all(sender, since).map(readEntry),
    remember(lane, messageId, text, at) {
      if (remembered === 0 || sql.replace.run(text, at, lane, messageId).changes > 0) return;
      sql.remember.run(lane, messageId, text, at);
      sql.forget.run(lane, lane, remembered);
    },
    recall(lane, messageId) {
      const text = sql.recall.get(lane, messageId)?.["text"];
      return typeof text === "string" ? text : undefined;
    },
    recent: (lane, limit) =>
      sql.recent
        .all(lane, limit)
        .map((row) => ({ messageId: String(row["message_id"]), text: String(row["text"]) }))
        .toReversed(),
    meet: (conversation, inbound, at) => void sql.meet.run(conversation, inbound, at),
    lastOf(conversation) {
      const inbound = sql.lastOf.get(conversation)?.["inbound"];
      return typeof inbound === "string" ? inbound : undefined;
    },
    quarantine(text, why, at) {
      sql.quarantine.run(cutBytes(text, limits.quarantineBytes), why, at);
      sql.crowd.run(limits.quarantineRows);
    },
    sweep({ finishedBefore, finishedAtMost, saidBefore }) {
      sql.sweepSaid.run(saidBefore);
      sql.sweepPeers.run(saidBefore);
      sql.sweepQuarantine.run(saidBefore);
      sql.seen.sweep();
      posted.sweepPosted(saidBefore);
      const forgotten = [...sql.sweepEntries.all(finishedBefore), ...(finishedAtMost === undefined ? [] : sql.sweepMost.all(finishedAtMost))];
      return forgotten.filter((row) => row["delivered_at"] === null && row["lost_at"] === null).length;
    },
    close: () => database.close(),
  };
}

function readEntry(row: Record<string, unknown>): Entry {
  return {
    sender: String(row["sender"]),
    messageId: String(row["message_id"]),
    lane: String(row["lane"]),
    inbound: String(row["inbound"]),
    at: Number(row["at"]),
    attempts: Number(row["attempts"]),
    ...readHandings(row),
    ...readTerminal(row),
    ...(typeof row["turn_message_id"] === "string" && { joined: { sender: String(row["turn_sender"]), messageId: row["turn_message_id"] } }),
  };
}

function readHandings(row: Record<string, unknown>): { wasHanded: boolean; handings: number } {
  return { wasHanded: row["handed_at"] !== null, handings: Number(row["handings"]) };
}

function readTerminal(row: Record<string, unknown>): { terminal?: string } {
  return typeof row["terminal"] === "string" ? { terminal: row["terminal"] } : {};
}

/** As much of a text as fits into so many bytes of UTF-8, without half a character at its end. */
function cutBytes(text: string, max: number): string {
  if (text.length * 3 <= max) return text;
  return text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(max)).read);
}
