import { defineConfig } from "vitest/config";

/** A gateway fills a core while it starts, and waits for most of the rest of its time: two at a time, after everything quick. */
const host = { maxWorkers: 2, maxConcurrency: 2, testTimeout: 120_000, hookTimeout: 180_000, globalSetup: ["tests/host/prepare.ts"] };

/** What runs on the lowest host that the packages declare too: every channel with all of its conversation, and what the host itself does for an operator. */
const onLowest = ["chat", "insta-claw", "local-im", "clawchat", "config", "status"].map((name) => `tests/host/${name}.test.ts`);

export default defineConfig({
  test: {
    projects: [
      { test: { name: "fast", include: ["tests/**/*.test.ts"], exclude: ["tests/host/**"], sequence: { groupOrder: 0 } } },
      { test: { ...host, name: "host", include: ["tests/host/**/*.test.ts"], env: { CLAWWIRE_TEST_HOST: "openclaw" }, sequence: { groupOrder: 1 } } },
      { test: { ...host, name: "lowest-host", include: onLowest, env: { CLAWWIRE_TEST_HOST: "openclaw-lowest" }, sequence: { groupOrder: 2 } } },
    ],
  },
});
