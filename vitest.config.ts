import { defineConfig } from "vitest/config";

/** A gateway fills a core while it starts, and waits for most of the rest of its time: two at a time, after everything quick. */
const host = { maxWorkers: 2, maxConcurrency: 2, testTimeout: 120_000, hookTimeout: 180_000, globalSetup: ["tests/host/prepare.ts"] };

/** What takes its time by the clock: a thousand turns have all of the machine. */
const alone = ["tests/host/turns.test.ts"];

// From 1 on: with one worker, group 0 would come last.
export default defineConfig({
  test: {
    projects: [
      { test: { name: "fast", include: ["tests/**/*.test.ts"], exclude: ["tests/host/**"], sequence: { groupOrder: 1 } } },
      { test: { ...host, name: "host-alone", include: alone, sequence: { groupOrder: 2 } } },
      { test: { ...host, name: "host", include: ["tests/host/**/*.test.ts"], exclude: alone, sequence: { groupOrder: 3 } } },
    ],
  },
});
