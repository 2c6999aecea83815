import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backOffCutMs, backOffLongestMs, backOffMs } from "../../../src/link/backoff.ts";
import type { LinkProfile } from "../../../src/link/link.ts";

type Backoff = LinkProfile["backoff"];
const outside: Backoff = { baseMs: 1_000, maxMs: 30_000, jitterMs: 1_000, jitter: "outside" };
const inside: Backoff = { ...outside, jitter: "inside" };
const last = 1 - Number.EPSILON;
const steps = [0, 1, 2, 3, 4, 5, 6, 40, 5_000];

describe("backoff", () => {
  it("doubles from the base to the cap", () => {
    const expected = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000];
    expect(steps.map((n) => backOffMs(n, outside, 0))).toEqual(expected);
    expect(steps.map((n) => backOffMs(n, inside, 0))).toEqual(expected);
  });

  it("puts the jitter outside the cap or inside it, as the protocol wants", () => {
    expect(backOffMs(2, outside, last)).toBe(4_999);
    expect(backOffMs(9, outside, last)).toBe(30_999);
    expect(backOffMs(2, inside, last)).toBe(4_999);
    expect(backOffMs(9, inside, last)).toBe(30_000);
  });

  it("spreads the first dial after a cut from the base on over five times the base", () => {
    for (const backoff of [outside, inside]) {
      expect(backOffCutMs(0, backoff, 0)).toBe(1_000);
      expect(backOffCutMs(0, backoff, last)).toBe(5_999);
    }
  });

  it("spreads a cut as far when the cap is reached, within the cap where the jitter is", () => {
    expect([backOffCutMs(9, outside, 0), backOffCutMs(9, outside, last)]).toEqual([30_000, 34_999]);
    expect([backOffCutMs(9, inside, 0), backOffCutMs(9, inside, last)]).toEqual([25_000, 29_999]);
  });

  it("spreads up to the asked share of the delay, which is the cap at most", () => {
    const wide: Backoff = { ...outside, jitterRatio: 0.5 };
    expect([backOffMs(0, wide, last), backOffMs(2, wide, last), backOffMs(4, wide, last)]).toEqual([1_999, 5_999, 23_999]);
    expect([backOffMs(9, wide, 0), backOffMs(9, wide, last)]).toEqual([30_000, 44_999]);
    expect([backOffCutMs(0, wide, last), backOffCutMs(4, wide, last), backOffCutMs(9, wide, last)]).toEqual([5_999, 23_999, 44_999]);
  });

  it("waits at least for the floor after a cut, and spreads from there on", () => {
    expect([backOffCutMs(0, outside, 0, 5_000), backOffCutMs(0, outside, last, 5_000), backOffCutMs(4, outside, 0, 5_000)]).toEqual([5_000, 9_999, 16_000]);
  });

  it("makes a refused one wait for the longest delay, and not all of them for the same", () => {
    expect([backOffLongestMs(inside, 0), backOffLongestMs(inside, last)]).toEqual([30_000, 34_999]);
  });

  it("stays a number after any count of losses, with no base too", () => {
    const none = { ...outside, baseMs: 0 };
    expect([backOffMs(5_000, none, 0.5), backOffCutMs(5_000, none, 0.5)]).toEqual([500, 500]);
  });

  it("is never under the base, nor over the cap where the jitter is inside", () => {
    const backoffs = fc.record({ baseMs: fc.nat(5_000), maxMs: fc.nat(60_000), jitterMs: fc.nat(5_000), jitter: fc.constantFrom("outside" as const, "inside" as const) });
    fc.assert(
      fc.property(backoffs, fc.nat(10_000), fc.double({ min: 0, max: last, noNaN: true }), (given, n, random) => {
        const backoff = { ...given, maxMs: given.baseMs + given.maxMs };
        for (const delay of [backOffMs(n, backoff, random), backOffCutMs(n, backoff, random)]) {
          expect(delay).toBeGreaterThanOrEqual(backoff.baseMs);
          if (backoff.jitter === "inside") expect(delay).toBeLessThanOrEqual(backoff.maxMs);
        }
        expect(backOffLongestMs(backoff, random)).toBeGreaterThanOrEqual(backoff.maxMs);
      }),
    );
  });
});
