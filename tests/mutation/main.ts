import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Stryker } from "@stryker-mutator/core";
import { readOptions, refuse } from "../support/options.ts";
import { leftOut, type Part, parts, shells, tooSlow } from "./parts.ts";
import { count, type Outcome, type Run, scoreOf, writeReport } from "./report.ts";

const usage = `Usage: npm run mutate -- [--only NAME]... [--write] [--concurrency N] [FILE...]

Breaks the pure parts of the product in one place at a time and sees whether a test notices. Results are kept in
.state/mutation, with a page for the browser per part, and docs/mutation.md is written of them after a run of all parts.
With FILE... only these are broken, and no result is kept.

  --only NAME      ${parts.map(({ name }) => name).join(", ")}
  --write          breaks nothing, and writes docs/mutation.md of what is kept here; a part of which nothing is, is named
  --incremental    tries only those again of which the code, or a test that reaches them, has changed since the last run with it
  --concurrency N  test processes side by side (default 1)
`;
const root = `${import.meta.dirname}/../..`;
const kept = ".state/mutation";
process.chdir(root);

const { values, positionals } = readOptions(usage, { only: { type: "string", multiple: true }, write: { type: "boolean" }, incremental: { type: "boolean", default: false }, concurrency: { type: "string", default: "1" } });
const unknown = [...(values.only ?? []).filter((name) => !parts.some((part) => part.name === name)), ...positionals.filter((file) => !existsSync(file))];
const concurrency = Number(values.concurrency);
if (unknown.length > 0) refuse(`There is no ${unknown.join(", ")}.`, usage);
if (!Number.isInteger(concurrency) || concurrency < 1) refuse(`--concurrency: expected a whole number from 1 on, got "${values.concurrency}"`, usage);
mkdirSync(kept, { recursive: true });

for (const part of values.write ? [] : parts) {
  if (positionals.length > 0) {
    const files = positionals.filter((file) => globSync([...part.mutate]).includes(file));
    if (files.length > 0) await mutate(part, files, false);
  } else if (!values.only || values.only.includes(part.name)) {
    await mutate(part, [...part.mutate, ...shells.map((file) => `!${file}`)], true);
  }
}
if (positionals.length === 0) report();

async function mutate({ name, tests }: Part, files: readonly string[], isKept: boolean): Promise<void> {
  console.log(`\n== ${name}`);
  // For the processes of the tool's own, and the tests in them.
  Object.assign(process.env, { MUTATION_TESTS: JSON.stringify(tests), MUTATION_LEFT_OUT: JSON.stringify(leftOut), MUTATION_TOO_SLOW: tooSlow.map(({ source }) => source).join("|"), HEARTBEAT_RUNS: "30" });
  const startedAt = performance.now();
  const file = `${kept}/${name}`;
  // Before the run, which works on a copy: what is written meanwhile is not what was measured.
  const tree = commit();
  await new Stryker({
    mutate: [...files],
    testRunner: "in-process",
    plugins: [`${import.meta.dirname}/runner.ts`],
    coverageAnalysis: "perTest",
    concurrency,
    // On a busy machine a test takes longer than it did at first: that is no mutant that never ends.
    timeoutMS: 5_000,
    // Only what the tests read is copied, and no tsconfig.json: the tool rewrites it with a part of TypeScript that version 7 has not.
    ignorePatterns: ["/*", "!/src", "!/generated", "!/tests", "!/spec", "!/package.json", "/tests/fixtures", "/tests/host"],
    disableTypeChecks: false,
    // Single files add to what is known of their part.
    incremental: values.incremental,
    incrementalFile: `${file}-tried.json`,
    tempDirName: `${kept}/tree-${name}`,
    reporters: ["clear-text", "progress-append-only", ...(isKept ? ["json", "html"] : [])],
    clearTextReporter: { allowEmojis: false, logTests: false, reportTests: false },
    jsonReporter: { fileName: `${file}.json` },
    htmlReporter: { fileName: `${file}.html` },
  }).runMutationTest();
  if (!isKept) return;
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  writeFileSync(`${file}-run.json`, JSON.stringify({ part: name, commit: tree, date: new Date().toISOString().slice(0, 10), seconds }));
}

function commit(): string {
  const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
  return `${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain", "src", "tests") === "" ? "" : " and changes"}`;
}

function report(): void {
  const runs = parts.flatMap(({ name }): Run[] => {
    if (!existsSync(`${kept}/${name}-run.json`)) return [];
    const made = JSON.parse(readFileSync(`${kept}/${name}-run.json`, "utf8")) as Omit<Run, "outcome">;
    return [{ ...made, outcome: JSON.parse(readFileSync(`${kept}/${name}.json`, "utf8")) as Outcome }];
  });
  for (const { part, outcome } of runs) console.log(`${part.padEnd(12)}${scoreOf(count(Object.values(outcome.files).flatMap(({ mutants }) => mutants)))?.toFixed(1)} %`);
  if ((values.only ?? []).length > 0 && !values.write) return console.log("docs/mutation.md is not written: --write does.");
  writeFileSync("docs/mutation.md", writeReport(runs, parts.map(({ name }) => name).filter((name) => !runs.some(({ part }) => part === name))));
  console.log("docs/mutation.md is written.");
}
