import { enableCompileCache } from "node:module";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { progress } from "../progress.ts";

const usage = `Usage: npm run goldens [-- --check]

Writes anew what is expected of every document in codegen/fixtures/: all that is generated from it, and
all that is said of it. A change of the generator is reviewed as the difference of these files.

  --check   write nothing; name the files that are out of date and exit with 1
  --help    show this
`;

const fixtures = path.resolve(import.meta.dirname, "../fixtures");

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === "string") {
    console.error(`goldens: ${options}`);
    return 2;
  }
  if (options.help) {
    console.log(usage.trimEnd());
    return 0;
  }
  enableCompileCache();
  const { findGoldens, makeGolden, planGoldens, writeGoldens } = await import("./goldens.ts");
  const goldens = findGoldens(fixtures);
  const files = new Map<string, string>();
  for (const [index, golden] of goldens.entries()) {
    progress(`goldens: ${index + 1} of ${goldens.length}, ${golden.name}`);
    for (const [file, text] of await makeGolden(fixtures, golden)) files.set(file, text);
  }
  progress("");
  const plan = planGoldens(fixtures, files);
  const stale = [...plan.write, ...plan.remove];
  for (const file of stale) console.log(`${options.check ? "out of date" : plan.remove.includes(file) ? "removed" : "written"}: ${file}`);
  if (!options.check) writeGoldens(fixtures, files, plan);
  console.log(`goldens: ${goldens.length} documents, ${files.size} files, ${stale.length} ${options.check ? "out of date" : "changed"}`);
  return options.check && stale.length > 0 ? 1 : 0;
}

function readOptions(args: string[]): { readonly check: boolean; readonly help: boolean } | string {
  try {
    const { values } = parseArgs({ args, options: { check: { type: "boolean" }, help: { type: "boolean", short: "h" } } });
    return { check: values.check ?? false, help: values.help ?? false };
  } catch (error) {
    const [line] = String(error instanceof Error ? error.message : error).split(/(?<=')\.? /u);
    return `${line ?? "wrong arguments"}; --help lists what there is`;
  }
}
