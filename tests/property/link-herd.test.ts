import { describe, expect, it } from "vitest";
import type { LossCause } from "../../src/link/close-policy.ts";
import type { LinkProfile } from "../../src/link/link.ts";
import { createSupervision, type LinkEvent, type Supervision } from "../../src/link/supervision.ts";
import { superviseLink } from "../../src/link/supervisor.ts";
import { linkProfile } from "../support/fake-dial.ts";
import { seededRandom } from "../support/link-clock.ts";

const bounds = { closeMs: 1_500, warnings: 32 };
const CLIENTS = 1_000;
const inside: LinkProfile = { ...linkProfile, backoff: { ...linkProfile.backoff, jitter: "inside" } };

/** When each of a thousand clients dials again, in ms after all were cut in the same moment. */
function redials(profile: LinkProfile, losses: number, isProven: boolean, cause: LossCause, random: () => number): number[] {
  return Array.from({ length: CLIENTS }, () => {
    let supervision: Supervision = { ...createSupervision(profile), losses };
    const feed = (event: LinkEvent) => (supervision = superviseLink(supervision, event, { now: 0, random: random() }, bounds).next);
    feed({ on: "start" });
    feed({ on: "opened", generation: 1 });
    if (isProven) feed({ on: "timer", timer: "proven" });
    feed({ on: "lost", generation: 1, cause });
    return supervision.nextDialAt ?? 0;
  });
}

/** The share of the fullest 100 ms, wherever they begin. */
function fullestBucket(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  let first = 0;
  let most = 0;
  for (const [index, time] of sorted.entries()) {
    while (time - Number(sorted[first]) >= 100) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most / times.length;
}

describe("a thousand clients cut in the same moment", () => {
  const causes = [1006, 1001, 1012, 4401].map((code): LossCause => ({ kind: "closed", code, reason: "" }));

  it("send no more than 5 % of their next dials in any 100 ms, after any loss, with either jitter", () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const random = seededRandom(seed);
      for (const profile of [linkProfile, inside]) {
        for (const cause of causes) {
          for (const [losses, isProven] of [[0, true], [1, false], [9, false]] as const) {
            const times = redials(profile, losses, isProven, cause, random);
            expect(fullestBucket(times)).toBeLessThanOrEqual(0.05);
            expect(Math.min(...times)).toBeGreaterThanOrEqual(profile.backoff.baseMs);
          }
        }
      }
    }
  });

  it("would send 10 % and more with the jitter of the protocol alone", () => {
    const random = seededRandom(1);
    expect(fullestBucket(Array.from({ length: CLIENTS }, () => 1_000 + random() * 1_000))).toBeGreaterThan(0.09);
  });
});
