import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "fast", include: ["tests/**/*.test.ts"], exclude: ["tests/host/**"], sequence: { groupOrder: 0 } } },
      {
        // A gateway fills both cores of a small machine while it starts: one after another, and after everything quick.
        test: { name: "host", include: ["tests/host/**/*.test.ts"], fileParallelism: false, testTimeout: 120_000, hookTimeout: 180_000, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
