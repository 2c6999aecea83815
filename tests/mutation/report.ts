/** What the tool writes about one mutant. */
export interface Mutant {
  status: string;
  mutatorName: string;
  replacement?: string;
  statusReason?: string;
  location: { start: { line: number } };
}

export interface Outcome {
  files: Readonly<Record<string, { mutants: readonly Mutant[] }>>;
}

/** A run of one part, and the tree it was made of. */
export interface Run {
  part: string;
  commit: string;
  date: string;
  seconds: number;
  outcome: Outcome;
}

export interface Count {
  killed: number;
  timeout: number;
  survived: number;
  uncovered: number;
  ignored: number;
}

/** A mutant that does not end is noticed too; one that does not load says nothing. */
export function count(mutants: readonly Mutant[]): Count {
  const of = (status: string) => mutants.filter((mutant) => mutant.status === status).length;
  return { killed: of("Killed"), timeout: of("Timeout"), survived: of("Survived"), uncovered: of("NoCoverage"), ignored: of("Ignored") };
}

/** Undefined where there is nothing to break: a file of types. */
export function scoreOf({ killed, timeout, survived, uncovered }: Count): number | undefined {
  const all = killed + timeout + survived + uncovered;
  return all === 0 ? undefined : (100 * (killed + timeout)) / all;
}

const mutantsOf = ({ files }: Outcome) => Object.values(files).flatMap(({ mutants }) => mutants);

function row(name: string, mutants: readonly Mutant[]): string | undefined {
  const counted = count(mutants);
  const score = scoreOf(counted);
  const { killed, timeout, survived, uncovered, ignored } = counted;
  return score === undefined ? undefined : `| ${name} | ${score.toFixed(1)} % | ${killed} | ${timeout} | ${survived} | ${uncovered} | ${ignored} |`;
}

const head = ["Score | Killed | Never ended | Survived | Reached by no test | Left out", "--: | --: | --: | --: | --: | --:"];

/** `unmeasured`: parts of which there is no run. */
export function writeReport(runs: readonly Run[], unmeasured: readonly string[] = []): string {
  const ignored = runs.flatMap(({ outcome }) =>
    Object.entries(outcome.files).flatMap(([file, { mutants }]) =>
      mutants.filter(({ status }) => status === "Ignored").map(({ location, mutatorName, statusReason }) => `- \`${file}:${location.start.line}\` ${mutatorName}: ${statusReason ?? "no reason"}`),
    ),
  );
  const lines = [
    "# How much the tests notice",
    "",
    "Written by `npm run mutate`, not by hand. The pure parts are broken in one place at a time, and the tests of the part run",
    "until one of them fails. The score is the share of these mutants that was noticed. The seconds are those of the last run,",
    "which with `--incremental` tried only what a change had reached.",
    "",
    `| Part | ${head[0]} | Seconds | Commit | Date |`,
    `| --- | ${head[1]} | --: | --- | --- |`,
    ...runs.map(({ part, outcome, seconds, commit, date }) => `${row(part, mutantsOf(outcome)) ?? `| ${part} | | | | | |`} ${seconds} | ${commit} | ${date} |`),
    ...unmeasured.map((part) => `| ${part} | not measured | | | | | | | | |`),
    `${row(unmeasured.length === 0 ? "**all**" : "**all of these**", runs.flatMap(({ outcome }) => mutantsOf(outcome))) ?? "| **all** |"} ${runs.reduce((sum, { seconds }) => sum + seconds, 0)} | | |`,
    "",
    "## By file",
    "",
    `| File | ${head[0]} |`,
    `| --- | ${head[1]} |`,
    ...runs.flatMap(({ outcome }) => Object.entries(outcome.files).flatMap(([file, { mutants }]) => row(`\`${file}\``, mutants) ?? [])),
    "",
    "## Left out",
    "",
    ...(ignored.length === 0 ? ["Nothing."] : ignored),
    "",
  ];
  return lines.join("\n");
}
