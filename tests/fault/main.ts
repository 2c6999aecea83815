import { readOptions, refuse } from "../support/options.ts";
import { liveThrough, protocols } from "./history.ts";
import { liveThroughAll, tellFailures, type Totals } from "./many.ts";
import { planHistory } from "./plan.ts";

const usage = `Usage: npm run test:fault -- [--seed N] [--histories M] [--protocol ${protocols.join("|")}] [--tell]

Lives through M histories (100) of each protocol, those of the seeds N (1), N + 1 and so on, and judges each.
--tell prints all that happens in them, one after the other.

       npm run test:fault -- --gateway [--kills N] [--seed S]

Kills a real gateway with all four channels under load N times (20), at moments of its life that the seed S (1) draws, starts
it again each time, and judges what its users have seen.`;

const { values, positionals } = readOptions(usage, { seed: { type: "string", default: "1" }, histories: { type: "string", default: "100" }, protocol: { type: "string" }, tell: { type: "boolean", default: false }, gateway: { type: "boolean", default: false }, kills: { type: "string", default: "20" } });
if (positionals.length > 0) refuse(`unexpected ${positionals.join(" ")}`, usage);
const first = numberOf(values.seed);
if (values.gateway) process.exit(await killGateway(first, numberOf(values.kills)));
const histories = numberOf(values.histories);
const chosen = protocols.filter((name) => values.protocol === undefined || values.protocol === name);
if (chosen.length === 0) refuse(`there is no protocol "${values.protocol ?? ""}"`, usage);
const seeds = Array.from({ length: histories }, (_, index) => first + index);

let failed = 0;
for (const protocol of chosen) {
  if (values.tell) for (const seed of seeds) failed += await tell(protocol, seed);
  else failed += await runAll(protocol);
}
// Whatever a history leaves open must not keep it from ending.
process.exit(failed > 0 ? 1 : 0);

/** Loaded only here: a gateway brings a lot with it. */
async function killGateway(seed: number, kills: number): Promise<number> {
  const { tellKills } = await import("./gateway/tell.ts");
  return await tellKills({ seed, kills });
}

async function tell(protocol: (typeof protocols)[number], seed: number): Promise<number> {
  console.log(JSON.stringify(planHistory(seed), undefined, 2));
  const { findings, counts } = await liveThrough(protocol, seed, (line) => console.log(line));
  console.log(JSON.stringify(counts));
  for (const { kind, id, text } of findings) console.error(`${kind}: ${id} ${text}`);
  return findings.length;
}

async function runAll(protocol: (typeof protocols)[number]): Promise<number> {
  const began = performance.now();
  const seconds = (): number => Math.round((performance.now() - began) / 1000);
  let shownAt = 0;
  const totals = await liveThroughAll(protocol, seeds, ({ histories: done, failed: wrong }) => {
    if (seconds() - shownAt < 5) return;
    shownAt = seconds();
    console.log(`${protocol}: ${done} of ${histories} histories in ${shownAt} s, ${wrong.length} failed`);
  });
  report(protocol, totals, seconds());
  for (const line of tellFailures(protocol, totals)) console.error(line);
  return totals.failed.length;
}

function report(protocol: (typeof protocols)[number], { histories: done, found, counts }: Totals, seconds: number): void {
  const { lost = 0, duplicated: seenTwice = 0, "ran-twice": ranTwice = 0, misdirected = 0, ...others } = found;
  const duplicated = seenTwice + ranTwice;
  console.log(`${protocol}: ${done} histories in ${seconds} s: ${lost} lost, ${duplicated} duplicated, ${misdirected} misdirected${Object.entries(others).map(([kind, times]) => `, ${times} ${kind}`).join("")}`);
  console.log(`  ${Object.entries(counts).map(([name, times]) => `${name} ${times}`).join(", ")}`);
}

function numberOf(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) refuse(`expected a whole number from 1 on, got "${text}"`, usage);
  return Number(text);
}
