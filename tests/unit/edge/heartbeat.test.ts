import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isStalled, judgePulse, setPace } from "../../../src/edge/heartbeat.ts";
import { Vitals } from "../../../src/edge/vitals.ts";

const bounds = { pingMs: 30_000, deadAfterMs: 90_000, stalledMs: 30_000 };
const pace = setPace(bounds);
const vitalBounds = { pace, stalledBytes: 4_000, stalledMs: 30_000 };

/**
 * Runs the looks of an edge in virtual time. `heardAt` are the times at which a byte comes, `blocked` the times during
 * which the loop stands still: what comes meanwhile is read only after the first look that follows.
 * @returns when the connection was found dead, or undefined when it was alive at `until`.
 */
function findDead(until: number, heardAt: (now: number) => boolean, blocked: [from: number, to: number][] = []): number | undefined {
  const vitals = new Vitals(0);
  let bytesRead = 0;
  let lastTickAt = 0;
  let due = pace.tickMs;
  let isUnread = false;
  for (let now = 0; now <= until; now += 500) {
    isUnread ||= heardAt(now);
    if (blocked.some(([from, to]) => now >= from && now < to)) continue;
    if (now >= due) {
      // Timers run before sockets are read.
      if (vitals.check({ bytesRead, unsentBytes: 0, isDeaf: false }, lastTickAt, now, vitalBounds) === "dead") return now;
      lastTickAt = now;
      due = now + pace.tickMs;
    }
    if (isUnread) bytesRead += 1;
    isUnread = false;
  }
  return undefined;
}

describe("heartbeat", () => {
  it("WS-30 finds a silent connection within deadAfterMs and one look", () => {
    const last = 7_000;
    const found = findDead(600_000, (now) => now === last);
    expect(found).toBeGreaterThanOrEqual(last + bounds.deadAfterMs);
    expect(found).toBeLessThanOrEqual(last + bounds.deadAfterMs + 2 * pace.tickMs);
  });

  it("WS-30 keeps a connection that says something every 85 seconds", () => {
    expect(findDead(3_600_000, (now) => now % 85_000 === 0)).toBeUndefined();
  });

  it("WS-30 does not hold a stall of our own of 60 seconds against a living peer", () => {
    // It answers a ping 30 s after each: the last byte before the stall is 29 s old, and none is read during it.
    expect(findDead(600_000, (now) => now % 30_000 === 1_000 && !(now > 60_000 && now < 120_000), [[60_000, 120_000]])).toBeUndefined();
  });

  it("WS-30 finds a peer that died during a stall of 60 seconds one ping interval after it", () => {
    const found = findDead(600_000, (now) => now < 60_000 && now % 30_000 === 0, [[60_000, 125_000]]);
    expect(found).toBeGreaterThan(125_000);
    expect(found).toBeLessThanOrEqual(125_000 + bounds.pingMs + pace.tickMs);
  });

  it("WS-30 has no false kill in a thousand runs with stalls, for a peer that answers pings within a second", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 600_000 }), fc.integer({ min: 1_000, max: 60_000 })), { maxLength: 5 }), (stalls) => {
        const blocked = stalls.map(([from, length]): [number, number] => [from, from + length]);
        expect(findDead(900_000, (now) => now % 31_000 === 0, blocked)).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });

  it("WS-30 survives a clock that is set back", () => {
    expect(isStalled(1_000_000, 400_000, pace)).toBe(true);
    const pulse = judgePulse(1_000_000, 1_000_000, 400_000, pace);
    expect(pulse).toEqual({ dead: false, heardAt: 400_000 });
  });

  it("looks several times within the shortest of its bounds, and pings once per interval", () => {
    expect(pace).toMatchObject({ tickMs: 5_000, ticksPerPing: 6 });
    expect(setPace({ pingMs: 30, deadAfterMs: 90, stalledMs: 30 })).toMatchObject({ tickMs: 10, ticksPerPing: 3 });
  });
});

describe("vitals", () => {
  const well = { bytesRead: 0, unsentBytes: 0, isDeaf: false };
  const look = (vitals: Vitals, now: number, reading: Partial<typeof well>) =>
    vitals.check({ ...well, ...reading }, now - pace.tickMs, now, vitalBounds);

  it("WS-22 calls a connection stuck when more than stalledBytes are unsent for stalledMs", () => {
    const vitals = new Vitals(0);
    expect(look(vitals, 5_000, { unsentBytes: 4_001 })).toBe("well");
    expect(look(vitals, 30_000, { unsentBytes: 9_000 })).toBe("well");
    expect(look(vitals, 35_000, { unsentBytes: 4_001 })).toBe("stuck");
  });

  it("WS-22 starts over when a connection has read what was too much", () => {
    const vitals = new Vitals(0);
    look(vitals, 5_000, { unsentBytes: 4_001 });
    look(vitals, 30_000, { unsentBytes: 4_000 });
    expect(look(vitals, 35_000, { unsentBytes: 4_001 })).toBe("well");
    expect(look(vitals, 60_000, { unsentBytes: 4_001, bytesRead: 1 })).toBe("well");
    expect(look(vitals, 65_000, { unsentBytes: 4_001, bytesRead: 2 })).toBe("stuck");
  });

  it("WS-22 does not count the time in which our own loop stood still", () => {
    const vitals = new Vitals(0);
    look(vitals, 5_000, { unsentBytes: 4_001 });
    expect(vitals.check({ ...well, unsentBytes: 4_001 }, 10_000, 70_000, vitalBounds)).toBe("well");
  });

  it("WS-30 does not call a connection silent that we do not read", () => {
    const vitals = new Vitals(0);
    for (let now = 5_000; now < 600_000; now += 5_000) expect(look(vitals, now, { isDeaf: true })).toBe("well");
    expect(look(vitals, 680_000, {})).toBe("well");
    expect(look(vitals, 690_000, {})).toBe("dead");
  });
});
