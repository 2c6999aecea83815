import { readFileSync } from "node:fs";
import path from "node:path";
import type { Json } from "../ir.ts";
import { listFiles, readText } from "../output.ts";
import { documentEnding, findDocuments } from "../find-documents.ts";
import { type Comparison, compareDocuments, type Read, readDocument } from "./documents.ts";
import type { Draw } from "./experiment.ts";
import { comparisonAsJson, printComparison, type Shown, shownPath } from "./report.ts";
import { findBaseline, readRevision } from "./revision.ts";

export interface DiffRequest {
  readonly json: boolean;
  readonly revision: string | undefined;
  readonly files: { readonly old: string; readonly new: string } | undefined;
  readonly repository: string;
  readonly draw: Draw;
}

export interface DiffOutcome {
  readonly status: number;
  readonly text: string;
  readonly errors: readonly string[];
}

/** The documents of one name; one that is missing was added or deleted. */
interface DocumentPair {
  readonly name: string;
  readonly old: string | undefined;
  readonly now: string | undefined;
}

interface Plan {
  readonly pairs: readonly DocumentPair[];
  readonly shown: Shown;
  /** What is compared with what. */
  readonly title: string;
  /** Whether a break that is not announced is a fault. */
  readonly binding: boolean;
}

/** What is being done, in words, and whether it is done. */
type Progress = (line: string, isDone: boolean) => void;

/** Compares the documents and words the outcome; everything that is written goes into the folder. */
export async function runDiff(request: DiffRequest, folder: string, progress: Progress): Promise<DiffOutcome> {
  const plan = request.files ? planFiles(request.files) : planRevision(request, folder);
  if ("status" in plan) return plan;
  const comparisons: Comparison[] = [];
  for (const pair of plan.pairs) {
    const comparison = await comparePair(pair, plan, request.draw, path.join(folder, pair.name), progress);
    if (!comparison) continue;
    if (!("name" in comparison)) return { status: 2, text: "", errors: [...comparison, "spec:diff: a document cannot be read, so nothing was compared"] };
    comparisons.push(comparison);
  }
  return outcomeOf(request, plan, comparisons);
}

async function comparePair(
  { name, old, now }: DocumentPair,
  { shown }: Plan,
  draw: Draw,
  folder: string,
  progress: Progress,
): Promise<Comparison | readonly string[] | undefined> {
  if (old === undefined || now === undefined) return undefined;
  progress(`${name}: reading`, false);
  const is = await readDocument(now, name);
  // A document whose files are all the same need not be read twice.
  const was = "protocol" in is && isSameSources(is, shown) ? is : await readDocument(old, name);
  progress(`${name}: read`, true);
  if (!("protocol" in was) || !("protocol" in is)) return [was, is].flatMap((read) => ("protocol" in read ? [] : read));
  const tried = (done: number, total: number): void => progress(`${name}: ${done} of ${total} messages tried`, done === total);
  return compareDocuments(name, was, is, folder, { draw, progress: tried });
}

function isSameSources({ sources }: Read, { oldRoot, newRoot }: Shown): boolean {
  if (oldRoot === newRoot) return false;
  return sources.files().every((file) => readText(path.join(oldRoot, path.relative(newRoot, file))) === readText(file));
}

function planFiles({ old, new: now }: { readonly old: string; readonly new: string }): Plan {
  const name = path.basename(now).replace(/(?:\.asyncapi)?\.(?:ya?ml|json)$/u, "");
  const shown = { oldRoot: process.cwd(), newRoot: process.cwd(), oldName: "the older document" };
  const [from, to] = [old, now].map((file) => shownPath(process.cwd(), file));
  return { pairs: [{ name, old, now }], shown, title: `${to} against ${from}`, binding: true };
}

function planRevision({ repository, revision, json }: DiffRequest, folder: string): Plan | DiffOutcome {
  const baseline = findBaseline(repository, revision);
  if (baseline.is === "unknown") return { status: 2, text: "", errors: [`spec:diff: ${baseline.fault}`] };
  if (baseline.is === "nothing") {
    const said = `nothing to compare with: ${baseline.note}`;
    return { status: 0, text: json ? JSON.stringify({ against: null, note: said, documents: [] }) : `spec:diff: ${said}`, errors: [] };
  }
  const oldRoot = path.join(folder, "revision");
  if (!readRevision(repository, baseline.name, oldRoot)) return { status: 2, text: "", errors: [`spec:diff: ${baseline.name} has no folder spec/`] };
  const pairs = isSameTree(path.join(oldRoot, "spec"), path.join(repository, "spec")) ? [] : pairDocuments(oldRoot, repository);
  const note = baseline.note === undefined ? "" : ` (${baseline.note})`;
  const shown = { oldRoot, newRoot: repository, oldName: baseline.name };
  return { pairs, shown, title: `spec/ against ${baseline.name}${note}`, binding: baseline.released };
}

function isSameTree(old: string, now: string): boolean {
  const [before, after] = [listFiles(old).sort(), listFiles(now).sort()];
  return before.join("\n") === after.join("\n") && before.every((file) => readFileSync(path.join(old, file)).equals(readFileSync(path.join(now, file))));
}

function pairDocuments(oldRoot: string, newRoot: string): DocumentPair[] {
  const [old, now] = [oldRoot, newRoot].map((root) => new Map(findDocuments(path.join(root, "spec")).map((file) => [path.basename(file, documentEnding), file])));
  const names = [...new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])].sort();
  return names.map((name) => ({ name, old: old?.get(name), now: now?.get(name) }));
}

function outcomeOf({ json, draw }: DiffRequest, { pairs, shown, title, binding }: Plan, comparisons: readonly Comparison[]): DiffOutcome {
  const gone = pairs.filter(({ now }) => now === undefined).map(({ name }) => name);
  const added = pairs.filter(({ old }) => old === undefined).map(({ name }) => name);
  const isRefuted = comparisons.some(({ unexplained }) => unexplained.length > 0);
  const isBroken = gone.length > 0 || comparisons.some(({ breaking, announced }) => breaking > 0 && !announced);
  const status = isRefuted ? 2 : isBroken && binding ? 1 : 0;
  if (json) {
    const documents = comparisons.map((comparison) => comparisonAsJson(comparison, shown));
    const result: Json = { against: title, binding, seed: draw.seed, runs: draw.runs, gone, added, documents, status };
    return { status, text: JSON.stringify(result, undefined, 2), errors: [] };
  }
  const values = comparisons.reduce((sum, comparison) => sum + comparison.values, 0);
  const lines = [
    `spec:diff: ${title}${values > 0 ? `; seed ${draw.seed}, ${draw.runs} values per message and direction` : ""}`,
    ...(pairs.length === 0 ? ["no file of spec/ has changed"] : []),
    ...gone.map((name) => `${name}: breaking, the document is gone, and with it the protocol`),
    ...added.map((name) => `${name}: compatible, the document is new`),
    ...comparisons.map((comparison) => printComparison(comparison, shown)),
    ...(isBroken && !binding ? ["Nothing of this is a fault while there is no release."] : []),
  ];
  return { status, text: lines.join("\n"), errors: isRefuted ? ["spec:diff: the experiment refutes a verdict; that is a fault of spec:diff itself"] : [] };
}
