import { enableCompileCache } from "node:module";
import path from "node:path";
import { parseArgs } from "node:util";
import { formatFinding } from "../source.ts";

const usage = `Usage: npm run docs [-- --out DIR]

Writes the reference of every AsyncAPI document of spec/ as a static site that needs no server and no network.
Nothing is written when a document is wrong.

  --out DIR     write there instead of dist/docs
  --help        show this
`;

const root = path.resolve(import.meta.dirname, "../..");

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === "string") {
    console.error(`docs: ${options}`);
    return 2;
  }
  if (options.help) {
    console.log(usage.trimEnd());
    return 0;
  }
  enableCompileCache();
  // The official rendering checks itself at every step otherwise.
  process.env["NODE_ENV"] ??= "production";
  const { findDocuments, hasErrors } = await import("../run.ts");
  const { buildSite } = await import("./site.ts");
  const { applyOutput, planOutput } = await import("../output.ts");
  const documents = findDocuments(path.join(root, "spec"));
  const { findings, files } = await buildSite({ root, documents, own: true, say: (line) => console.log(`docs: ${line}`) });
  for (const finding of findings) console.error(formatFinding(finding));
  if (hasErrors(findings)) {
    console.error("docs: the documents are wrong, nothing was written");
    return 1;
  }
  const folder = options.out === undefined ? path.join(root, "dist/docs") : path.resolve(options.out);
  const written = new Set(files.keys());
  applyOutput(files, planOutput(files, { folder, owns: (file) => options.out === undefined && !written.has(file) }), folder);
  const seconds = (performance.now() / 1000).toFixed(1);
  console.log(`docs: ${files.size} files in ${seconds} s; open ${path.relative(process.cwd(), path.join(folder, "index.html"))}`);
  return 0;
}

function readOptions(args: string[]): { readonly help: boolean; readonly out: string | undefined } | string {
  try {
    const { values } = parseArgs({ args, options: { help: { type: "boolean", short: "h" }, out: { type: "string" } } });
    return { help: values.help ?? false, out: values.out };
  } catch (error) {
    const [line] = String(error instanceof Error ? error.message : error).split(/(?<=')\.? /u);
    return `${line ?? "wrong arguments"}; --help lists what there is`;
  }
}
