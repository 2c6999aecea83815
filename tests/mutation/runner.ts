import { globSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { declareFactoryPlugin, PluginKind } from "@stryker-mutator/api/plugin";
import { determineHitLimitReached, type DryRunResult, DryRunStatus, type MutantRunOptions, type MutantRunResult, type TestResult, type TestRunner, TestStatus, toMutantRunResult } from "@stryker-mutator/api/test-runner";
import { transformSync } from "rolldown/utils";
import { collect, type Test } from "./suite.ts";

const suite = new URL("suite.ts", import.meta.url).href;
const bounded = new URL("fast-check.ts", import.meta.url).href;
/** What takes its seconds. */
const late = /^tests\/(?:property\/|unit\/auth\/(?:keeper|survival)\.|unit\/link\/(?:frames|heartbeat|life)\.)/;
/** ms for one test, as in Vitest. */
const TEST_MS = 5_000;

/** What the instrumented code and the tool tell each other. */
interface Wire {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  mutantCoverage?: { static: Record<string, number>; perTest: Record<string, Record<string, number>> };
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
}
const wire = ((globalThis as { __stryker__?: Wire }).__stryker__ ??= {});

/** JavaScript by file: Node's own removal of types does not know all that the tests are written in. */
const sources = new Map<string, string>();

/** Runs the tests in its own process, where the modules stay loaded from one mutant to the next. */
class InProcess implements TestRunner {
  readonly #tests = (JSON.parse(process.env["MUTATION_TESTS"] ?? "[]") as string[]).map(String);
  readonly #leftOut = (JSON.parse(process.env["MUTATION_LEFT_OUT"] ?? "[]") as string[]).map(String);
  readonly #tooSlow = new RegExp(process.env["MUTATION_TOO_SLOW"] ?? "^$");
  #loaded = new Map<string, Test[]>();
  /** Modules of each are apart, so that what a module does when it is loaded is done again. */
  #generation = 0;

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    const root = pathToFileURL(`${process.cwd()}/`).href;
    registerHooks({
      resolve: (specifier, context, next) => {
        if (specifier === "vitest") return { url: suite, shortCircuit: true };
        if (specifier === "fast-check" && context.parentURL !== bounded) return { url: bounded, shortCircuit: true };
        const found = next(specifier, context);
        const isOurs = found.url.startsWith(root) && !found.url.includes("/node_modules/") && found.url.endsWith(".ts");
        return isOurs ? { ...found, url: `${found.url}?${this.#generation}` } : found;
      },
      load: (url, context, next) => {
        if (!url.startsWith(root) || url.includes("/node_modules/") || !/\.ts\?\d+$/.test(url)) return next(url, context);
        const file = fileURLToPath(url);
        const source = sources.get(file) ?? transformSync(file, readFileSync(file, "utf8")).code;
        sources.set(file, source);
        return { format: "module", source, shortCircuit: true };
      },
    });
  }

  async dryRun(): Promise<DryRunResult> {
    wire.activeMutant = undefined;
    const results = await this.#run(undefined, false);
    return { status: DryRunStatus.Complete, tests: results, ...(wire.mutantCoverage && { mutantCoverage: wire.mutantCoverage }) };
  }

  async mutantRun({ activeMutant, mutantActivation, testFilter, reloadEnvironment, hitLimit, disableBail }: MutantRunOptions): Promise<MutantRunResult> {
    if (reloadEnvironment) {
      this.#loaded = new Map();
      this.#generation += 1;
    }
    wire.hitLimit = hitLimit;
    wire.hitCount = hitLimit === undefined ? undefined : 0;
    wire.activeMutant = mutantActivation === "static" ? activeMutant.id : undefined;
    const wanted = testFilter && new Set(testFilter);
    // Everything is loaded before a mutant that acts at run time is switched on.
    if (mutantActivation === "runtime") for (const file of this.#filesOf(wanted)) await this.#load(file);
    wire.activeMutant = activeMutant.id;
    const results = await this.#run(wanted, !disableBail);
    const reached = determineHitLimitReached(wire.hitCount, hitLimit);
    wire.activeMutant = undefined;
    return toMutantRunResult(reached ?? { status: DryRunStatus.Complete, tests: results });
  }

  /** Units before whole lives and properties: a mutant is dead with the first test that fails. */
  #filesOf(wanted: ReadonlySet<string> | undefined): string[] {
    const left = new Set(globSync(this.#leftOut));
    const files = globSync(this.#tests).filter((file) => !left.has(file)).toSorted().toSorted((a, b) => Number(late.test(a)) - Number(late.test(b)));
    if (!wanted) return files;
    const named = new Set(Array.from(wanted, (id) => id.slice(0, id.indexOf("#"))));
    return files.filter((file) => named.has(file));
  }

  async #load(file: string): Promise<Test[]> {
    const known = this.#loaded.get(file);
    if (known) return known;
    const tests = await collect(() => import(pathToFileURL(resolve(file)).href));
    this.#loaded.set(file, tests);
    return tests;
  }

  async #run(wanted: ReadonlySet<string> | undefined, isBailing: boolean): Promise<TestResult[]> {
    const results: TestResult[] = [];
    for (const file of this.#filesOf(wanted)) {
      let tests: Test[];
      try {
        tests = await this.#load(file);
      } catch (error) {
        results.push({ id: `${file}#`, name: file, timeSpentMs: 0, status: TestStatus.Failed, failureMessage: `${file} cannot be loaded: ${String(error)}` });
        if (isBailing) return results;
        continue;
      }
      for (const test of tests) {
        const id = `${file}#${test.name}`;
        if (wanted ? !wanted.has(id) : this.#tooSlow.test(id)) continue;
        const result = await runOne(id, file, test);
        results.push(result);
        if (isBailing && result.status === TestStatus.Failed) return results;
      }
    }
    return results;
  }
}

async function runOne(id: string, file: string, test: Test): Promise<TestResult> {
  wire.currentTestId = id;
  thrown = undefined;
  const startedAt = performance.now();
  const about = () => ({ id, name: test.name, fileName: resolve(file), timeSpentMs: performance.now() - startedAt });
  const { promise, reject } = Promise.withResolvers<never>();
  const bound = setTimeout(() => reject(new Error(`did not end within ${TEST_MS} ms`)), TEST_MS);
  try {
    await Promise.race([test.run(), promise]);
    if (thrown !== undefined) throw thrown;
    return { ...about(), status: TestStatus.Success };
  } catch (error) {
    return { ...about(), status: TestStatus.Failed, failureMessage: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(bound);
    wire.currentTestId = undefined;
  }
}

// A mutant may leave a promise behind that nobody waits for any more, and what throws in a callback is the test's fault.
process.on("unhandledRejection", () => {});
process.on("uncaughtException", (error) => void (thrown ??= error));
let thrown: unknown;

export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, "in-process", () => new InProcess())];
