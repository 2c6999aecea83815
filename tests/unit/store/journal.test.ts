import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.ts";
import { type Journal, openJournal } from "../../../src/store/journal.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "journal-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const open = () => openJournal(join(folder, "a", "default.sqlite"), { remembered: 3 });
const entry = (messageId: string, sender = "ann") => ({ sender, messageId, lane: "l", inbound: `{"m":"${messageId}"}`, at: 1 });
const ids = (entries: readonly { messageId: string }[]) => entries.map(({ messageId }) => messageId);

/** The first version's table of messages, up to where later ones differ. */
const ENTRY_1 = `CREATE TABLE entry (seq INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT NOT NULL, message_id TEXT NOT NULL, lane TEXT NOT NULL,
  inbound TEXT NOT NULL, at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, terminal TEXT, finished_at INTEGER, delivered_at INTEGER`;

/** What only the newest version can do. */
function expectNewest(journal: Journal): void {
  for (const id of ["a", "b"]) journal.admit(entry(id));
  journal.start(entry("b"), [entry("a")]);
  expect(journal.unfinished().filter(({ joined }) => joined)).toMatchObject([{ messageId: "a", joined: { sender: "ann", messageId: "b" } }]);
  journal.quarantine("text", "why", 1);
}

/** What lies in a file of this folder, past the journal. */
function look(sql: string): Record<string, unknown>[] {
  const database = new DatabaseSync(join(folder, "a", "default.sqlite"), { readOnly: true });
  const rows = database.prepare(sql).all();
  database.close();
  return rows;
}

