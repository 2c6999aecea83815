import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { readOptions, refuse } from "../support/options.ts";
import type { Figure } from "./figure.ts";
import { readProfiles, renderProfile } from "./profile.ts";
import { describeMachine, renderReport, renderTable } from "./report.ts";

const benchmarks = ["decode", "encode", "sessions", "edge", "streams", "first-partial", "reconnect", "gateway"];
const root = resolve(import.meta.dirname, "../..");
const usage = `Usage: npm run bench [-- --only NAME,... [--profile] | --list]

Takes the measurements, one benchmark after the other, and writes docs/performance.md. It judges nothing: figures of a
shared machine are for people.
  --only NAME,...  these alone, printed and not written: ${benchmarks.join(", ")}
  --profile        prints where the time of each process went, too, and leaves the profiles in .state/profiles
  --list           names them`;
const { values, positionals } = readOptions(usage, { only: { type: "string" }, list: { type: "boolean", default: false }, profile: { type: "boolean", default: false } });

const chosen = values.only?.split(",") ?? benchmarks;
const unknown = [...chosen.filter((name) => !benchmarks.includes(name)), ...positionals];
if (unknown.length > 0) refuse(`There is no benchmark "${unknown.join('", "')}".`, usage);
if (values.list) console.log(benchmarks.join("\n"));
else await run(chosen);

async function run(chosen: readonly string[]): Promise<void> {
  const figures: Figure[] = [];
  for (const [index, name] of chosen.entries()) {
    const taken = await take(name, `${index + 1} of ${chosen.length}, ${name}`);
    console.log(renderTable(taken));
    if (values.profile) for (const spent of readProfiles(profilesOf(name), root)) console.log(`\n${renderProfile(spent)}`);
    figures.push(...taken);
  }
  // A process that is watched is slower.
  if (values.only !== undefined || values.profile) return;
  const commit = git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain") === "" ? "" : " with changes");
  writeFileSync(resolve(root, "docs/performance.md"), renderReport(figures, { commit, date: new Date().toISOString().slice(0, 10), machine: describeMachine() }));
  console.log("\nwritten to docs/performance.md");
}

/** In a process of its own, where nothing else has warmed the engine up. */
async function take(name: string, which: string): Promise<Figure[]> {
  const { promise, resolve: taken, reject } = Promise.withResolvers<Figure[]>();
  const env = { ...process.env };
  if (values.profile) {
    rmSync(profilesOf(name), { recursive: true, force: true });
    mkdirSync(profilesOf(name), { recursive: true });
    // The processes that it starts are watched as well.
    env["NODE_OPTIONS"] = `--cpu-prof --cpu-prof-dir=${profilesOf(name)}`;
  }
  const child = fork(resolve(import.meta.dirname, "run.ts"), [resolve(import.meta.dirname, `${name}.ts`)], { execArgv: ["--expose-gc"], env });
  child.on("message", (message: { line: string } | { figures: Figure[] }) => {
    if ("figures" in message) taken(message.figures);
    else if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${which}: ${message.line}`);
    else process.stderr.write(`${which}: ${message.line}\n`);
  });
  const exited = once(child, "exit");
  void exited.then(([code]) => reject(new Error(`the benchmark ${name} ended with exit code ${code}`)));
  const figures = await promise;
  await exited;
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  return figures;
}

function profilesOf(name: string): string {
  return resolve(root, ".state/profiles", name);
}

function git(...args: readonly string[]): string {
  return execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
}
