/**
 * `npm run bench [-- --only <name>,… | --list]`: takes the measurements, one benchmark after the other, and writes
 * `docs/performance.md`. With `--only` it prints what it measured and writes nothing. Asserts nothing: figures of a
 * shared machine are for people to judge.
 */
import { execFileSync, fork } from "node:child_process";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Figure } from "./figure.ts";
import { describeMachine, renderReport, renderTable } from "./report.ts";

const benchmarks = ["decode", "encode", "sessions", "edge", "streams", "first-partial", "reconnect", "gateway"];
const root = resolve(import.meta.dirname, "../..");
const { values } = parseArgs({ options: { only: { type: "string" }, list: { type: "boolean", default: false } } });

if (values.list) {
  console.log(benchmarks.join("\n"));
} else {
  const chosen = values.only?.split(",") ?? benchmarks;
  const unknown = chosen.filter((name) => !benchmarks.includes(name));
  if (unknown.length > 0) {
    console.error(`There is no benchmark "${unknown.join('", "')}"; there are ${benchmarks.join(", ")}.`);
    process.exitCode = 2;
  } else await run(chosen);
}

async function run(chosen: readonly string[]): Promise<void> {
  const figures: Figure[] = [];
  for (const [index, name] of chosen.entries()) {
    const taken = await take(name, `${index + 1} of ${chosen.length}, ${name}`);
    console.log(renderTable(taken));
    figures.push(...taken);
  }
  if (values.only !== undefined) return;
  const commit = git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain") === "" ? "" : " with changes");
  writeFileSync(resolve(root, "docs/performance.md"), renderReport(figures, { commit, date: new Date().toISOString().slice(0, 10), machine: describeMachine() }));
  console.log("\nwritten to docs/performance.md");
}

/** In a process of its own, where nothing else has warmed the engine up. */
async function take(name: string, which: string): Promise<Figure[]> {
  const { promise, resolve: taken, reject } = Promise.withResolvers<Figure[]>();
  const child = fork(resolve(import.meta.dirname, "run.ts"), [resolve(import.meta.dirname, `${name}.ts`)], { execArgv: ["--expose-gc"] });
  child.on("message", (message: { line: string } | { figures: Figure[] }) => {
    if ("figures" in message) taken(message.figures);
    else if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${which}: ${message.line}`);
    else process.stderr.write(`${which}: ${message.line}\n`);
  });
  child.on("exit", (code) => reject(new Error(`the benchmark ${name} ended with exit code ${code}`)));
  const figures = await promise;
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  return figures;
}

function git(...args: readonly string[]): string {
  return execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
}