describe("the journal", () => {
  it("WS-14 tells a new message from one that runs and one that ended", () => {
    const journal = open();
    expect(journal.find(entry("1"))).toBeUndefined();
    journal.admit(entry("1"));
    expect(journal.find(entry("1"))).toEqual({ inbound: '{"m":"1"}', wasHanded: false, handings: 0, wasDelivered: false });
    journal.finish(entry("1"), "the end", 2);
    expect(journal.find(entry("1"))).toMatchObject({ inbound: '{"m":"1"}', terminal: "the end" });
    journal.close();
  });

  it("WS-14 keeps the same id of two senders apart", () => {
    const journal = open();
    journal.admit(entry("1", "ann"));
    expect(journal.find(entry("1", "bob"))).toBeUndefined();
    journal.admit(entry("1", "bob"));
    expect(journal.unfinished()).toHaveLength(2);
    journal.close();
  });

  it("WS-20 lists what a crash left unfinished in order of admission, with the runs it had", () => {
    const before = open();
    for (const id of ["1", "2", "3"]) before.admit(entry(id));
    expect(before.start(entry("1"))).toBe(1);
    before.finish(entry("2"), "done", 5);
    before.close();
    const after = open();
    expect(after.unfinished()).toEqual([
      { ...entry("1"), attempts: 1, wasHanded: false, handings: 0 },
      { ...entry("3"), attempts: 0, wasHanded: false, handings: 0 },
    ]);
    expect(after.start(entry("1"))).toBe(2);
    after.close();
  });

  it("WS-20 lists finished answers of one sender that nobody took, oldest first, until they are delivered", () => {
    const journal = open();
    for (const [id, sender] of [["1", "ann"], ["2", "ann"], ["3", "bob"]] as const) {
      journal.admit(entry(id, sender));
      journal.finish({ messageId: id, sender }, "t", 10);
    }
    expect(ids(journal.undelivered("ann", 10))).toEqual(["1", "2"]);
    expect(journal.undelivered("ann", 11)).toEqual([]);
    journal.delivered(entry("1"), 12);
    expect(ids(journal.undelivered("ann", 0))).toEqual(["2"]);
    journal.close();
  });

  it("WS-13 keeps the first terminal frame of a message", () => {
    const journal = open();
    journal.admit(entry("1"));
    journal.finish(entry("1"), "first", 2);
    journal.finish(entry("1"), "second", 3);
    expect(journal.find(entry("1"))).toMatchObject({ terminal: "first" });
    journal.close();
  });

  it("sweeps what ended before, never what still runs", () => {
    const journal = open();
    for (const id of ["1", "2", "3"]) journal.admit(entry(id));
    journal.finish(entry("1"), "t", 10);
    journal.finish(entry("2"), "t", 20);
    journal.delivered(entry("1"), 11);
    expect(journal.sweep({ finishedBefore: 20, saidBefore: 0 })).toBe(0);
    expect(journal.find(entry("1"))).toBeUndefined();
    expect(journal.find(entry("2"))).toMatchObject({ terminal: "t" });
    expect(ids(journal.unfinished())).toEqual(["3"]);
    expect(journal.sweep({ finishedBefore: 21, saidBefore: 0 })).toBe(1);
    journal.close();
  });

  it("WS-25 finds a quoted text among the last messages of its conversation only", () => {
    const journal = open();
    for (const id of ["1", "2", "3", "4"]) journal.remember("l", id, `text ${id}`, Number(id));
    expect(journal.recall("l", "1")).toBeUndefined();
    expect(journal.recall("l", "2")).toBe("text 2");
    expect(journal.recall("other", "4")).toBeUndefined();
    journal.sweep({ finishedBefore: 0, saidBefore: 3 });
    expect(["2", "3"].map((id) => journal.recall("l", id))).toEqual([undefined, "text 3"]);
    journal.close();
  });

  it("knows of each answer whether it may have left on a link, has arrived, or was given up", () => {
    const journal = open();
    for (const id of ["kept", "on its way", "arrived", "lost"]) {
      journal.admit(entry(id));
      journal.finish(entry(id), "t", 10);
      journal.handing(entry(id), 11);
    }
    journal.kept(entry("kept"));
    journal.delivered(entry("arrived"), 12);
    journal.lost(entry("lost"), 12);
    expect(journal.undelivered("ann", 0).map(({ messageId, wasHanded }) => [messageId, wasHanded])).toEqual([["kept", false], ["on its way", true]]);
    expect(journal.find(entry("lost"))).toMatchObject({ wasHanded: true, wasDelivered: false });
    expect(journal.find(entry("arrived"))).toMatchObject({ wasDelivered: true });
    expect(journal.sweep({ finishedBefore: 99, saidBefore: 0 })).toBe(2);
    journal.close();
  });

  it("counts on how many links an answer may have left, without those on which it did not", () => {
    const journal = open();
    journal.admit(entry("1"));
    journal.finish(entry("1"), "t", 10);
    journal.handing(entry("1"), 11);
    journal.handing(entry("1"), 12);
    expect(journal.find(entry("1"))).toMatchObject({ wasHanded: true, handings: 2 });
    journal.kept(entry("1"));
    expect(journal.undelivered("ann", 0)).toMatchObject([{ wasHanded: true, handings: 1 }]);
    journal.kept(entry("1"));
    expect(journal.find(entry("1"))).toMatchObject({ wasHanded: false, handings: 0 });
    journal.kept(entry("1"));
    expect(journal.find(entry("1"))).toMatchObject({ wasHanded: false, handings: 0 });
    journal.close();
  });

  it("ends with a turn all messages that ran in it, and keeps an answer for the last one only", () => {
    const journal = open();
    for (const id of ["1", "2", "3", "4"]) journal.admit(entry(id));
    expect(journal.start(entry("3"), [entry("1"), entry("2")])).toBe(1);
    journal.finish(entry("3"), "the end", 10, [entry("1"), entry("2")]);
    expect(ids(journal.unfinished())).toEqual(["4"]);
    expect(ids(journal.undelivered("ann", 0))).toEqual(["3"]);
    expect(journal.find(entry("1"))).toEqual({ inbound: '{"m":"1"}', wasHanded: false, handings: 0, wasDelivered: true });
    journal.finish(entry("1"), "another end", 11);
    expect(journal.find(entry("1"))).not.toHaveProperty("terminal");
    journal.delivered(entry("3"), 12);
    expect(journal.sweep({ finishedBefore: 11, saidBefore: 0 })).toBe(0);
    expect(["1", "2", "3", "4"].filter((id) => journal.find(entry(id)))).toEqual(["4"]);
    journal.close();
  });

  it("knows after a crash which messages ran in one turn, and that their runs are counted with the last one", () => {
    const before = open();
    for (const [id, sender] of [["1", "bob"], ["2", "ann"], ["3", "ann"]] as const) before.admit(entry(id, sender));
    before.start(entry("2"), [entry("1", "bob")]);
    before.close();
    const after = open();
    expect(after.unfinished().map(({ messageId, attempts, joined }) => ({ messageId, attempts, joined }))).toEqual([
      { messageId: "1", attempts: 0, joined: { sender: "ann", messageId: "2" } },
      { messageId: "2", attempts: 1, joined: undefined },
      { messageId: "3", attempts: 0, joined: undefined },
    ]);
    expect(after.start(entry("2"), [entry("1", "bob")])).toBe(2);
    after.close();
  });

  it("runs no message again whose turn was answered, though its end could not be written", () => {
    const journal = open();
    for (const id of ["1", "2"]) journal.admit(entry(id));
    journal.start(entry("2"), [entry("1")]);
    journal.delivered(entry("2"), 5);
    expect(journal.unfinished()).toEqual([]);
    journal.finish(entry("2"), "late", 6, [entry("1")]);
    expect(journal.find(entry("2"))).toMatchObject({ terminal: "late", wasDelivered: true });
    expect(journal.find(entry("1"))).toMatchObject({ wasDelivered: true });
    journal.close();
  });

  it("writes the end of a turn for all of its messages or for none", () => {
    const journal = open();
    for (const id of ["1", "2"]) journal.admit(entry(id));
    const trigger = new DatabaseSync(join(folder, "a", "default.sqlite"));
    trigger.exec("CREATE TRIGGER full BEFORE UPDATE ON entry WHEN new.message_id = '1' BEGIN SELECT RAISE(ABORT, 'disk full'); END");
    trigger.close();
    expect(() => journal.finish(entry("2"), "t", 5, [entry("1")])).toThrow("disk full");
    expect(ids(journal.unfinished())).toEqual(["1", "2"]);
    expect(() => journal.start(entry("2"), [entry("1")])).toThrow("disk full");
    expect(journal.unfinished()).toMatchObject([{ attempts: 0 }, { attempts: 0 }]);
    journal.admit(entry("3"));
    journal.close();
  });

  it("gives the last messages of a conversation, oldest first", () => {
    const journal = open();
    for (const id of ["1", "2", "3", "4"]) journal.remember("l", id, `text ${id}`, 1);
    journal.remember("other", "5", "text 5", 1);
    expect(journal.recent("l", 2)).toEqual([{ messageId: "3", text: "text 3" }, { messageId: "4", text: "text 4" }]);
    expect(journal.recent("l", 9).map(({ messageId }) => messageId)).toEqual(["2", "3", "4"]);
    expect(journal.recent("nobody", 9)).toEqual([]);
    journal.close();
  });

  it("puts a message that is said again with other words where it was", () => {
    const journal = open();
    for (const id of ["1", "2", "3"]) journal.remember("l", id, `text ${id}`, 1);
    journal.remember("other", "2", "elsewhere", 1);
    journal.remember("l", "2", "corrected", 5);
    expect(journal.recent("l", 9)).toEqual([{ messageId: "1", text: "text 1" }, { messageId: "2", text: "corrected" }, { messageId: "3", text: "text 3" }]);
    expect(journal.recall("other", "2")).toBe("elsewhere");
    journal.sweep({ finishedBefore: 0, saidBefore: 5 });
    expect(journal.recent("l", 9)).toEqual([{ messageId: "2", text: "corrected" }]);
    journal.close();
  });

  it("puts away what could not be understood: the newest, each up to its bound, for as long as what was said", () => {
    const journal = open();
    const long = `${"x".repeat(limits.quarantineBytes - 1)}ü`;
    journal.quarantine(long, "too long", 1);
    journal.quarantine("ü".repeat(limits.quarantineBytes / 2), "fits", 2);
    expect(look("SELECT length(CAST(text AS BLOB)) AS bytes, why, at FROM quarantine ORDER BY seq")).toEqual([
      { bytes: limits.quarantineBytes - 1, why: "too long", at: 1 },
      { bytes: limits.quarantineBytes, why: "fits", at: 2 },
    ]);
    const file = new DatabaseSync(join(folder, "a", "default.sqlite"));
    file.exec(`WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < ${limits.quarantineRows}) INSERT INTO quarantine (text, why, at) SELECT '', '', i FROM n`);
    file.close();
    journal.quarantine("", "one more than there is room for", limits.quarantineRows + 1);
    expect(look("SELECT count(*) AS rows, min(at) AS oldest FROM quarantine")).toEqual([{ rows: limits.quarantineRows, oldest: 2 }]);
    journal.quarantine("", "and another", limits.quarantineRows + 2);
    expect(look("SELECT count(*) AS rows, min(at) AS oldest FROM quarantine")).toEqual([{ rows: limits.quarantineRows, oldest: 3 }]);
    journal.sweep({ finishedBefore: 0, saidBefore: 5 });
    expect(look("SELECT count(*) AS rows, min(at) AS oldest FROM quarantine")).toEqual([{ rows: limits.quarantineRows - 2, oldest: 5 }]);
    journal.close();
  });

  it("forgets the oldest of what has arrived beyond a number, and nothing that runs or waits", () => {
    const journal = open();
    for (const id of ["1", "2", "3", "4", "5"]) journal.admit(entry(id));
    for (const id of ["2", "3", "4", "5"]) journal.finish(entry(id), "t", 10);
    for (const id of ["3", "4", "5"]) journal.delivered(entry(id), 11);
    journal.sweep({ finishedBefore: 0, finishedAtMost: 2, saidBefore: 0 });
    expect(["1", "2", "3", "4", "5"].filter((id) => journal.find(entry(id)))).toEqual(["1", "2", "4", "5"]);
    journal.close();
  });

  it("keeps the last message of each conversation", () => {
    const journal = open();
    journal.meet("direct:ann", "first", 1);
    journal.meet("direct:ann", "second", 2);
    expect(journal.lastOf("direct:ann")).toBe("second");
    expect(journal.lastOf("direct:bob")).toBeUndefined();
    journal.sweep({ finishedBefore: 0, saidBefore: 3 });
    expect(journal.lastOf("direct:ann")).toBeUndefined();
    journal.close();
  });

  it("takes over a file of the first version", () => {
    const file = join(folder, "old.sqlite");
    const old = new DatabaseSync(file);
    old.exec(`${ENTRY_1}, UNIQUE (sender, message_id)) STRICT;
      INSERT INTO entry (sender, message_id, lane, inbound, at) VALUES ('ann', '1', 'l', '{}', 1); PRAGMA user_version = 1;`);
    old.close();
    const journal = openJournal(file, { remembered: 3 });
    journal.handing(entry("1"), 2);
    expect(journal.unfinished()).toMatchObject([{ messageId: "1", wasHanded: true, handings: 1 }]);
    expectNewest(journal);
    journal.close();
    openJournal(file, { remembered: 3 }).close();
  });

  it("takes over a file of the second version, with what had left on a link", () => {
    const file = join(folder, "old.sqlite");
    const old = new DatabaseSync(file);
    old.exec(`${ENTRY_1}, handed_at INTEGER, lost_at INTEGER, UNIQUE (sender, message_id)) STRICT;
      CREATE TABLE said (seq INTEGER PRIMARY KEY AUTOINCREMENT, lane TEXT NOT NULL, message_id TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
      CREATE TABLE peer (conversation TEXT PRIMARY KEY, inbound TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
      INSERT INTO entry (sender, message_id, lane, inbound, at, terminal, finished_at, handed_at) VALUES ('ann', '1', 'l', '{}', 1, 't', 2, 3), ('ann', '2', 'l', '{}', 1, 't', 2, NULL);
      INSERT INTO entry (sender, message_id, lane, inbound, at, attempts) VALUES ('ann', '3', 'l', '{}', 1, 2);
      INSERT INTO said (lane, message_id, text, at) VALUES ('l', '1', 'question', 1), ('l', '1', 'answer', 2);
      PRAGMA user_version = 2;`);
    old.close();
    const journal = openJournal(file, { remembered: 3 });
    expect(journal.undelivered("ann", 0).map(({ messageId, wasHanded, handings }) => [messageId, wasHanded, handings])).toEqual([["1", true, 1], ["2", false, 0]]);
    expect(journal.unfinished()).toMatchObject([{ messageId: "3", attempts: 2, handings: 0 }]);
    expect(journal.recall("l", "1")).toBe("answer");
    expectNewest(journal);
    journal.close();
    openJournal(file, { remembered: 3 }).close();
  });

  it("takes any text a sender may choose as an id", () => {
    const journal = open();
    const odd = { ...entry("'; DROP TABLE entry; --", "\ud800 ✓") };
    journal.admit(odd);
    expect(journal.find(odd)).toBeDefined();
    journal.close();
  });

  it("says which file cannot be opened and why", () => {
    const file = join(folder, "newer.sqlite");
    const newer = new DatabaseSync(file);
    newer.exec("PRAGMA user_version = 99");
    newer.close();
    expect(() => openJournal(file, { remembered: 3 })).toThrow(/newer\.sqlite cannot be opened: it was written by a newer version \(format 99/);
  });
});
