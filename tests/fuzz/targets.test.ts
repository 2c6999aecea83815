import { afterAll, describe, expect, it } from "vitest";
import { readCorpus } from "./corpus.ts";
import { Campaign } from "./engine.ts";
import { targets } from "./targets/index.ts";

/** Batches of new inputs; `npm run fuzz` is for more. */
const BATCHES = 3;
/** Inputs of a batch at most. */
const INPUTS = 60;

const stray: unknown[] = [];
const note = (thrown: unknown) => void stray.push(thrown);
process.on("unhandledRejection", note);
afterAll(() => void process.off("unhandledRejection", note));

describe("everything that reads what others have written", () => {
  it.each(targets.map((target) => ({ name: target.name, target })))("stands the corpus, the seeds and damage to them: $name", async ({ name, target }) => {
    const campaign = new Campaign({ ...target, batch: Math.min(INPUTS, target.batch) }, 1, undefined);
    try {
      await campaign.begin(readCorpus(name));
      for (let batch = 0; batch < BATCHES; batch++) await campaign.step();
    } finally {
      await target.stop?.();
    }
    expect(campaign.failures).toEqual([]);
    expect(stray).toEqual([]);
    expect(campaign.executions).toBeGreaterThanOrEqual(BATCHES * Math.min(INPUTS, target.batch));
  });
});
