import { createRandom, type Random } from "../../src/testing/chaos/random.ts";
import { planFaults, type TimedFault } from "../../src/testing/chaos-proxy.ts";
import type { Pace } from "./process.ts";
import type { StoreFault } from "./troubles.ts";

/** What is going to happen, a function of the seed alone. */
export interface Plan {
  faults: TimedFault[];
  deeds: Deed[];
  /** Whether the peer sends again what has no complete answer, whenever a link opens. */
  redelivers: boolean;
  /** Whether applications ask for the extensions of their wire. */
  extended: boolean;
  pace: Pace;
}

/** How whoever vouches for a login fails: an application's token at the verifier, our own at the server that renews it. */
export type DoorFault = "down" | "failing" | "slow";

export type Deed = { atMs: number } & (
  | { deed: "say"; messageId: string; conversation: string }
  | { deed: "duplicate" }
  /** The process is killed, and starts again after a while. */
  | { deed: "kill"; forMs: number }
  | { deed: "store"; how: StoreFault; forMs: number }
  | { deed: "door"; how: DoorFault; forMs: number }
  | { deed: "clock"; byMs: number }
  | { deed: "stall"; forMs: number }
);

export const FOR_MS = 1_000;

export function planHistory(seed: number): Plan {
  const random = createRandom(seed);
  const messages = random.whole(5, 10);
  const at = (): number => random.whole(0, FOR_MS);
  const deeds: Deed[] = Array.from({ length: messages }, (_, index) => ({
    atMs: at(),
    deed: "say",
    messageId: `m-${seed}-${index}`,
    conversation: random.pick(["a", "b", "c"]),
  }));
  for (let count = random.whole(0, 3); count > 0; count -= 1) deeds.push({ atMs: at(), deed: "duplicate" });
  const kills = random.pick([0, 0, 1, 1, 2]);
  for (let count = kills; count > 0; count -= 1) deeds.push({ atMs: at(), deed: "kill", forMs: random.whole(5, 80) });
  deeds.push(...planTroubles(random, kills > 0));
  return {
    faults: planFaults(seed, { forMs: FOR_MS, quietMs: 150, longestMs: 600 }),
    deeds: deeds.toSorted((a, b) => a.atMs - b.atMs),
    redelivers: random.pick([true, false]),
    extended: random.pick([true, false]),
    pace: { pieces: random.whole(1, 6), everyMs: random.whole(0, 12), mode: random.pick(["partial", "partial", "block", "progress", "off"]) },
  };
}

const HOUR = 3_600_000;

/** A refresh token that is spent by a process which is killed is gone for good, on every wire: a login is not renewed beside a kill. */
function planTroubles(random: Random, isKilled: boolean): Deed[] {
  const deeds: Deed[] = [];
  const at = (): number => random.whole(0, FOR_MS);
  if (random.whole(1, 3) === 1) deeds.push({ atMs: at(), deed: "store", how: random.pick(["full", "busy", "ioerr"]), forMs: random.whole(20, 500) });
  if (random.whole(1, 3) === 1 && !isKilled) deeds.push({ atMs: at(), deed: "door", how: random.pick(["down", "failing", "slow"]), forMs: random.whole(50, 500) });
  if (random.whole(1, 6) === 1) for (let count = random.whole(1, 2); count > 0; count -= 1) deeds.push({ atMs: at(), deed: "clock", byMs: random.pick([-6 * HOUR, -HOUR, -60_000, 60_000, 240_000, 2 * HOUR]) });
  if (random.whole(1, 10) === 1) deeds.push({ atMs: at(), deed: "stall", forMs: random.whole(50, 300) });
  return deeds;
}
