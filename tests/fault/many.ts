import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeThrown } from "../../src/core/errors.ts";
import type { FindingKind } from "./checker.ts";
import { liveThrough, type Protocol } from "./history.ts";

export interface Totals {
  histories: number;
  /** Findings of each kind. */
  found: Partial<Record<FindingKind | "broken", number>>;
  counts: Record<string, number>;
  /** `log`: the file with all that happened; what depends on the others that ran at once does not come again. */
  failed: { seed: number; why: string; log: string }[];
}

const AT_ONCE = 25;

/** Many histories of one protocol, some of them at once. */
export async function liveThroughAll(protocol: Protocol, seeds: readonly number[], progress: (totals: Totals) => void = () => {}): Promise<Totals> {
  const queue = [...seeds];
  const totals: Totals = { histories: 0, found: {}, counts: {}, failed: [] };
  const find = (kind: FindingKind | "broken"): void => void (totals.found[kind] = (totals.found[kind] ?? 0) + 1);
  const fail = (seed: number, why: string, lines: readonly string[]): void => {
    const log = join(mkdtempSync(join(tmpdir(), "fault-log-")), `${protocol}-${seed}.txt`);
    writeFileSync(log, [...lines, why, ""].join("\n"));
    totals.failed.push({ seed, why, log });
  };
  const work = async (): Promise<void> => {
    for (let seed = queue.shift(); seed !== undefined; seed = queue.shift()) {
      const lines: string[] = [];
      try {
        const { findings, counts } = await liveThrough(protocol, seed, (line) => void lines.push(line));
        for (const { kind } of findings) find(kind);
        for (const [name, times] of Object.entries(counts)) totals.counts[name] = (totals.counts[name] ?? 0) + times;
        if (findings.length > 0) fail(seed, findings.map(({ kind, id, text }) => `${kind}: ${id} ${text}`).join("; "), lines);
      } catch (thrown) {
        find("broken");
        fail(seed, `broken: ${describeThrown(thrown)}`, lines);
      }
      totals.histories += 1;
      progress(totals);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return totals;
}

/** What to read and to run about the histories that failed. */
export function tellFailures(protocol: Protocol, { failed }: Totals): string[] {
  return failed
    .toSorted((a, b) => a.seed - b.seed)
    .map(({ seed, why, log }) => `seed ${seed}: ${why}\n  what happened: ${log}\n  to see it again: npm run test:fault -- --protocol ${protocol} --seed ${seed} --histories 1 --tell`);
}
