import { describe, expect, it } from "vitest";
import { describeThrown } from "../../src/core/errors.ts";
import { type Subject, subjects } from "../support/subjects.ts";
import { liveThrough, type Outcome, planHistory } from "./history.ts";

const HISTORIES = Number(process.env["FAULT_HISTORIES"] ?? 500);
const AT_ONCE = 25;

type Totals = Omit<Outcome, "wrong">;

async function liveThroughAll(subject: Subject, seeds: readonly number[]): Promise<{ failed: string[]; totals: Totals }> {
  const queue = [...seeds];
  const failed: string[] = [];
  const totals: Totals = { admitted: 0, reported: 0, lives: 0, links: 0 };
  const work = async (): Promise<void> => {
    for (let seed = queue.shift(); seed !== undefined; seed = queue.shift()) {
      try {
        const { wrong, ...outcome } = await liveThrough(subject, planHistory(seed));
        if (wrong.length > 0) throw new Error(wrong.join("; "));
        for (const key of ["admitted", "reported", "lives", "links"] as const) totals[key] += outcome[key];
      } catch (thrown) {
        failed.push(`${describeThrown(thrown)}\n  to see it again: npm run fault -- ${subject.name}:${seed}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { failed, totals };
}

describe.each(subjects)("$name under faults", (subject) => {
  it(`answers every admitted message once and in order, or says that it could not, in ${HISTORIES} histories`, { timeout: 300_000 }, async () => {
    const { failed, totals } = await liveThroughAll(subject, Array.from({ length: HISTORIES }, (_, index) => index + 1));
    expect(failed).toEqual([]);
    console.log(`${subject.name}: ${JSON.stringify(totals)}`);
    // The histories are worth something only when much happens in them.
    expect(totals.admitted).toBeGreaterThan(2 * HISTORIES);
    expect(totals.lives).toBeGreaterThan(1.5 * HISTORIES);
    expect(totals.links).toBeGreaterThan(2 * HISTORIES);
    expect(totals.reported).toBeLessThan(0.25 * totals.admitted);
  });
});
