import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.ts";
import { openJournal } from "../../../src/store/journal.ts";
import { readSeen } from "../../../src/store/seen.ts";

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "seen-"))));
afterAll(() => rmSync(folder, { recursive: true }));

const entry = (messageId: string, at: number) => ({ sender: "ann", messageId, lane: "l", inbound: "{}", at });

describe("who was seen", () => {
  it("is read while the journal is open, the last one first, and keeps a name that is not told again", () => {
    const file = join(folder, "open.sqlite");
    const journal = openJournal(file, { remembered: 0 });
    journal.admit(entry("m1", 1), [{ kind: "user", id: "ann", name: "Ann" }]);
    journal.admit(entry("m2", 2), [{ kind: "user", id: "bob" }, { kind: "group", id: "r", name: "Room" }, { kind: "member", id: "bob", groupId: "r" }]);
    journal.admit(entry("m3", 3), [{ kind: "user", id: "ann" }]);
    expect(readSeen(file)).toEqual([
      { kind: "user", id: "ann", name: "Ann", at: 3 },
      { kind: "group", id: "r", name: "Room", at: 2 },
      { kind: "member", id: "bob", groupId: "r", at: 2 },
      { kind: "user", id: "bob", at: 2 },
    ]);
    journal.admit(entry("m4", 4), [{ kind: "user", id: "cleo" }]);
    expect(readSeen(file)).toHaveLength(5);
    journal.close();
    expect(readSeen(file)).toHaveLength(5);
  });

  it("is written with its message or not at all", () => {
    const file = join(folder, "twice.sqlite");
    const journal = openJournal(file, { remembered: 0 });
    journal.admit(entry("m1", 1));
    expect(() => journal.admit(entry("m1", 1), [{ kind: "user", id: "ann" }])).toThrow("UNIQUE");
    expect(readSeen(file)).toEqual([]);
    journal.close();
  });

  it("is nobody where there is no journal, one of another format, or no journal at all but a file of its name", () => {
    const foreign = join(folder, "foreign.sqlite");
    const database = new DatabaseSync(foreign);
    database.exec("CREATE TABLE seen (who TEXT); PRAGMA user_version = 99;");
    database.close();
    writeFileSync(join(folder, "text.sqlite"), "not a database at all, and long enough to be looked at twice".repeat(100));
    for (const file of ["missing.sqlite", "foreign.sqlite", "text.sqlite"]) expect(readSeen(join(folder, file))).toEqual([]);
  });

  it("is bounded: whoever was seen longest ago is forgotten", () => {
    const file = join(folder, "crowd.sqlite");
    const journal = openJournal(file, { remembered: 0 });
    const crowd = Array.from({ length: limits.seenRows + 5 }, (_, index) => index);
    journal.admit(entry("old", 1), crowd.slice(0, 5).map((index) => ({ kind: "user", id: `u${index}` })));
    journal.admit(entry("new", 2), crowd.slice(5).map((index) => ({ kind: "user", id: `u${index}` })));
    journal.sweep({ finishedBefore: 0, saidBefore: 0 });
    const ids = new Set(readSeen(file).map(({ id }) => id));
    expect(ids.size).toBe(limits.seenRows);
    expect(["u0", "u4"].some((id) => ids.has(id))).toBe(false);
    journal.close();
  });
});
