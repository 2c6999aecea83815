import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRateLimiter } from "../../src/account/rate.ts";

describe("the rate limiter", () => {
  it("WS-12 never lets more than burst + rate × time pass, and says when the next one may", () => {
    const history = fc.array(fc.record({ wait: fc.nat(5_000), sender: fc.constantFrom("a", "b") }), { maxLength: 200 });
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 20 }), (steps, perMinute, burst) => {
        const limiter = createRateLimiter(() => ({ perMinute, burst }));
        let now = 1_000_000;
        const passed = { a: 0, b: 0 };
        for (const { wait, sender } of steps) {
          now += wait;
          const delay = limiter.take(sender, now);
          if (delay === 0) passed[sender] += 1;
          else {
            // Fractions of tokens round to a millisecond either way.
            if (delay > 2) expect(limiter.take(sender, now + delay - 2)).toBeGreaterThan(0);
            now += delay + 1;
            expect(limiter.take(sender, now)).toBe(0);
            passed[sender] += 1;
          }
          if (wait % 7 === 0) limiter.sweep(now);
          for (const count of Object.values(passed)) expect(count).toBeLessThanOrEqual(burst + ((now - 1_000_000) * perMinute) / 60_000 + 1e-6);
        }
      }),
    );
  });
});
