import type { DatabaseSync } from "node:sqlite";
import { limits } from "../core/limits.ts";

/** A message that was said before, for whoever edits it, deletes it or reacts to it. */
export interface Posted {
  /** Where it stands. */
  conversation: string;
  /** Who wrote it; empty for the agent. */
  author: string;
  /** Ours. */
  messageId: string;
  /** What the peer calls it. */
  name: string;
  /** JSON: a message of the conversation, to say something where this one stands. */
  place: string;
}

/** A reaction of one person to one message. */
export interface Reaction {
  conversation: string;
  /** What the peer calls the message. */
  name: string;
  actor: string;
  emoji: string;
}

/** Of which messages the newest are meant: peers choose ids, and many choose the same. */
export interface Among {
  conversation?: string;
  author?: string;
  /** Of direct conversations without a scope this one alone. */
  ownDirect?: string;
}

export interface PostedMessages {
  /** Remembers a message that was said; the newest of an account are kept. One that had its id before is another one, to which nobody has reacted. */
  post(message: Posted, at: number): void;
  /** The same message with another text; nothing where it was deleted meanwhile. */
  repost(message: Posted): void;
  /** The newest messages of this id or name, the newest first; none that was deleted. */
  posted(idOrName: string, among?: Among): Posted[];
  /** It is deleted: nothing is done to it any more. */
  retract(message: Posted): void;
  /** False where it was there already. With `isOnly` it replaces what this person reacted with before. */
  react(reaction: Reaction, at: number, isOnly: boolean): boolean;
  /** False where it was not there. Without an emoji every reaction of this person to the message. */
  unreact(reaction: Reaction): boolean;
  /** Forgets what was said before this time. */
  sweepPosted(before: number): void;
}

/** In tables of their own beside the journal's: an older version does not look at them. */
export const POSTED_SCHEMA = `
  CREATE TABLE IF NOT EXISTS posted (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation TEXT NOT NULL,
    author TEXT NOT NULL,
    message_id TEXT NOT NULL,
    name TEXT NOT NULL,
    place TEXT NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (conversation, author, message_id)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS posted_id ON posted (message_id);
  CREATE INDEX IF NOT EXISTS posted_name ON posted (name);
  CREATE TABLE IF NOT EXISTS reaction (
    conversation TEXT NOT NULL,
    name TEXT NOT NULL,
    actor TEXT NOT NULL,
    emoji TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (conversation, name, actor, emoji)
  ) STRICT;
`;

export function openPosted(database: DatabaseSync): PostedMessages {
  const sql = {
    post: database.prepare("INSERT OR REPLACE INTO posted (conversation, author, message_id, name, place, at) VALUES (?, ?, ?, ?, ?, ?)"),
    fresh: database.prepare("DELETE FROM reaction WHERE conversation = ? AND name = ?"),
    repost: database.prepare("UPDATE posted SET place = ? WHERE conversation = ? AND author = ? AND message_id = ?"),
    crowd: database.prepare("DELETE FROM posted WHERE seq <= (SELECT max(seq) FROM posted) - ?"),
    posted: database.prepare(
      `SELECT * FROM posted WHERE (message_id = :name OR name = :name) AND conversation = coalesce(:conversation, conversation) AND author = coalesce(:author, author)
      AND (:ownDirect IS NULL OR conversation = :ownDirect OR conversation NOT LIKE '["direct","",%') ORDER BY seq DESC LIMIT 64`,
    ),
    retract: database.prepare("DELETE FROM posted WHERE conversation = ? AND author = ? AND message_id = ?"),
    reactions: database.prepare("SELECT count(*) AS count FROM reaction WHERE conversation = ? AND name = ?"),
    react: database.prepare("INSERT INTO reaction (conversation, name, actor, emoji, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"),
    others: database.prepare("DELETE FROM reaction WHERE conversation = ? AND name = ? AND actor = ? AND emoji <> ?"),
    unreact: database.prepare("DELETE FROM reaction WHERE conversation = ? AND name = ? AND actor = ? AND (emoji = ? OR ? = '')"),
    sweepPosted: database.prepare("DELETE FROM posted WHERE at < ?"),
    sweepReactions: database.prepare("DELETE FROM reaction WHERE at < ?"),
  };
  return {
    post({ conversation, author, messageId, name, place }, at) {
      sql.post.run(conversation, author, messageId, name, place, at);
      sql.fresh.run(conversation, name);
      sql.crowd.run(limits.postedMessages);
    },
    repost: ({ conversation, author, messageId, place }) => void sql.repost.run(place, conversation, author, messageId),
    posted: (name, { conversation = null, author = null, ownDirect = null }: { [Key in keyof Among]: Among[Key] | null } = {}) => sql.posted.all({ name, conversation, author, ownDirect }).map(readPosted),
    retract: ({ conversation, author, messageId }) => void sql.retract.run(conversation, author, messageId),
    react({ conversation, name, actor, emoji }, at, isOnly) {
      // Nobody's flood of emoji fills the disk.
      if (Number(sql.reactions.get(conversation, name)?.["count"] ?? 0) >= limits.reactionsPerMessage) return false;
      const isNew = sql.react.run(conversation, name, actor, emoji, at).changes > 0;
      if (isOnly) sql.others.run(conversation, name, actor, emoji);
      return isNew;
    },
    unreact: ({ conversation, name, actor, emoji }) => sql.unreact.run(conversation, name, actor, emoji, emoji).changes > 0,
    sweepPosted(before) {
      sql.sweepPosted.run(before);
      sql.sweepReactions.run(before);
    },
  };
}

function readPosted(row: Record<string, unknown>): Posted {
  return {
    conversation: String(row["conversation"]),
    author: String(row["author"]),
    messageId: String(row["message_id"]),
    name: String(row["name"]),
    place: String(row["place"]),
  };
}
