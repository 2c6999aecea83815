import { describe, expect, it } from "vitest";
import { add, beginGathering, drop, type Gathering, take, tick } from "../../../src/account/gathering.ts";
import type { GatherPlan } from "../../../src/protocols/gather.ts";

const plan = (about: Partial<GatherPlan> = {}): GatherPlan => ({ key: "g", idleMs: 10, ceilingMs: 30, flush: false, ...about });

function after(...items: readonly [item: string, at: number, about?: Partial<GatherPlan>][]): Gathering<string> {
  return items.reduce((state, [item, at, about]) => add(state, item, plan(about), at, 99).state, beginGathering<string>());
}

describe("messages that wait for each other", () => {
  it("CC-60 go together when nothing came for a while", () => {
    const state = after(["1", 0], ["2", 9]);
    expect(tick(state, 18)).toMatchObject({ batches: [], wakeAt: 19 });
    expect(tick(state, 19)).toEqual({ state: beginGathering(), batches: [["1", "2"]] });
  });

  it("CC-60 go at their ceiling, however many come", () => {
    const state = after(["1", 0], ["2", 9], ["3", 18], ["4", 27]);
    expect(tick(state, 29)).toMatchObject({ batches: [], wakeAt: 30 });
    expect(tick(state, 30).batches).toEqual([["1", "2", "3", "4"]]);
  });

  it("CC-60 go at once with one that does not wait; what comes then begins anew", () => {
    const step = add(after(["1", 0]), "2", plan({ flush: true }), 3, 99);
    expect(step.batches).toEqual([["1", "2"]]);
    expect(add(step.state, "3", plan(), 4, 99)).toMatchObject({ batches: [], wakeAt: 14 });
  });

  it("go at once when they are as many as may wait", () => {
    expect(add(after(["1", 0]), "2", plan(), 1, 2).batches).toEqual([["1", "2"]]);
  });

  it("wait with their own conversation only, and the earliest is looked at first", () => {
    const state = after(["1", 0, { key: "slow", idleMs: 25 }], ["2", 1]);
    expect(tick(state, 1).wakeAt).toBe(11);
    expect(tick(state, 11)).toMatchObject({ batches: [["2"]], wakeAt: 25 });
  });

  it("are let go early with all who wait with them, and with nobody else", () => {
    const state = after(["1", 0], ["2", 1], ["3", 1, { key: "other" }]);
    expect(take(state, (item) => item === "1")).toMatchObject({ batches: [["1", "2"]], wakeAt: 11 });
    expect(take(state, () => false).batches).toEqual([]);
  });

  it("can leave; the others wait on", () => {
    const state = after(["1", 0], ["2", 1]);
    expect(tick(drop(state, "2").state, 11).batches).toEqual([["1"]]);
    expect(drop(drop(state, "2").state, "1")).toEqual({ state: beginGathering(), batches: [] });
  });

  it("keep the shorter ceiling when it is changed meanwhile", () => {
    expect(tick(after(["1", 0], ["2", 1, { ceilingMs: 5 }]), 6).batches).toEqual([["1", "2"]]);
    expect(tick(after(["1", 0], ["2", 9], ["3", 18], ["4", 27, { ceilingMs: 500 }]), 30).batches).toEqual([["1", "2", "3", "4"]]);
  });

  it("do not wait for a clock that was set back", () => {
    const state = after(["1", 1_000_000]);
    expect(tick(state, 5).batches).toEqual([["1"]]);
    expect(add(state, "2", plan(), 5, 99)).toMatchObject({ batches: [], wakeAt: 15 });
  });
});
