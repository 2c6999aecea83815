import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { leftOut } from "./parts.ts";

const bounded = fileURLToPath(new URL("fast-check.ts", import.meta.url));

/** A mutant is dead with the first test that fails, so the quick ones come first. Vitest would begin with the longest. */
class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlow = ({ moduleId }: TestSpecification) => Number(moduleId.includes("/tests/property/"));
    return files.toSorted((a, b) => isSlow(a) - isSlow(b));
  }
}

/** The tests of the pure parts: those of what the generator writes reach no file of ours. */
export default defineConfig({
  plugins: [
    {
      name: "bounded-properties",
      enforce: "pre",
      resolveId: (source, importer) => (source === "fast-check" && importer !== bounded ? bounded : undefined),
    },
  ],
  test: {
    include: JSON.parse(process.env["MUTATION_TESTS"] ?? "[]") as string[],
    exclude: [...leftOut],
    // Half the time of a run goes into loading the same modules again.
    isolate: false,
    // Instrumented code is slower, and Stryker has a bound of its own for a mutant that never ends.
    testTimeout: 10_000,
    env: { HEARTBEAT_RUNS: "30" },
    sequence: { sequencer: QuickFirst },
  },
});
