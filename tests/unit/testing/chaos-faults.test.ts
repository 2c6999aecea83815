import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { durationOf, faultKinds, lengthOf, planFaults } from "../../../src/testing/chaos/faults.ts";

describe("a plan of faults", () => {
  it("is the same for the same number, on every machine", () => {
    expect(planFaults(42, { forMs: 5000 })).toEqual(planFaults(42, { forMs: 5000 }));
    expect(planFaults(42, { forMs: 4000 })).toMatchInlineSnapshot(`
      [
        {
          "atMs": 1101,
          "bytesPerSecond": 3909,
          "delayMs": 168,
          "fault": "slow",
          "forMs": 868,
        },
        {
          "atMs": 2996,
          "fault": "half-open",
          "forMs": 662,
          "way": "both",
        },
      ]
    `);
  });

  it("is another one for another number", () => {
    const plans = Array.from({ length: 50 }, (_, seed) => JSON.stringify(planFaults(seed, { forMs: 20_000 })));
    expect(new Set(plans).size).toBe(50);
  });

  it("has faults one after the other, each within its bounds and with quiet between them", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 5000 }), (seed, quietMs, longestMs) => {
        const plan = planFaults(seed, { forMs: 30_000, quietMs, longestMs });
        let free = 0;
        for (const fault of plan) {
          expect(fault.atMs - free).toBeGreaterThanOrEqual(Math.ceil(quietMs / 2));
          expect(fault.atMs).toBeLessThan(30_000);
          expect(durationOf(fault)).toBeLessThanOrEqual(longestMs);
          if ("forMs" in fault) expect(fault.forMs).toBeGreaterThan(0);
          if (fault.fault === "cut") expect(fault.share > 0 && fault.share < 1).toBe(true);
          free = fault.atMs + durationOf(fault);
        }
        expect(lengthOf(plan)).toBe(free);
      }),
    );
  });

  it("has all kinds in time, or those it is given only", () => {
    const kinds = (plan: ReturnType<typeof planFaults>) => [...new Set(plan.map(({ fault }) => fault))].toSorted();
    expect(kinds(planFaults(7, { forMs: 200_000 }))).toEqual([...faultKinds].toSorted());
    expect(kinds(planFaults(7, { forMs: 200_000, kinds: ["drop", "cut"] }))).toEqual(["cut", "drop"]);
    expect(planFaults(7, { forMs: 200_000, kinds: [] })).toEqual([]);
  });
});
