import process from "node:process";
import { defineConfig } from "vitest/config";

/** A gateway fills a core while it starts, and waits for most of the rest of its time: two at a time, after everything quick. */
const host = { maxWorkers: 2, maxConcurrency: 2, testTimeout: 120_000, hookTimeout: 180_000, globalSetup: ["tests/host/prepare.ts"] };

/** What takes its time by the clock: a thousand turns have all of the machine. */
const alone = ["tests/host/turns.test.ts"];

/** What runs on the lowest host that the packages declare too: every channel, from pairing to the restart. */
const onLowest = ["chat", "insta-claw", "local-im", "clawchat"].map((name) => `tests/host/${name}.test.ts`);

/** All of it runs on the lowest by hand: CLAWWIRE_TEST_HOST=openclaw-lowest npx vitest run --project host */
const env = { CLAWWIRE_TEST_HOST: process.env["CLAWWIRE_TEST_HOST"] ?? "openclaw" };

// From 1 on: with one worker, group 0 would come last.
export default defineConfig({
  test: {
    projects: [
      { test: { name: "fast", include: ["tests/**/*.test.ts"], exclude: ["tests/host/**"], sequence: { groupOrder: 1 } } },
      { test: { ...host, name: "host-alone", include: alone, env, sequence: { groupOrder: 2 } } },
      { test: { ...host, name: "host", include: ["tests/host/**/*.test.ts"], exclude: alone, env, sequence: { groupOrder: 3 } } },
      { test: { ...host, name: "lowest-host", include: onLowest, env: { CLAWWIRE_TEST_HOST: "openclaw-lowest" }, sequence: { groupOrder: 4 } } },
    ],
  },
});
