import { describe, expect, it } from "vitest";
import { createLanes } from "../../../src/account/lanes.ts";

function job(log: string[], name: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    end: resolve,
    run: async () => {
      log.push(`${name} begins`);
      await promise;
      log.push(`${name} ends`);
    },
  };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("lanes", () => {
  it("WS-19 run one job after the other in a lane, in order of arrival", async () => {
    const log: string[] = [];
    const lanes = createLanes(() => ({ waiting: 9, waitingTotal: 99, running: Infinity }));
    const [a, b] = [job(log, "a"), job(log, "b")];
    lanes.run("x", a.run);
    lanes.run("x", b.run);
    b.end();
    await settle();
    expect(log).toEqual(["a begins"]);
    a.end();
    await settle();
    expect(log).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  });

  it("WS-19 run side by side", async () => {
    const log: string[] = [];
    const lanes = createLanes(() => ({ waiting: 9, waitingTotal: 99, running: Infinity }));
    const [a, b] = [job(log, "a"), job(log, "b")];
    lanes.run("x", a.run);
    lanes.run("y", b.run);
    expect(log).toEqual(["a begins", "b begins"]);
    a.end();
    b.end();
    await settle();
  });

  it("WS-19 have room for as many waiting jobs as allowed, beside the one that runs", async () => {
    const lanes = createLanes(() => ({ waiting: 2, waitingTotal: 99, running: Infinity }));
    const jobs = ["a", "b", "c"].map((name) => job([], name));
    const room = jobs.map(({ run }) => {
      lanes.run("x", run);
      return lanes.hasRoom("x");
    });
    expect(room).toEqual([true, true, false]);
    expect(lanes.waiting()).toBe(2);
    for (const { end } of jobs) end();
    await settle();
    expect(lanes.hasRoom("x")).toBe(true);
  });

  it("WS-7 count a message that waits elsewhere, and each of several that share a job", async () => {
    const lanes = createLanes(() => ({ waiting: 3, waitingTotal: 4, running: Infinity }));
    const jobs = ["a", "b"].map((name) => job([], name));
    for (const { run } of jobs) lanes.run("x", run, 2);
    expect([lanes.waiting(), lanes.hasRoom("x")]).toEqual([2, true]);
    lanes.hold("x");
    expect([lanes.waiting(), lanes.hasRoom("x"), lanes.hasRoom("y")]).toEqual([3, false, true]);
    lanes.hold("y");
    expect([lanes.waiting(), lanes.hasRoom("y")]).toEqual([4, false]);
    lanes.release("x");
    expect([lanes.waiting(), lanes.hasRoom("x")]).toEqual([3, true]);
    jobs[0]?.end();
    await settle();
    expect(lanes.waiting()).toBe(1);
    lanes.clear();
    lanes.release("y");
    expect(lanes.waiting()).toBe(0);
    jobs[1]?.end();
  });

  it("drop what waits on clear, not what runs", async () => {
    const log: string[] = [];
    const lanes = createLanes(() => ({ waiting: 9, waitingTotal: 99, running: Infinity }));
    const [a, b] = [job(log, "a"), job(log, "b")];
    lanes.run("x", a.run);
    lanes.run("x", b.run);
    lanes.clear();
    a.end();
    await settle();
    expect(log).toEqual(["a begins", "a ends"]);
  });

  it("never run more jobs at once than allowed, and take turns", async () => {
    const log: string[] = [];
    const lanes = createLanes(() => ({ waiting: 9, waitingTotal: 99, running: 1 }));
    const jobs = ["x1", "x2", "y1"].map((name) => job(log, name));
    for (const [index, lane] of ["x", "x", "y"].entries()) lanes.run(lane, async () => await jobs[index]?.run());
    for (const { end } of jobs) end();
    await settle();
    expect(log.filter((line) => line.endsWith("begins"))).toEqual(["x1 begins", "y1 begins", "x2 begins"]);
    expect(log.join()).not.toMatch(/begins,\w+ begins/);
  });
});
