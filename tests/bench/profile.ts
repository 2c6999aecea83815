import { readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** What V8's sampling profiler writes, as far as it is read here. */
export interface CpuProfile {
  nodes: readonly { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: readonly number[];
  /** µs before each sample. */
  timeDeltas: readonly number[];
}

/** Where the time of one process went. */
export interface Spent {
  /** Its first module. */
  process: string;
  ms: number;
  /** By function, most first; a share of the time in which it did anything. */
  functions: readonly { name: string; share: number }[];
}

const MOST_SHOWN = 15;

/** Reads every profile of a folder. */
export function readProfiles(folder: string, root: string): Spent[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".cpuprofile"));
  return files.map((name) => spentIn(JSON.parse(readFileSync(join(folder, name), "utf8")) as CpuProfile, root)).toSorted((a, b) => b.ms - a.ms);
}

export function spentIn({ nodes, samples, timeDeltas }: CpuProfile, root: string): Spent {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame, root)]));
  const spent = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? "";
    // The profiler's own words for a process that waits.
    if (name === "(idle)" || name === "(program)") continue;
    spent.set(name, (spent.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  }
  const busy = [...spent.values()].reduce((sum, us) => sum + us, 0);
  const functions = [...spent].map(([name, us]) => ({ name, share: us / busy })).toSorted((a, b) => b.share - a.share);
  const urls = nodes.map(({ callFrame }) => callFrame.url);
  const entry = urls.find((url) => /\/tests\/bench\/(?:run|load|serve)\.ts$/.test(url)) ?? urls.find((url) => url.startsWith("file:")) ?? "";
  return { process: basename(entry), ms: busy / 1000, functions };
}

export function renderProfile({ process: which, ms, functions }: Spent): string {
  return [`${which}, busy for ${Math.round(ms)} ms`, ...functions.slice(0, MOST_SHOWN).map(({ name, share }) => `${(share * 100).toFixed(1).padStart(6)} %  ${name}`)].join("\n");
}

function nameOf({ functionName, url, lineNumber }: CpuProfile["nodes"][number]["callFrame"], root: string): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  if (url === "") return name;
  const file = url.startsWith("file:") ? relative(root, fileURLToPath(url)) : url;
  return `${name}  ${file}:${lineNumber + 1}`;
}
