/** What is measured: does all there is to do once with each of its inputs, and returns something of the results. */
export type Job = () => number;

/** What a job has to work on; a job is made once for each of them, so that nothing is measured but the work. */
export function over<Input>(inputs: readonly Input[], work: (input: Input) => number): Job {
  return () => {
    let sum = 0;
    for (const input of inputs) sum += work(input);
    return sum;
  };
}

/** The jobs of one case, by name. */
export type Jobs = Readonly<Record<string, Job>>;

const WARM_UP = 200;
/** Calls in one turn: short, so that neighbours in time have the same machine. */
const BATCH = 500;

/**
 * The time of each job in nanoseconds a call. The machine is not ours alone: the jobs of a case take turns, every
 * other round in reverse, so that whatever slows one down slows its neighbours too, and the quick quarter counts.
 */
export function measureRounds(cases: readonly { readonly jobs: Jobs; readonly calls: number }[], { rounds, tell }: { rounds: number; tell: (share: number) => void }): Record<string, number>[] {
  const times = cases.map(({ jobs }) => Object.keys(jobs).map((): number[] => []));
  for (let round = -1; round < rounds; round++) {
    for (const [index, { jobs, calls }] of cases.entries()) {
      const repeats = round < 0 ? WARM_UP : Math.max(1, Math.round(BATCH / calls));
      const order = [...Object.values(jobs).entries()];
      for (const [name, job] of round % 2 === 0 ? order : order.toReversed()) {
        const start = process.hrtime.bigint();
        for (let repeat = 0; repeat < repeats; repeat++) consume(job());
        const took = Number(process.hrtime.bigint() - start) / repeats / calls;
        if (round >= 0) times[index]?.[name]?.push(took);
      }
    }
    tell((round + 2) / (rounds + 1));
  }
  return cases.map(({ jobs }, index) => Object.fromEntries(Object.keys(jobs).map((name, at) => [name, lowerQuartile(times[index]?.[at] ?? [])])));
}

/** Of times that only ever get longer by what others do, the ones below which a quarter lies. */
export function lowerQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 2] ?? Number.NaN;
}

let consumed = 0;

/** A result that nobody reads may never have been computed. */
function consume(result: number): void {
  consumed += result;
  if (Number.isNaN(consumed)) throw new Error("a job returned no number");
}
