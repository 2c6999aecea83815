import path from "node:path";
import { rolldown, type OutputChunk } from "rolldown";
import { entries } from "./metadata.ts";
import { bundlePage, packPage, pageFile } from "./page.ts";
import type { PluginPackage } from "./packages.ts";

export interface BundlePart {
  imports: readonly string[];
  /** Paths from the root of the workshop. */
  sources: readonly string[];
}

export interface Bundle {
  files: ReadonlyMap<string, string>;
  /** Files beside them that are no JavaScript. */
  assets: ReadonlyMap<string, Uint8Array>;
  /** Of each file: what it imports at once, and which sources are in it. */
  parts: ReadonlyMap<string, BundlePart>;
  /** Every import that leaves the package. */
  imports: readonly string[];
  /** Files of `node_modules` whose code is inside. */
  foreign: readonly string[];
}

/**
 * The host copies and checks a package file by file at each start, so what an entry always loads is one file. A command
 * that only asks what became of older names, or which fields are secrets, does not load the channel for it.
 */
const groups = [
  { name: "contract", test: /src\/channel\/(?:older-|doctor-contract|clawchat-secrets)/, priority: 1 },
  { name: "channel", tags: ["$initial" as const], test: /^(?!.*-contract-api\.ts$)/ },
];

/** Nothing of a package but the host and Node itself is looked up at run time. */
export async function bundle(root: string, row: PluginPackage): Promise<Bundle> {
  const build = await rolldown({
    cwd: root,
    input: Object.fromEntries(entries.map((entry) => [entry, `src/plugins/${row.folder}/${entry}.ts`])),
    external: /^openclaw(\/|$)/,
    platform: "node",
    onLog(_level, log) {
      throw new Error(`bundling ${row.name}: ${log.message}`);
    },
  });
  const { output } = await build.generate({
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    sourcemap: false,
    codeSplitting: { groups },
    // A gateway reads and compiles all of it anew at each start, and so does every command that asks about the channel.
    minify: true,
  });
  await build.close();
  const chunks = output.filter((part): part is OutputChunk => part.type === "chunk").toSorted((a, b) => (a.fileName < b.fileName ? -1 : 1));
  const own = new Set(chunks.map((chunk) => chunk.fileName));
  const page = row.hasPage ? await bundlePage(root) : undefined;
  return {
    files: new Map(chunks.map((chunk) => [chunk.fileName, chunk.code])),
    assets: new Map(page ? [[pageFile, await packPage(page.html)]] : []),
    parts: new Map(chunks.map((chunk) => [chunk.fileName, { imports: chunk.imports, sources: chunk.moduleIds.map((id) => path.relative(root, id).split(path.sep).join("/")) }])),
    imports: sortedSet(chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports]).filter((name) => !own.has(name))),
    foreign: sortedSet([...chunks.flatMap((chunk) => chunk.moduleIds).filter((id) => id.includes(`${path.sep}node_modules${path.sep}`)), ...(page?.foreign ?? [])]),
  };
}

function sortedSet(values: readonly string[]): string[] {
  return [...new Set(values)].toSorted();
}
