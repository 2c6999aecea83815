import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.ts";
import { look, type PulseBounds, setPace, startPulse } from "../../../src/link/heartbeat.ts";
import { seededRandom } from "../../support/link-clock.ts";

const paceLimits = { lookMs: limits.linkLookMs, graceMs: limits.linkGraceMs, stuckBytes: limits.linkStuckBytes, stuckMs: limits.linkStuckMs };
const runs = Number(process.env["HEARTBEAT_RUNS"] ?? 1_000);
const bounds: PulseBounds = { pingMs: 30_000, deadAfterMs: 40_000 };

interface World {
  bounds?: PulseBounds;
  until: number;
  /** ms until the peer answers a ping sent at `now`; undefined for never. */
  pongAfter: (now: number) => number | undefined;
  /** Times at which our loop stands still. */
  stalls?: readonly (readonly [from: number, to: number])[];
  /** What the wall's clock is off by at a time. */
  wall?: (now: number) => number;
  unsent?: (now: number) => { unsentBytes: number; bytesTaken: number; offeredBytes?: number };
  deaf?: (now: number) => boolean;
}

/**
 * Runs the looks at one link in steps of 10 ms: timers first, then what has come is read, as in Node's event loop.
 * @returns when and how it was condemned, and how often it was pinged.
 */
function watch(world: World): { at?: number; verdict?: string; pings: number } {
  const { until, pongAfter, stalls = [], wall = () => 0, unsent = () => ({ unsentBytes: 0, bytesTaken: 0 }), deaf = () => false } = world;
  const pace = setPace(world.bounds ?? bounds, paceLimits);
  let pulse = startPulse(wall(0));
  let due = pace.lookMs;
  let bytesRead = 0;
  let pings = 0;
  let pongs: number[] = [];
  for (let now = 0; now <= until; now += 10) {
    if (stalls.some(([from, to]) => now >= from && now < to)) continue;
    if (now >= due) {
      const seen = look(pulse, { bytesRead, isDeaf: deaf(now), offeredBytes: 0, ...unsent(now) }, now + wall(now), pace);
      pulse = seen.pulse;
      if (seen.verdict === "silent" || seen.verdict === "stuck") return { at: now, verdict: seen.verdict, pings };
      if (seen.verdict === "ask") {
        pings += 1;
        const answer = pongAfter(now);
        if (answer !== undefined) pongs.push(now + answer);
      }
      due = now + pace.lookMs;
    }
    bytesRead += pongs.filter((at) => at <= now).length;
    pongs = pongs.filter((at) => at > now);
  }
  return { pings };
}

const alive = () => 50;
const deadFrom = (death: number) => (now: number) => (now < death ? 50 : undefined);

