import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openJournal } from "../../../src/store/journal.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "journal-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const open = () => openJournal(join(folder, "a", "default.sqlite"), { remembered: 3 });
const entry = (messageId: string, sender = "ann") => ({ sender, messageId, lane: "l", inbound: `{"m":"${messageId}"}`, at: 1 });
const ids = (entries: readonly { messageId: string }[]) => entries.map(({ messageId }) => messageId);

describe("the journal", () => {
  it("WS-14 tells a new message from one that runs and one that ended", () => {
    const journal = open();
    expect(journal.find(entry("1"))).toBeUndefined();
    journal.admit(entry("1"));
    expect(journal.find(entry("1"))).toEqual({ inbound: '{"m":"1"}', wasHanded: false, wasDelivered: false });
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
      { ...entry("1"), attempts: 1, wasHanded: false },
      { ...entry("3"), attempts: 0, wasHanded: false },
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
    old.exec(`CREATE TABLE entry (seq INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT NOT NULL, message_id TEXT NOT NULL, lane TEXT NOT NULL,
      inbound TEXT NOT NULL, at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, terminal TEXT, finished_at INTEGER, delivered_at INTEGER,
      UNIQUE (sender, message_id)) STRICT;
      INSERT INTO entry (sender, message_id, lane, inbound, at) VALUES ('ann', '1', 'l', '{}', 1); PRAGMA user_version = 1;`);
    old.close();
    const journal = openJournal(file, { remembered: 3 });
    journal.handing(entry("1"), 2);
    expect(journal.unfinished()).toMatchObject([{ messageId: "1", wasHanded: true }]);
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
