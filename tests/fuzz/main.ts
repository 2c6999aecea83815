import { setImmediate } from "node:timers/promises";
import { readOptions, refuse } from "../support/options.ts";
import { readCorpus, readFailure, writeCorpus, writeFailure } from "./corpus.ts";
import { type Counters, isOurs, Reach, startCounters } from "./coverage.ts";
import { Campaign, type Failure } from "./engine.ts";
import { judgeMemory, type Sample, takeSample } from "./memory.ts";
import { targets } from "./targets/index.ts";

const USAGE = `Usage: npm run fuzz -- [--minutes M] [--target NAME]... [--seed N] [--keep]
       npm run fuzz -- --play FILE

Throws damaged input at everything that reads input, and mutates further what reaches code that was never reached.
  --minutes M    how long; 1 where absent
  --target NAME  this one alone: ${targets.map(({ name }) => name).join(", ")}
  --seed N       the same search again; the targets that use sockets depend on time as well
  --keep         writes what is worth keeping to tests/fuzz/corpus
  --play FILE    plays a failure again that was found before`;

/** ms for which one target has the process, before it is another one's turn. */
const TURN_MS = 2_000;
const REPORT_MS = 5_000;

const { values, positionals } = readOptions(USAGE, { minutes: { type: "string", default: "1" }, target: { type: "string", multiple: true, default: [] }, seed: { type: "string" }, keep: { type: "boolean", default: false }, play: { type: "string" } });
const unknown = [...values.target.filter((name) => !targets.some((target) => target.name === name)), ...positionals];
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
if (unknown.length > 0) refuse(`There is no target ${unknown.join(", ")}.`, USAGE);
if (!(minutes > 0)) refuse(`--minutes: expected a number above 0, got "${values.minutes}"`, USAGE);
if (!Number.isInteger(seed)) refuse(`--seed: expected a whole number, got "${values.seed ?? ""}"`, USAGE);
const told = new Set<Failure>();

process.exit(values.play === undefined ? await search().catch(giveUp) : await replay(values.play));

/** The search is itself broken: nothing must take that for a failure of a target, and wait. */
function giveUp(thrown: unknown): number {
  console.error(thrown);
  return 2;
}

async function search(): Promise<number> {
  const began = Date.now();
  const end = began + minutes * 60_000;
  const chosen = targets.filter(({ name }) => values.target.length === 0 || values.target.includes(name));
  const counters = startCounters();
  const campaigns = chosen.map((target) => new Campaign(target, seed, new Reach(counters, isOurs)));
  const samples: Sample[] = [];
  let current = campaigns[0];
  const stray = (thrown: unknown) => current?.fail(thrown, current.latest);
  process.on("unhandledRejection", stray);
  process.on("uncaughtException", stray);
  let reportAt = began + REPORT_MS;
  const look = (now: number) => {
    if (now < reportAt) return;
    reportAt = now + REPORT_MS;
    tellNew(campaigns);
    samples.push(takeSample());
    report(campaigns, samples.at(-1), now - began);
  };

  console.log(`seed ${seed}, ${chosen.length} targets, ${minutes} minutes`);
  for (const campaign of campaigns) {
    current = campaign;
    await campaign.begin(readCorpus(campaign.target.name));
    look(Date.now());
  }
  while (Date.now() < end && campaigns.some(({ isOver }) => !isOver)) {
    for (const campaign of campaigns) {
      current = campaign;
      const until = Math.min(end, Date.now() + TURN_MS);
      while (Date.now() < until && !campaign.isOver) {
        await campaign.step();
        // What was rejected and is nobody's shows here.
        await setImmediate();
        look(Date.now());
      }
    }
  }
  for (const { target } of campaigns) await target.stop?.();
  await setImmediate();
  samples.push(takeSample());
  return conclude(campaigns, samples, Date.now() - began, counters);
}

async function conclude(campaigns: readonly Campaign[], samples: readonly Sample[], ms: number, counters: Counters): Promise<number> {
  console.log(`\n${"target".padEnd(22)}${"executions".padStart(12)}${"corpus".padStart(8)}${"blocks".padStart(8)}${"failures".padStart(10)}`);
  for (const { target, executions, corpus, blocks, failures } of campaigns) {
    console.log(`${target.name.padEnd(22)}${String(executions).padStart(12)}${String(corpus.length).padStart(8)}${String(target.isRepeatable ? blocks : "-").padStart(8)}${String(failures.length).padStart(10)}`);
  }
  const failures = tellNew(campaigns);
  const memory = judgeMemory(samples);
  const executions = campaigns.reduce((sum, each) => sum + each.executions, 0);
  console.log(`\n${executions} executions in ${Math.round(ms / 1000)} s, ${failures.length} failures; ${memory.said}`);
  if (values.keep) await keep(campaigns, counters);
  return failures.length > 0 || !memory.isFlat ? 1 : 0;
}

/** Writes and tells each failure once; returns all that there are. */
function tellNew(campaigns: readonly Campaign[]): Failure[] {
  const failures = campaigns.flatMap((campaign) => campaign.failures);
  for (const failure of failures.filter((each) => !told.has(each))) {
    told.add(failure);
    console.log(`\n${failure.target}, seed ${failure.seed}: ${failure.error}\n  again: npm run fuzz -- --play ${writeFailure(failure)}\n`);
  }
  return failures;
}

/** A corpus that is gathered again, with the shortest input first, is smaller. */
async function keep(campaigns: readonly Campaign[], counters: Counters): Promise<void> {
  for (const { target, corpus } of campaigns.filter((each) => each.target.isRepeatable)) {
    const again = new Campaign(target, seed, new Reach(counters, isOurs));
    await again.begin([]);
    const seeds = new Set(target.seeds());
    const kept = await again.sift(corpus.filter((input) => !seeds.has(input)));
    console.log(`${target.name}: ${writeCorpus(target.name, kept)} of ${kept.length} inputs kept`);
    await target.stop?.();
  }
}

function report(campaigns: readonly Campaign[], sample: Sample | undefined, ms: number): void {
  const executions = campaigns.reduce((sum, each) => sum + each.executions, 0);
  const failures = campaigns.reduce((sum, each) => sum + each.failures.length, 0);
  const corpus = campaigns.reduce((sum, each) => sum + each.corpus.length, 0);
  const blocks = campaigns.map(({ target, blocks: reached }) => `${target.name} ${target.isRepeatable ? reached : "-"}`).join(", ");
  console.log(`${Math.round(ms / 1000)} s: ${Math.round(executions / (ms / 1000))} executions/s, corpus ${corpus}, heap ${sample?.heapMiB} MiB, failures ${failures}; blocks: ${blocks}`);
}

async function replay(file: string): Promise<number> {
  const failure = readFailure(file);
  const target = targets.find(({ name }) => name === failure.target);
  if (!target) {
    console.error(`There is no target ${failure.target} any more.`);
    return 2;
  }
  try {
    await target.play(failure.inputs);
    await setImmediate();
    console.log(`${file}: nothing is broken any more`);
    return 0;
  } catch (thrown) {
    console.error(thrown);
    return 1;
  } finally {
    await target.stop?.();
  }
}
