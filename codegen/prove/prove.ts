import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { emitShared } from "../emit/index.ts";
import { applyOutput, planOutput } from "../output.ts";
import { hasErrors, makeDocument } from "../run.ts";
import { formatFinding } from "../source.ts";
import { type Drawing, drawAll, type Generated } from "./draw.ts";
import { typeErrorsIn } from "./typecheck.ts";

/** What came of one document. */
export interface Proof {
  readonly document: string;
  /** Why nothing is generated: `file:line:column: reason`. */
  readonly refusals: readonly string[];
  /** Where the generator or what it generated gave up, which no document may make it do. */
  readonly crash?: string;
  readonly typeErrors: readonly string[];
  /** Messages that accept every value, so that nothing near them is wrong. */
  readonly unbreakable: readonly string[];
  readonly messages: number;
  readonly drawings: readonly Drawing[];
  readonly seconds: number;
}

export interface ProveRequest {
  readonly document: string;
  /** Values of each type, and near misses of each message. */
  readonly values: number;
  /** A folder of its own, in which everything is left. */
  readonly folder: string;
  readonly say: (step: string) => void;
}

const modules = path.resolve(import.meta.dirname, "../../node_modules");

type Found = Omit<Proof, "document" | "seconds">;

const nothing: Found = { refusals: [], typeErrors: [], unbreakable: [], messages: 0, drawings: [] };

/** Generates a document, checks the types, and draws from what was generated. */
export async function prove(request: ProveRequest): Promise<Proof> {
  const startedMs = performance.now();
  const found = await look(request).catch((error: unknown): Found => ({ ...nothing, crash: String(error instanceof Error ? error.stack : error) }));
  return { document: request.document, ...found, seconds: (performance.now() - startedMs) / 1000 };
}

async function look({ document, values, folder, say }: ProveRequest): Promise<Found> {
  say("generates");
  prepare(folder);
  const out = path.join(folder, "generated");
  const { sources, protocol, files } = await makeDocument({ root: path.dirname(document), own: false }, document);
  const { findings } = sources;
  if (hasErrors(findings) || !protocol) return { ...nothing, refusals: findings.filter(({ severity }) => severity === "error").map(formatFinding) };
  write(new Map([...emitShared(), ...files]), out);
  say("checks types");
  const typeErrors = await typeErrorsIn(folder);
  const generated = await load(path.join(out, protocol.name));
  const drawings: Drawing[] = [];
  const total = protocol.types.length + protocol.messages.length;
  for (const drawing of drawAll(protocol, generated, values)) {
    drawings.push(drawing);
    say(`${drawing.drawn} of ${drawing.of} drawn, ${drawings.length} of ${total}`);
  }
  const impossible = new Set(drawings.filter(({ isImpossible }) => isImpossible).map(({ of }) => of));
  const unbreakable = protocol.messages.filter(({ name, type }) => !Object.hasOwn(generated.nearMisses, name) && !impossible.has(type)).map(({ name }) => name);
  return { refusals: [], typeErrors, unbreakable, messages: protocol.messages.length, drawings };
}

/** What is generated finds fast-check where it always does: in a folder above. */
function prepare(folder: string): void {
  mkdirSync(folder, { recursive: true });
  symlinkSync(modules, path.join(folder, "node_modules"), "junction");
  writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }\n');
}

function write(files: ReadonlyMap<string, string>, folder: string): void {
  applyOutput(files, planOutput(files, { folder, owns: () => true }), folder);
}

async function load(folder: string): Promise<Generated> {
  const from = async (file: string): Promise<unknown> => import(pathToFileURL(path.join(folder, file)).href);
  const { arbitraries, nearMisses } = (await from("arbitraries.ts")) as Pick<Generated, "arbitraries" | "nearMisses">;
  return { arbitraries, nearMisses, validators: (await from("validators.ts")) as Generated["validators"] };
}

/** Whether everything is as it was predicted. */
export function isProven({ refusals, crash, typeErrors, drawings }: Proof): boolean {
  return crash === undefined && refusals.length + typeErrors.length === 0 && drawings.every(({ faults }) => faults.length === 0);
}
