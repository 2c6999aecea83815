import { enableCompileCache } from "node:module";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { findDocuments } from "./find-documents.ts";
import type { KnownDocuments } from "./known-documents.ts";
import { recall, remember, type Remembered } from "./memory.ts";
import { listFiles } from "./output.ts";
import { progress } from "./progress.ts";
import { formatFinding } from "./source.ts";
import { inThreads } from "./threads.ts";

const usage = `Usage: npm run codegen -- [--check | --watch | --sizes]
       npm run codegen -- --spec FILE --out DIR [--check | --watch]

Reads every AsyncAPI document of spec/ and writes types, validators, codecs, tables, arbitraries,
configuration and manifest parts to generated/. Nothing is written when a document is wrong.

  --check       write nothing; name the files that are out of date and exit with 1
  --watch       stay, and write what changes when a document does
  --sizes       generate nothing; print how many bytes the validator of each message adds to a bundle
  --spec FILE   read this AsyncAPI document (2.x or 3.x) instead
  --out DIR     write there instead
  --help        show this
`;

const root = path.resolve(import.meta.dirname, "..");

/** Everything that decides what is generated from our own documents. */
const remembered: Remembered = {
  inputs: ["spec", "codegen", "package-lock.json"].map((name) => path.join(root, name)),
  out: path.join(root, "generated"),
  file: path.join(root, "node_modules/.cache/clawwire/codegen.json"),
};

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === "string") {
    console.error(`codegen: ${options}`);
    return 2;
  }
  if (options.help) {
    console.log(usage.trimEnd());
    return 0;
  }
  // Parsing the parsers takes longer than all else; their code is remembered from run to run.
  enableCompileCache();
  if (options.watch) return watchSpec(options);
  if (options.sizes) return reportSizes(options);
  return generate(options);
}

function requestOf({ spec, out, check }: Pick<Options, "spec" | "out" | "check">) {
  return {
    root: spec === undefined ? root : path.dirname(path.resolve(spec)),
    documents: spec === undefined ? findDocuments(path.join(root, "spec")) : [path.resolve(spec)],
    out: out === undefined ? path.join(root, "generated") : path.resolve(out),
    own: spec === undefined,
    check,
  };
}

/** One run over the documents; `known` are those of earlier runs of this process. */
async function generate({ spec, out, check }: Options, known?: KnownDocuments): Promise<number> {
  const startedMs = known ? performance.now() : 0;
  const secondsSoFar = (): string => ((performance.now() - startedMs) / 1000).toFixed(1);
  // Who watches wants the next change fast, so the first run warms everything up.
  const unchanged = spec === undefined && !known ? recall(remembered) : undefined;
  if (unchanged !== undefined) {
    console.log(`codegen: nothing has changed; ${count(unchanged, "file")} up to date in ${secondsSoFar()} s`);
    return 0;
  }
  const request = requestOf({ spec, out, check });
  const { documents } = request;
  // Who watches runs again here, where everything stays warm.
  const say = (done: number): void => progress(`codegen: ${done} of ${count(documents.length, "document")}`);
  const inTheirThreads = known ? undefined : inThreads(request, { done: say });
  if (!known) say(0);
  const { hasErrors, inTurn, runCodegen } = await import("./run.ts");
  const { findings, plan, protocols, files } = await runCodegen(request, known ? inTurn(known) : inTheirThreads);
  progress("");
  for (const finding of findings) console.error(formatFinding(finding));
  if (hasErrors(findings)) {
    console.error(`codegen: ${count(findings.filter(({ severity }) => severity === "error").length, "error")}, nothing was written`);
    return 1;
  }
  const stale = [...plan.write, ...plan.remove];
  // A warning is to be seen again in every run.
  if (spec === undefined && findings.length === 0 && (!check || stale.length === 0)) remember(remembered, files);
  if (check) {
    for (const file of stale) console.error(`out of date: ${file}`);
    const state = stale.length === 0 ? `${count(files, "file")} up to date` : `${count(stale.length, "file")} out of date`;
    console.log(`codegen: ${state} in ${secondsSoFar()} s`);
    return stale.length === 0 ? 0 : 1;
  }
  const messages = protocols.reduce((sum, protocol) => sum + protocol.messages, 0);
  const written = `${count(plan.write.length, "file")} written, ${plan.remove.length} removed, ${files - plan.write.length} unchanged`;
  console.log(`codegen: ${count(protocols.length, "document")}, ${count(messages, "message")}; ${written} in ${secondsSoFar()} s`);
  return 0;
}

/** Generates after every change until Ctrl-C. A mistake is said, and the next change looked at. */
async function watchSpec(options: Options): Promise<number> {
  const { KnownDocuments } = await import("./known-documents.ts");
  const { watchFolder } = await import("./watch.ts");
  const known = new KnownDocuments();
  const folder = options.spec === undefined ? path.join(root, "spec") : path.dirname(path.resolve(options.spec));
  const ended = new AbortController();
  process.once("SIGINT", () => ended.abort());
  console.log(`codegen: watching ${path.relative(process.cwd(), folder) || "."}; Ctrl-C ends it`);
  let isWarm = false;
  const run = async (): Promise<void> => {
    await generate(options, known);
    if (isWarm) return;
    isWarm = true;
    // What has run twice runs twice as fast, and so does the first edit.
    const { generate: make } = await import("./run.ts");
    await make(requestOf(options));
  };
  await watchFolder({ folder, run, signal: ended.signal });
  return 0;
}

/** Bundles what is generated already, message by message, and prints each protocol as soon as it is measured. */
async function reportSizes({ out }: Options): Promise<number> {
  const { printSizes, sizesOf } = await import("./sizes.ts");
  const folder = out === undefined ? path.join(root, "generated") : path.resolve(out);
  const protocols = listFiles(folder).filter((file) => file.endsWith("/validators.ts")).map((file) => path.dirname(file)).sort();
  for (const protocol of protocols) {
    console.log(printSizes(protocol, await sizesOf(path.join(folder, protocol))));
  }
  if (protocols.length > 0) return 0;
  console.error(`codegen: there are no validators in ${path.relative(process.cwd(), folder) || "."}; generate them first`);
  return 1;
}

interface Options {
  readonly help: boolean;
  readonly check: boolean;
  readonly sizes: boolean;
  readonly watch: boolean;
  readonly spec: string | undefined;
  readonly out: string | undefined;
}

function readOptions(args: string[]): Options | string {
  try {
    const { values } = parseArgs({
      args,
      options: { help: { type: "boolean", short: "h" }, check: { type: "boolean" }, sizes: { type: "boolean" }, watch: { type: "boolean", short: "w" }, spec: { type: "string" }, out: { type: "string" } },
    });
    if (!values.sizes && (values.spec === undefined) !== (values.out === undefined)) return "--spec and --out go together";
    if (values.check && values.watch) return "--check looks once, --watch writes; use one of the two";
    return { help: values.help ?? false, check: values.check ?? false, sizes: values.sizes ?? false, watch: values.watch ?? false, spec: values.spec, out: values.out };
  } catch (error) {
    const [line] = String(error instanceof Error ? error.message : error).split(/(?<=')\.? /u);
    return `${line ?? "wrong arguments"}; --help lists what there is`;
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
