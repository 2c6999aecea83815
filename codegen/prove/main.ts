import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import type { Proof } from "./prove.ts";

const usage = `Usage: npm run prove -- DOCUMENT... [--values N]

Tries the generator on AsyncAPI documents, 2.x or 3.x, of anybody: generates each in a temporary folder, checks the types
as strictly as TypeScript can, draws values of every type and near misses of every message, and looks whether the
validators accept the values and refuse the near misses for the predicted keyword at the predicted place.

  --values N     values of each type and near misses of each message (1000)
  --keep         leave what was generated, and say where
  --help         show this

Exit code: 0 when everything is as predicted, 1 when something is not or a document is refused, 2 when the question is wrong.
`;

/** After so long without a line a log gets one. */
const QUIET_MS = 10_000;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === "string") {
    console.error(`prove: ${options}`);
    return 2;
  }
  if (options.help) {
    console.log(usage.trimEnd());
    return 0;
  }
  enableCompileCache();
  const folder = mkdtempSync(path.join(tmpdir(), "prove-"));
  try {
    return await proveAll(options, folder);
  } finally {
    if (options.keep) console.log(`prove: what was generated is in ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

async function proveAll({ documents, values }: Options, folder: string): Promise<number> {
  const { isProven, prove } = await import("./prove.ts");
  const { describeAll, describeProof } = await import("./report.ts");
  const proofs: Proof[] = [];
  for (const [index, document] of documents.entries()) {
    const shown = path.relative(process.cwd(), document);
    const say = progressOf(process.stderr, `prove: ${index + 1} of ${documents.length}, ${shown}: `);
    const proof = await prove({ document, values, folder: path.join(folder, String(index + 1)), say });
    say(undefined);
    console.log(describeProof(proof, shown));
    proofs.push(proof);
  }
  console.log(`prove: ${describeAll(proofs)}`);
  return proofs.every(isProven) ? 0 : 1;
}

/** One line that is written over in a terminal; in a log a line now and then. */
function progressOf(stream: NodeJS.WriteStream, head: string): (step: string | undefined) => void {
  let saidMs = performance.now();
  return (step) => {
    if (stream.isTTY) stream.write(`\r\u001b[K${step === undefined ? "" : `${head}${step}`}`);
    else if (step !== undefined && performance.now() - saidMs > QUIET_MS) {
      saidMs = performance.now();
      stream.write(`${head}${step}\n`);
    }
  };
}

interface Options {
  readonly help: boolean;
  readonly keep: boolean;
  readonly values: number;
  readonly documents: readonly string[];
}

function readOptions(args: string[]): Options | string {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { help: { type: "boolean", short: "h" }, keep: { type: "boolean" }, values: { type: "string" } },
    });
    const { help = false, keep = false, values: count = "1000" } = values;
    if (positionals.length === 0 && !help) return "name at least one AsyncAPI document; --help lists what there is";
    if (!/^[1-9]\d{0,5}$/u.test(count)) return `--values must be a whole number from 1 to 999999, not "${count}"`;
    const missing = positionals.find((document) => !existsSync(document));
    if (missing !== undefined) return `there is no file "${missing}"; name the AsyncAPI documents by their paths`;
    return { help, keep, values: Number(count), documents: positionals.map((document) => path.resolve(document)) };
  } catch (error) {
    const [line] = String(error instanceof Error ? error.message : error).split(/(?<=')\.? /u);
    return `${line ?? "wrong arguments"}; --help lists what there is`;
  }
}
