import { describe, expect, it } from "vitest";
import { createGate } from "../../../src/edge/gate.ts";
import { createNotes } from "../../../src/core/notes.ts";
import { createVirtualSystem } from "../../support/virtual.ts";
import { recordLog } from "../../support/recorded-log.ts";

describe("gate", () => {
  it("caps who is in admission, in total and per address", () => {
    const gate = createGate({ total: 3, perAddress: 2 });
    expect(gate.enter("a")).toBeDefined();
    expect(gate.enter("a")).toBeDefined();
    expect(gate.enter("a")).toBeUndefined();
    expect(gate.enter("b")).toBeDefined();
    expect(gate.enter("c")).toBeUndefined();
    expect(gate.inside).toBe(3);
  });

  it("lets the next one in when somebody has left, who leaves only once", () => {
    const gate = createGate({ total: 9, perAddress: 2 });
    const leave = gate.enter("a");
    gate.enter("a");
    leave?.();
    leave?.();
    expect(gate.inside).toBe(1);
    expect(gate.enter("a")).toBeDefined();
    expect(gate.enter("a")).toBeUndefined();
  });
});

describe("notes", () => {
  it("logs the first of a kind at once and counts the others until the while is over", () => {
    const system = createVirtualSystem();
    const log = recordLog();
    const notes = createNotes(60_000, system.now, log);
    for (let i = 0; i < 1_000; i += 1) notes.note("origin not allowed", `https://${i}.example`);
    notes.note("too many connections", "from 192.0.2.1");
    notes.flush();
    expect(log.lines).toEqual(["info origin not allowed: https://0.example", "info too many connections: from 192.0.2.1"]);
  });

  it("says how many there were, then starts over", async () => {
    const system = createVirtualSystem();
    const log = recordLog();
    const notes = createNotes(60_000, system.now, log);
    for (let i = 0; i < 5; i += 1) notes.note("refused", "x");
    await system.pass(60_000);
    notes.flush();
    notes.flush();
    notes.note("refused", "y");
    expect(log.lines).toEqual(["info refused: x", "info refused: 4 more in 60 s", "info refused: y"]);
  });
});
