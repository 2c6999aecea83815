import { describeFootprint } from "./footprint.ts";
import { forgetLog, type KillsOptions, liveThroughKills } from "./kills.ts";

/** Kills a gateway and prints how that goes. Ctrl-C ends the kills, not the judgement. Returns the exit code. */
export async function tellKills({ seed, kills }: Omit<KillsOptions, "progress">): Promise<number> {
  const began = performance.now();
  const minutes = (): string => ((performance.now() - began) / 60_000).toFixed(1);
  console.log(`gateway: starting one with four channels, to kill it ${kills} times (seed ${seed})`);
  const abort = new AbortController();
  process.once("SIGINT", () => {
    console.log("gateway: it is not killed again; what is left is answered and judged");
    abort.abort();
  });
  const outcome = await liveThroughKills({
    seed,
    kills,
    signal: abort.signal,
    progress({ kills: done, moment, said, answered, findings }) {
      const wrong = findings.map(({ kind, id, text }) => `\n  ${kind}: ${id} ${text}`).join("");
      console.log(`gateway: kill ${done} of ${kills} after ${minutes()} min, ${moment}: ${said} messages, ${answered} answered, ${findings.length} findings${wrong}`);
    },
  });
  const { findings, counts, first, last, log } = outcome;
  const of = (...kinds: string[]): number => findings.filter(({ kind }) => kinds.includes(kind)).length;
  console.log(`gateway: ${counts["killed"] ?? 0} kills in ${minutes()} min: ${of("lost")} lost, ${of("duplicated", "ran-twice")} duplicated, ${of("misdirected")} misdirected, ${of("disordered", "garbled", "failed", "early", "unadmitted", "forbidden")} others`);
  console.log(`  ${Object.entries(counts).map(([name, times]) => `${name} ${times}`).join(", ")}`);
  console.log(`  the gateway at rest in its first life: ${describeFootprint(first)}; in its last: ${describeFootprint(last)}`);
  if (findings.length === 0) {
    forgetLog(outcome);
    return 0;
  }
  for (const { kind, id, text } of findings) console.error(`${kind}: ${id} ${text}`);
  console.error(`what happened: ${log}\nthe same moments again: npm run test:fault -- --gateway --kills ${kills} --seed ${seed}`);
  return 1;
}
