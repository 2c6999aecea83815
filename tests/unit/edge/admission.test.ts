import { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.ts";
import type { System } from "../../../src/core/ports.ts";
import { startAdmission } from "../../../src/edge/admission.ts";
import type { Admitted, UpgradeFacts } from "../../../src/edge/edge.ts";
import { edgeOptions } from "../../support/edge-options.ts";
import { createFakeLine } from "../../support/fake-line.ts";
import { createVirtualSystem, settle } from "../../support/virtual.ts";

const facts: UpgradeFacts = { query: new URLSearchParams(), remoteAddress: "192.0.2.1", path: "/ws" };

/** A clock and timers that fire only when the test says so, however late. */
function createSleepySystem() {
  const timers: { ms: number; run: () => void }[] = [];
  let now = 0;
  const system: System = {
    ...createVirtualSystem(),
    now: () => now,
    after(ms, run) {
      timers.push({ ms, run });
      return () => {};
    },
  };
  return { system, timers, wakeAt: (at: number) => { now = at; timers.shift()?.run(); } };
}

function begin(connectedAt = 0) {
  const fake = createFakeLine();
  const sleepy = createSleepySystem();
  const answer = Promise.withResolvers<Admitted<string>>();
  let ended = 0;
  const options = edgeOptions({ admit: () => answer.promise });
  const admission = startAdmission(fake.line, facts, new Socket(), connectedAt, {
    options,
    system: sleepy.system,
    log: fake.log,
    ended: () => (ended += 1),
  });
  return { ...fake, ...sleepy, admission, answer, ended: () => ended };
}

describe("the deadline of an admission", () => {
  it("WS-3 ends it when it fires in time", () => {
    const { timers, wakeAt, socket, ended } = begin();
    expect(timers[0]?.ms).toBe(10_000);
    wakeAt(10_000);
    expect(socket.calls).toEqual(["close 4401 Authentication failed"]);
    expect(ended()).toBe(1);
  });

  it("WS-3 is put off once when our own loop overslept it: the answer may be waiting", async () => {
    const { timers, wakeAt, socket, answer, line } = begin();
    wakeAt(10_000 + limits.edgeGraceMs);
    expect(socket.calls).toEqual([]);
    expect(timers[0]?.ms).toBe(limits.edgeGraceMs);
    answer.resolve({ ok: true, peer: "ann" });
    await settle();
    expect(line.open).toBe(true);
    wakeAt(60_000);
    expect(socket.calls).toEqual([]);
  });

  it("WS-3 is put off only once", () => {
    const { wakeAt, socket } = begin();
    wakeAt(60_000);
    wakeAt(120_000);
    expect(socket.calls).toEqual(["close 4401 Authentication failed"]);
  });

  it("ends once, whatever ends it", async () => {
    const { admission, answer, ended } = begin();
    admission.abandon();
    answer.resolve({ ok: true, peer: "ann" });
    await settle();
    admission.abandon();
    expect(ended()).toBe(1);
  });
});