describe("heartbeat", () => {
  it("pings every interval, and no more often", () => {
    expect(watch({ until: 3_000_000, pongAfter: alive })).toEqual({ pings: 100 });
  });

  it("finds a dead peer within interval and timeout, whenever it dies", () => {
    for (let death = 0; death < 60_000; death += 500) {
      const { at, verdict } = watch({ until: 200_000, pongAfter: deadFrom(death) });
      expect(verdict).toBe("silent");
      expect(Number(at) - death).toBeLessThanOrEqual(bounds.pingMs + bounds.deadAfterMs);
    }
  });

  it("finds it within interval and timeout whatever they are", () => {
    const given = fc.record({ pingMs: fc.integer({ min: 2_000, max: 120_000 }), deadAfterMs: fc.integer({ min: 2_000, max: 300_000 }), death: fc.nat(200_000) });
    fc.assert(
      fc.property(given, ({ death, ...numbers }) => {
        const { at } = watch({ bounds: numbers, until: 800_000, pongAfter: deadFrom(death) });
        // The peer's last word may come 50 ms after its death; a step of this world is 10 ms.
        expect(at).toBeLessThanOrEqual(death + 60 + numbers.pingMs + numbers.deadAfterMs);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps a peer that answers, whatever interval and timeout are, the timeout being shorter too", () => {
    const given = fc.record({ pingMs: fc.integer({ min: 2_000, max: 120_000 }), deadAfterMs: fc.integer({ min: 2_000, max: 300_000 }) });
    fc.assert(
      fc.property(given, (numbers) => {
        expect(watch({ bounds: numbers, until: 600_000, pongAfter: () => 300 }).verdict).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  it("finds a dead peer within 3 s after 8 hours of sleep, whether timers slept too or not", () => {
    for (let asleepAt = 30_000; asleepAt < 62_000; asleepAt += 130) {
      const woken = watch({ until: 200_000, pongAfter: deadFrom(asleepAt), wall: (now) => (now >= asleepAt ? 28_800_000 : 0) });
      expect(woken.verdict).toBe("silent");
      expect(Number(woken.at) - asleepAt).toBeLessThanOrEqual(3_000);
    }
    const slept = watch({ until: 29_000_000, pongAfter: deadFrom(40_000), stalls: [[45_000, 28_845_000]] });
    expect(Number(slept.at) - 28_845_000).toBeLessThanOrEqual(3_000);
  });

  it("keeps a peer that answers after 8 hours of sleep", () => {
    expect(watch({ until: 200_000, pongAfter: () => 900, wall: (now) => (now > 50_000 ? 28_800_000 : 0) }).verdict).toBeUndefined();
  });

  it("is neither frozen nor hastened by a clock that is set back", () => {
    const setBack = (now: number) => (now > 50_000 ? -86_400_000 : 0);
    expect(watch({ until: 400_000, pongAfter: alive, wall: setBack }).verdict).toBeUndefined();
    const { at } = watch({ until: 400_000, pongAfter: deadFrom(49_000), wall: setBack });
    expect(Number(at) - 49_000).toBeLessThanOrEqual(bounds.pingMs + bounds.deadAfterMs);
  });

  it.each([7, 8, 9, 10])("condemns no living peer in a quarter of 1,000 runs with stalls of 60 s, and of any length besides (seed %i)", (seed) => {
    const random = seededRandom(seed);
    let condemned = 0;
    for (let run = 0; run < runs / 4; run += 1) {
      const stalls = Array.from({ length: 4 }, (_, i) => {
        const from = Math.floor(i * 150_000 + random() * 60_000);
        return [from, from + (i % 2 === 0 ? 60_000 : Math.floor(random() * 80_000))] as const;
      });
      const latency = random() * 1_400;
      const { verdict } = watch({ until: 600_000, pongAfter: () => latency, stalls });
      if (verdict !== undefined) condemned += 1;
    }
    expect(condemned).toBe(0);
  });

  it("finds a peer that died in a stall of 60 s within 3 s after it", () => {
    const { at } = watch({ until: 400_000, pongAfter: deadFrom(65_000), stalls: [[60_000, 120_000]] });
    expect(at).toBeGreaterThan(120_000);
    expect(at).toBeLessThanOrEqual(123_000);
  });

  it("finds a dead peer though our loop stands still again and again", () => {
    const stalls = Array.from({ length: 1_000 }, (_, i) => [i * 1_500, i * 1_500 + 1_400] as const);
    expect(watch({ until: 1_500_000, pongAfter: () => undefined, stalls }).verdict).toBe("silent");
  });

  it("keeps a living peer though our loop stands still again and again", () => {
    for (const every of [1_500, 2_000, 2_600]) {
      const stalls = Array.from({ length: 400 }, (_, i) => [i * every, i * every + 1_400] as const);
      expect(watch({ until: 400 * every, pongAfter: () => 300, stalls }).verdict).toBeUndefined();
    }
  });

  it("takes any byte for life, and those that the network takes of a backlog", () => {
    expect(watch({ until: 300_000, pongAfter: () => undefined, deaf: () => true }).verdict).toBeUndefined();
    expect(watch({ until: 300_000, pongAfter: () => undefined, unsent: (now) => ({ unsentBytes: 1_000, bytesTaken: now }) }).verdict).toBeUndefined();
    expect(watch({ until: 300_000, pongAfter: () => undefined, unsent: (now) => ({ unsentBytes: 0, bytesTaken: now }) }).verdict).toBe("silent");
  });

  it("calls a peer stuck that leaves too much unread for too long, our own stall not counted", () => {
    const full = (from: number, to: number) => (now: number) => ({ unsentBytes: now >= from && now < to ? limits.linkStuckBytes + 1 : 0, bytesTaken: 0 });
    const stuck = watch({ until: 300_000, pongAfter: alive, unsent: full(10_000, 300_000) });
    expect(stuck.verdict).toBe("stuck");
    expect(stuck.at).toBeGreaterThanOrEqual(10_000 + limits.linkStuckMs - limits.linkLookMs);
    expect(stuck.at).toBeLessThanOrEqual(10_000 + limits.linkStuckMs + 2 * limits.linkLookMs);
    expect(watch({ until: 300_000, pongAfter: alive, unsent: full(10_000, 38_000) }).verdict).toBeUndefined();
    expect(watch({ until: 80_000, pongAfter: alive, unsent: full(10_000, 80_000), stalls: [[20_000, 60_000]] }).verdict).toBeUndefined();
  });

  it("calls a peer stuck that takes nothing of what it is offered for as long as a silent one is dead", () => {
    const offered = (taken: (now: number) => number) => (now: number) => ({ unsentBytes: 0, bytesTaken: taken(now), offeredBytes: 10 });
    const { at, verdict } = watch({ until: 300_000, pongAfter: alive, unsent: offered(() => 0) });
    expect(verdict).toBe("stuck");
    expect(at).toBeGreaterThanOrEqual(bounds.deadAfterMs);
    expect(at).toBeLessThanOrEqual(bounds.deadAfterMs + 2 * limits.linkLookMs);
    expect(watch({ until: 300_000, pongAfter: alive, unsent: offered((now) => Math.floor(now / 20_000)) }).verdict).toBeUndefined();
    expect(watch({ until: 300_000, pongAfter: alive, unsent: () => ({ unsentBytes: 0, bytesTaken: 0, offeredBytes: 0 }) }).verdict).toBeUndefined();
    expect(watch({ until: 75_000, pongAfter: alive, unsent: offered(() => 0), stalls: [[30_000, 38_000]] }).verdict).toBeUndefined();
  });

  it("looks as often as the shorter of both bounds wants, and gives an answer half of it at most", () => {
    expect(setPace({ pingMs: 80_000, deadAfterMs: 4_000 }, paceLimits)).toMatchObject({ lookMs: Math.min(paceLimits.lookMs, 500), graceMs: Math.min(paceLimits.graceMs, 2_000) });
    expect(setPace({ pingMs: 800, deadAfterMs: 80_000 }, paceLimits)).toMatchObject({ lookMs: 100, graceMs: 400 });
    expect(setPace({ pingMs: 80_000, deadAfterMs: 800 }, paceLimits)).toMatchObject({ lookMs: 100, graceMs: 400 });
    expect(setPace({ pingMs: 1, deadAfterMs: 1 }, paceLimits).lookMs).toBe(1);
    expect(setPace({ pingMs: 3_600_000, deadAfterMs: 3_600_000 }, paceLimits)).toEqual({ ...paceLimits, pingMs: 3_600_000, deadAfterMs: 3_600_000 });
  });
});
