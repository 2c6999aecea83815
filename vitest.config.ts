import { defineConfig } from "vitest/config";

// A gateway fills both cores of a small machine while it starts: one after another, and after everything quick.
const host = { fileParallelism: false, testTimeout: 120_000, hookTimeout: 180_000, globalSetup: ["tests/host/prepare.ts"] };
/** What runs on the lowest host too: a conversation of each channel, from the installation to the answer after a crash. */
const lowest = ["chat", "insta-claw", "local-im", "clawchat"].map((name) => `tests/host/${name}.test.ts`);

export default defineConfig({
  test: {
    projects: [
      { test: { name: "fast", include: ["tests/**/*.test.ts"], exclude: ["tests/host/**"], sequence: { groupOrder: 0 } } },
      { test: { ...host, name: "host", include: ["tests/host/**/*.test.ts"], sequence: { groupOrder: 1 } } },
      { test: { ...host, name: "lowest-host", include: lowest, env: { CLAWWIRE_TEST_HOST: "openclaw-lowest" }, sequence: { groupOrder: 2 } } },
    ],
  },
});
