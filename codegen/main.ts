import { enableCompileCache } from "node:module";
import path from "node:path";
import { parseArgs } from "node:util";
import { formatFinding } from "./source.ts";

const usage = `Usage: npm run codegen -- [--check]
       npm run codegen -- --spec FILE --out DIR [--check]

Reads every AsyncAPI document of spec/ and writes types, validators, codecs, tables, arbitraries,
configuration and manifest parts to generated/. Nothing is written when a document is wrong.

  --check       write nothing; name the files that are out of date and exit with 1
  --spec FILE   read this AsyncAPI document (2.x or 3.x) instead
  --out DIR     write there instead
  --help        show this
`;

const root = path.resolve(import.meta.dirname, "..");

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
  const { findDocuments, hasErrors, runCodegen } = await import("./run.ts");
  const { spec, out, check } = options;
  const documents = spec === undefined ? findDocuments(path.join(root, "spec")) : [path.resolve(spec)];
  const { findings, plan, protocols, files } = await runCodegen({
    root: spec === undefined ? root : path.dirname(path.resolve(spec)),
    documents,
    out: out === undefined ? path.join(root, "generated") : path.resolve(out),
    own: spec === undefined,
    check,
  });
  for (const finding of findings) console.error(formatFinding(finding));
  if (hasErrors(findings)) {
    console.error(`codegen: ${count(findings.filter(({ severity }) => severity === "error").length, "error")}, nothing was written`);
    return 1;
  }
  const stale = [...plan.write, ...plan.remove];
  const seconds = (performance.now() / 1000).toFixed(1);
  if (check) {
    for (const file of stale) console.error(`out of date: ${file}`);
    console.log(
      `codegen: ${stale.length === 0 ? `${count(files, "file")} up to date` : `${count(stale.length, "file")} out of date`} in ${seconds} s`,
    );
    return stale.length === 0 ? 0 : 1;
  }
  const messages = protocols.reduce((sum, protocol) => sum + protocol.messages.length, 0);
  const written = `${count(plan.write.length, "file")} written, ${plan.remove.length} removed, ${files - plan.write.length} unchanged`;
  console.log(`codegen: ${count(protocols.length, "document")}, ${count(messages, "message")}; ${written} in ${seconds} s`);
  return 0;
}

interface Options {
  readonly help: boolean;
  readonly check: boolean;
  readonly spec: string | undefined;
  readonly out: string | undefined;
}

function readOptions(args: string[]): Options | string {
  try {
    const { values } = parseArgs({
      args,
      options: { help: { type: "boolean", short: "h" }, check: { type: "boolean" }, spec: { type: "string" }, out: { type: "string" } },
    });
    if ((values.spec === undefined) !== (values.out === undefined)) return "--spec and --out go together";
    return { help: values.help ?? false, check: values.check ?? false, spec: values.spec, out: values.out };
  } catch (error) {
    const [line] = String(error instanceof Error ? error.message : error).split(/(?<=')\.? /u);
    return `${line ?? "wrong arguments"}; --help lists what there is`;
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
