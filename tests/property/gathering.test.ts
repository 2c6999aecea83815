import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { add, beginGathering, drop, type GatherStep, take, tick } from "../../src/account/gathering.ts";

interface Item {
  id: number;
  key: string;
  idleMs: number;
  ceilingMs: number;
  flush: boolean;
  at: number;
}

interface Out {
  items: readonly Item[];
  at: number;
  by: "add" | "tick" | "take";
}

type Event =
  | { do: "add"; key: string; idleMs: number; flush: boolean }
  /** A timer that fires early or a step that nobody asked for. */
  | { do: "tick" }
  | { do: "take"; nth: number }
  | { do: "drop"; nth: number }
  | { do: "pass"; ms: number };

const MOST = 6;

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("add" as const), key: fc.constantFrom("a", "b", "c"), idleMs: fc.constantFrom(0, 1_000, 10_000, 40_000), flush: fc.nat(9).map((n) => n === 0) }) },
  { weight: 1, arbitrary: fc.constant({ do: "tick" as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("take" as const), nth: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("drop" as const), nth: fc.nat(9) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.oneof(fc.nat(2_000), fc.nat(20_000)) }) },
);

/** The machine in virtual time, with a timer that keeps to what it says. */
function play(events: readonly Event[]) {
  let now = 0;
  let state = beginGathering<Item>();
  let wakeAt: number | undefined;
  let waiting: Item[] = [];
  const added: Item[] = [];
  const dropped: Item[] = [];
  const out: Out[] = [];
  const follow = (step: GatherStep<Item>, by: Out["by"]): void => {
    state = step.state;
    wakeAt = step.wakeAt;
    for (const items of step.batches) out.push({ items, at: now, by });
    waiting = waiting.filter((item) => !step.batches.flat().includes(item));
  };
  const passTo = (end: number): void => {
    const isNext = wakeAt !== undefined && wakeAt <= end;
    now = isNext ? Math.max(now, wakeAt ?? now) : end;
    if (!isNext) return;
    follow(tick(state, now), "tick");
    passTo(end);
  };
  for (const each of events) {
    if (each.do === "pass") passTo(now + each.ms);
    else if (each.do === "tick") follow(tick(state, now), "tick");
    else if (each.do === "add") {
      const item: Item = { ...each, id: added.length, ceilingMs: Math.max(30_000, each.idleMs), at: now };
      added.push(item);
      waiting.push(item);
      follow(add(state, item, item, now, MOST), "add");
    } else {
      const item = waiting[each.nth % Math.max(1, waiting.length)];
      if (item && each.do === "take") follow(take(state, (other) => other === item), "take");
      if (item && each.do === "drop") {
        dropped.push(item);
        waiting.splice(waiting.indexOf(item), 1);
        follow(drop(state, item), "tick");
      }
    }
  }
  passTo(now + 100_000);
  return { added, dropped, out, state };
}

describe("messages that wait for each other, whatever comes when", () => {
  it("CC-60 go each in exactly one batch, in order, with their own conversation only", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const { added, dropped, out, state } = play(events);
        expect(state.waiting.size).toBe(0);
        for (const { items } of out) {
          expect(items.length).toBeGreaterThan(0);
          expect(new Set(items.map(({ key }) => key)).size).toBe(1);
        }
        for (const key of ["a", "b", "c"]) {
          const went = out.flatMap(({ items }) => items).filter((item) => item.key === key);
          expect(went).toEqual(added.filter((item) => item.key === key && !dropped.includes(item)));
        }
      }),
    );
  });

  it("CC-60 never wait longer than their ceiling, and go at once with one that does not wait", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        for (const { items, at, by } of play(events).out) {
          for (const item of items) expect(at - item.at).toBeLessThanOrEqual(item.ceilingMs);
          for (const item of items) if (item.flush) expect([item, at, by]).toEqual([items.at(-1), item.at, "add"]);
        }
      }),
    );
  });

  it("CC-60 wait until nothing came for as long as the last one said, unless their time is over or they are too many", () => {
    fc.assert(
      fc.property(fc.array(event.filter((each) => each.do !== "drop"), { maxLength: 60 }), (events) => {
        for (const { items, at, by } of play(events).out) {
          expect(items.length).toBeLessThanOrEqual(MOST);
          const last = items.at(-1);
          if (!last || by === "take" || last.flush || items.length === MOST) continue;
          const isOver = items.some((item) => at === item.at + item.ceilingMs);
          if (!isOver) expect(at).toBe(last.at + last.idleMs);
        }
      }),
    );
  });
});
