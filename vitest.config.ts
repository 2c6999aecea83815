import { defineConfig } from "vitest/config";
import { hostTestsOf, readFeatures } from "./build/features.ts";

// A gateway fills both cores of a small machine while it starts: one after another, and after everything quick.
const host = { fileParallelism: false, testTimeout: 120_000, hookTimeout: 180_000 };
const shown = hostTestsOf(await readFeatures(import.meta.dirname));

export default defineConfig({
  test: {
    projects: [
      { test: { name: "fast", include: ["tests/**/*.test.ts"], exclude: ["tests/host/**"], sequence: { groupOrder: 0 } } },
      { test: { ...host, name: "host", include: ["tests/host/**/*.test.ts"], sequence: { groupOrder: 1 } } },
      { test: { ...host, name: "lowest-host", include: shown, env: { CLAWWIRE_TEST_HOST: "openclaw-lowest" }, sequence: { groupOrder: 2 } } },
    ],
  },
});
