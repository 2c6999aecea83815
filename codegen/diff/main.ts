import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { enableCompileCache } from "node:module";

const usage = `Usage: npm run spec:diff -- [REV] [--runs N] [--seed N] [--json]
       npm run spec:diff -- --old FILE --new FILE [--runs N] [--seed N] [--json]

Says which changes of spec/ since a git revision break a peer that has not changed, by direction, and tries it:
values of the older document must pass the newer validators where we receive, and the other way round where we send.
Without REV it is the newest release (a tag like v1.2.3).

  --runs N           values drawn per message and direction, beside those at its bounds (300)
  --seed N           of what is drawn (1)
  --json             the result for programs
  --old FILE         compare two documents without git: the older one
  --new FILE         and the newer one
  --repository DIR   compare the spec/ of this repository
  --help             show this

Exit code: 0 when nothing breaks, or when info.version announces it (a new major version, below 1.0.0 a new minor one);
1 when something breaks unannounced; 2 when something is wrong with the question, a document, or the verdicts.
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === "string") {
    console.error(`spec:diff: ${options}`);
    return 2;
  }
  if (options.help) {
    console.log(usage.trimEnd());
    return 0;
  }
  enableCompileCache();
  const { runDiff } = await import("./run.ts");
  const folder = mkdtempSync(path.join(tmpdir(), "spec-diff-"));
  try {
    const { status, text, errors } = await runDiff(options, folder, progressOf(process.stderr));
    for (const line of errors) console.error(line);
    if (text !== "") console.log(text);
    return status;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One line that is written over in a terminal; in a log only what is done. */
function progressOf(stream: NodeJS.WriteStream): (line: string, isDone: boolean) => void {
  return (line, isDone) => {
    if (stream.isTTY) stream.write(`\r\u001b[K${isDone ? "" : `spec:diff: ${line}`}`);
    else if (isDone) stream.write(`spec:diff: ${line}\n`);
  };
}

interface Options {
  readonly help: boolean;
  readonly json: boolean;
  readonly revision: string | undefined;
  readonly files: { readonly old: string; readonly new: string } | undefined;
  readonly repository: string;
  readonly draw: { readonly runs: number; readonly seed: number };
}

function readOptions(args: string[]): Options | string {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        json: { type: "boolean" },
        old: { type: "string" },
        new: { type: "string" },
        runs: { type: "string" },
        seed: { type: "string" },
        repository: { type: "string" },
      },
    });
    const { help = false, json = false, old, runs = "300", seed = "1", repository } = values;
    if ((old === undefined) !== (values.new === undefined)) return "--old and --new go together";
    if (positionals.length > (old === undefined ? 1 : 0)) return "one revision at most, and none beside --old and --new; --help lists what there is";
    if (!/^\d+$/u.test(runs) || Number(runs) > 100_000) return `--runs must be a whole number up to 100000, not "${runs}"`;
    if (!/^\d{1,9}$/u.test(seed)) return `--seed must be a whole number of at most nine digits, not "${seed}"`;
    const files = old === undefined || values.new === undefined ? undefined : { old: path.resolve(old), new: path.resolve(values.new) };
    const home = repository === undefined ? path.resolve(import.meta.dirname, "../..") : path.resolve(repository);
    return { help, json, revision: positionals[0], files, repository: home, draw: { runs: Number(runs), seed: Number(seed) } };
  } catch (error) {
    const [line] = String(error instanceof Error ? error.message : error).split(/(?<=')\.? /u);
    return `${line ?? "wrong arguments"}; --help lists what there is`;
  }
}
