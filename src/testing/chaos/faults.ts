import { createRandom, type Random } from "./random.ts";

/** Which of the two streams of a connection. */
export type Way = "to-server" | "to-plugin";

export type Fault =
  /** Every connection is ended in good order (FIN). */
  | { fault: "drop" }
  /** Every connection is broken off (RST). */
  | { fault: "reset" }
  /**
   * What is sent this way vanishes, the end of a connection too, and nobody is told. When the time is over, the
   * connections that lost something are reset; new ones find nothing but silence until then.
   */
  | { fault: "half-open"; way: Way | "both"; forMs: number }
  /** Everything arrives later, and not faster than this. */
  | { fault: "slow"; delayMs: number; bytesPerSecond: number; forMs: number }
  /** Everything arrives in pieces of at most so many bytes: frames begin in one and end in another. */
  | { fault: "slice"; bytes: number; forMs: number }
  /** The end of a connection arrives so much later; what the one side has closed the other takes for open. */
  | { fault: "linger"; delayMs: number; forMs: number }
  /** New connections are reset. */
  | { fault: "refuse"; forMs: number }
  /** Of the next piece this way only a share arrives, more than nothing and less than all; then the connection ends. */
  | { fault: "cut"; way: Way; share: number };

export type FaultKind = Fault["fault"];

export type TimedFault = Fault & {
  /** ms after the beginning. */
  atMs: number;
};

export interface PlanOptions {
  /** How long the whole plan is. */
  forMs: number;
  /** The quiet between two faults, on average. */
  quietMs?: number;
  /** The longest time a fault lasts. */
  longestMs?: number;
  /** Drawn from with equal chances; by default all of them. */
  kinds?: readonly FaultKind[];
}

export const faultKinds: readonly FaultKind[] = ["drop", "reset", "half-open", "slow", "slice", "linger", "refuse", "cut"];

/** Faults one after the other. A function of its arguments alone: the same number makes the same plan, everywhere. */
export function planFaults(seed: number, { forMs, quietMs = 1000, longestMs = 1000, kinds = faultKinds }: PlanOptions): TimedFault[] {
  if (kinds.length === 0) return [];
  const random = createRandom(seed);
  const plan: TimedFault[] = [];
  for (let atMs = quiet(random, quietMs); atMs < forMs; atMs += quiet(random, quietMs)) {
    const fault = { ...drawFault(random, kinds, longestMs), atMs };
    plan.push(fault);
    atMs += durationOf(fault);
  }
  return plan;
}

/** ms until the last fault of a plan is over. */
export function lengthOf(plan: readonly TimedFault[]): number {
  return Math.max(0, ...plan.map((fault) => fault.atMs + durationOf(fault)));
}

export function durationOf(fault: Fault): number {
  return "forMs" in fault ? fault.forMs : 0;
}

function drawFault(random: Random, kinds: readonly FaultKind[], longestMs: number): Fault {
  const kind = random.pick(kinds);
  const forMs = random.whole(Math.ceil(longestMs / 10), longestMs);
  switch (kind) {
    case "drop":
    case "reset":
      return { fault: kind };
    case "half-open":
      return { fault: kind, way: random.pick(["to-server", "to-plugin", "both"]), forMs };
    case "slow":
      return { fault: kind, delayMs: random.whole(1, Math.ceil(longestMs / 4)), bytesPerSecond: random.whole(500, 20_000), forMs };
    case "slice":
      return { fault: kind, bytes: random.pick([1, 2, 7, 64, 125]), forMs };
    case "linger":
      return { fault: kind, delayMs: random.whole(1, Math.ceil(longestMs / 2)), forMs };
    case "refuse":
      return { fault: kind, forMs };
    case "cut":
      return { fault: kind, way: random.pick(["to-server", "to-plugin"]), share: random.whole(1, 99) / 100 };
  }
}

function quiet(random: Random, quietMs: number): number {
  return random.whole(Math.ceil(quietMs / 2), Math.ceil(quietMs * 1.5));
}
