import { stat } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { build } from "./build.ts";
import { buildKit, kitName } from "./kit.ts";
import { packageNamed, packages } from "./packages.ts";

const usage = `Usage: npm run build -- [PACKAGE ...] [--force]

Builds and packs the published packages into dist/. Without names: ${[...packages.map((row) => row.name), kitName].join(", ")}.
--force builds even when nothing has changed.`;

const root = path.dirname(import.meta.dirname);

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { force: { type: "boolean" }, help: { type: "boolean", short: "h" } } });
  if (values.help) return console.log(usage);
  const rows = positionals.length > 0 ? positionals.filter((name) => name !== kitName).map(packageNamed) : packages;
  for (const row of rows) {
    const { tarball, bytes, fresh } = await build(root, row, { force: values.force ?? false });
    console.log(`${path.relative(root, tarball)}  ${(bytes / 1024).toFixed(1)} KiB${fresh ? "" : "  (unchanged)"}`);
  }
  if (positionals.length > 0 && !positionals.includes(kitName)) return;
  const tarball = await buildKit(root);
  console.log(`${path.relative(root, tarball)}  ${((await stat(tarball)).size / 1024).toFixed(1)} KiB`);
}

main().catch((cause: unknown) => {
  console.error(`build: ${cause instanceof Error ? cause.message : String(cause)}`);
  process.exitCode = 1;
});
