import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openJournal } from "../../../src/store/journal.ts";
import type { Event } from "../checker.ts";
import { addReadings, readJournal, splitHistory } from "./readings.ts";

const said = (id: string, by = "a"): Event => ({ is: "said", id, by });
const acknowledged = (id: string): Event => ({ is: "acknowledged", id });
const completed = (id: string, life = 1): Event => ({ is: "completed", id, life, text: "" });
const killed = (life: number): Event => ({ is: "killed", life });
const row = (id: string, how: "waits" | "runs" | "ended") => ({ id, hasBegun: how !== "waits", hasEnded: how === "ended" });
const brief = (events: readonly Event[]): string => events.map((event) => `${event.is} ${"id" in event ? event.id : ""}`.trim()).join(", ");

it("takes a message for admitted as soon as it can have been, and its end for written as late as it can have been", () => {
  const events = [said("1"), said("2"), acknowledged("1"), completed("1"), killed(1), acknowledged("2")];
  const readings = [
    { journal: "j", at: 4, rows: [row("1", "ended"), row("2", "runs")] },
    { journal: "j", at: 6, rows: [row("1", "ended"), row("2", "ended")] },
  ];
  expect(brief(addReadings(events, readings))).toBe("said 1, admitted 1, said 2, admitted 2, acknowledged 1, completed 1, written 1, cut 2, killed, acknowledged 2, written 2");
});

it("does not take for admitted what a kill has not found in the journal, whatever its sender was told", () => {
  const events = [said("1"), acknowledged("1"), killed(1), { is: "asked-again", id: "1" } as const];
  const readings = [
    { journal: "j", at: 2, rows: [] },
    { journal: "j", at: 4, rows: [row("1", "waits")] },
  ];
  expect(brief(addReadings(events, readings))).toBe("said 1, acknowledged 1, admitted 1, killed, asked-again 1");
});

it("admits messages in the order of their journal, and those of two journals apart", () => {
  const events = [said("1"), said("2"), said("3", "b"), killed(1)];
  const readings = [
    { journal: "j", at: 3, rows: [row("2", "waits"), row("1", "waits")] },
    { journal: "k", at: 3, rows: [row("3", "waits")] },
  ];
  expect(brief(addReadings(events, readings))).toBe("said 1, said 2, admitted 2, admitted 1, said 3, admitted 3, killed");
});

it("reads what a journal says of its messages, and nothing from one that is not there", () => {
  const folder = mkdtempSync(join(tmpdir(), "readings-"));
  const file = join(folder, "journal.sqlite");
  try {
    expect(readJournal(file)).toEqual([]);
    const journal = openJournal(file, { remembered: 0 });
    for (const messageId of ["1", "2", "3"]) journal.admit({ sender: "a", messageId, lane: "l", inbound: JSON.stringify({ messageId }), at: 1 });
    journal.start({ sender: "a", messageId: "1" });
    journal.finish({ sender: "a", messageId: "1" }, "{}", 2);
    journal.start({ sender: "a", messageId: "2" });
    expect(readJournal(file)).toEqual([row("1", "ended"), row("2", "runs"), row("3", "waits")]);
    journal.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("splits a history by conversations, each with every kill, and keeps what belongs to none", () => {
  const events = [said("1"), said("2", "b"), acknowledged("1"), killed(1), acknowledged("3"), { is: "broke", text: "x" } as const];
  expect(splitHistory(events).map(brief)).toEqual(["said 1, acknowledged 1, killed", "said 2, killed", "killed, acknowledged 3, broke"]);
});
