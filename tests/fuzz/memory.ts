import { memoryUsage } from "node:process";

export interface Sample {
  /** What is in use after everything else was given back. */
  heapMiB: number;
  rssMiB: number;
}

/** MiB by which the last quarter of a run may lie above the second one: the corpus and what is known of the code grow. */
const GROWTH_MIB = 24;
/** Fewer samples say nothing. */
const FEWEST = 12;

export function takeSample(): Sample {
  globalThis.gc?.();
  const { heapUsed, external, rss } = memoryUsage();
  return { heapMiB: toMiB(heapUsed + external), rssMiB: toMiB(rss) };
}

export function judgeMemory(samples: readonly Sample[]): { isFlat: boolean; said: string } {
  if (samples.length < FEWEST) return { isFlat: true, said: `memory: ${samples.length} samples are too few to judge` };
  const quarter = Math.floor(samples.length / 4);
  const before = medianOf(samples.slice(quarter, 2 * quarter));
  const after = medianOf(samples.slice(-quarter));
  const isFlat = after - before <= GROWTH_MIB;
  return { isFlat, said: `memory: ${before} MiB in the second quarter, ${after} MiB in the last, resident ${samples.at(-1)?.rssMiB} MiB: ${isFlat ? "flat" : "it grows"} (${GROWTH_MIB} MiB more are allowed)` };
}

function medianOf(samples: readonly Sample[]): number {
  return samples.map(({ heapMiB }) => heapMiB).toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? 0;
}

function toMiB(bytes: number): number {
  return Math.round(bytes / 1_048_576);
}
