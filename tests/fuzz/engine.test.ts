import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { createRandom } from "../../src/testing/chaos/random.ts";
import { readFailure, writeFailure } from "./corpus.ts";
import { Reach, startCounters } from "./coverage.ts";
import { Campaign } from "./engine.ts";
import { judgeMemory } from "./memory.ts";
import { mutate } from "./mutate.ts";
import { readPlanted } from "./planted.ts";
import { Broken, oneByOne, type Target } from "./target.ts";

const planted: Target = { name: "planted", form: "bytes", batch: 200, isRepeatable: true, seeds: () => ["aaaaaaaa"], play: oneByOne((text) => void readPlanted(text)) };
const counters = startCounters();
afterAll(() => counters.stop());
const reachOf = () => new Reach(counters, (url) => url.includes("/tests/fuzz/planted"));

/** Searches for at most so many batches. */
async function search(target: Target, seed: number, isGuided: boolean, batches = 150): Promise<Campaign> {
  const campaign = new Campaign(target, seed, isGuided ? reachOf() : undefined);
  await campaign.begin([]);
  for (let batch = 0; batch < batches && campaign.failures.length === 0; batch++) await campaign.step();
  return campaign;
}

describe("the search", () => {
  it("finds what lies behind three conditions, step by step, where a blind one finds nothing", async () => {
    const guided = await search(planted, 11, true);
    expect(guided.failures).toMatchObject([{ target: "planted", seed: 11, inputs: [expect.stringMatching(/^K>!/)], error: expect.stringContaining("the planted mistake") }]);
    // One input for each condition that was passed.
    expect(guided.corpus.map((input) => /^K?>?/.exec(input)?.[0])).toEqual(expect.arrayContaining(["", "K", "K>"]));
    const blind = await search(planted, 11, false);
    expect(blind.failures).toEqual([]);
    expect(blind.executions).toBeGreaterThan(guided.executions);
  });

  it("is the same again with the same seed, up to the input", async () => {
    const [first, second] = [await search(planted, 12, true), await search(planted, 12, true)];
    expect(first.failures).toHaveLength(1);
    expect(second.failures[0]?.inputs).toEqual(first.failures[0]?.inputs);
    expect(second.executions).toBe(first.executions);
  });

  it("names the one of many inputs played at once that does it, and all where none does it alone", async () => {
    const together = (isBad: (inputs: readonly string[]) => boolean): Target => ({ ...planted, batch: 8, isRepeatable: false, play: async (inputs) => { if (isBad(inputs)) throw new Error("bad"); } });
    const alone = await search(together((inputs) => inputs.some((input) => input.length < 4)), 3, false);
    expect(alone.failures[0]?.inputs).toHaveLength(1);
    expect(alone.failures[0]?.inputs[0]?.length).toBeLessThan(4);
    const crowd = await search(together((inputs) => inputs.length > 4), 3, false);
    expect(crowd.failures[0]?.inputs).toHaveLength(8);
  });

  it("writes a failure so that it can be played again from the file", async () => {
    const play: Target["play"] = oneByOne((text) => void readPlanted(text));
    const file = writeFailure({ target: "planted", seed: 1, inputs: ["K>!\u0000\ud800"], error: "x" });
    try {
      const { inputs } = readFailure(file);
      expect(inputs).toEqual(["K>!\u0000\ud800"]);
      await expect(play(inputs)).rejects.toBeInstanceOf(Broken);
    } finally {
      rmSync(file);
    }
  });

  it("plays a file on the command line, and says whether it is mended", async () => {
    const file = writeFailure({ target: "addresses", seed: 1, inputs: ["ws://127.0.0.1/"], error: "x" });
    try {
      const { stdout } = await promisify(execFile)(process.execPath, [`${import.meta.dirname}/main.ts`, "--play", file]);
      expect(stdout).toContain("nothing is broken any more");
    } finally {
      rmSync(file);
    }
  });
});

describe("mutation", () => {
  it("is decided by the seed alone, and keeps a field called __proto__ one like any other", () => {
    const material = (seed: number) => ({ random: createRandom(seed), other: () => "[[1,{\"b\":2}]]", words: ["word"] });
    const many = (seed: number) => {
      const with_ = material(seed);
      return Array.from({ length: 500 }, () => mutate("{\"a\":[1,\"x\",{\"__proto__\":{\"y\":null}}],\"n\":7}", "json", with_));
    };
    expect(many(5)).toEqual(many(5));
    expect(many(5)).not.toEqual(many(6));
    expect(new Set(many(5)).size).toBeGreaterThan(400);
    expect(many(5).filter((text) => text.includes("\"__proto__\":{\"y\":null}")).length).toBeGreaterThan(100);
    expect(({} as { y?: unknown }).y).toBeUndefined();
  });
});

describe("memory", () => {
  it("grows where the last quarter lies above the second by more than is allowed", () => {
    const run = (heap: (index: number) => number) => Array.from({ length: 40 }, (_, index) => ({ heapMiB: heap(index), rssMiB: 0 }));
    expect(judgeMemory(run((index) => 100 + index))).toMatchObject({ isFlat: true });
    expect(judgeMemory(run((index) => 100 + 2 * index))).toMatchObject({ isFlat: false, said: expect.stringContaining("it grows") });
    // What grows while it begins is no leak.
    expect(judgeMemory(run((index) => Math.min(400, 40 * index)))).toMatchObject({ isFlat: true });
  });
});
