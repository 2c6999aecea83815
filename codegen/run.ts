import { existsSync } from "node:fs";
import path from "node:path";
import { buildProtocol } from "./build.ts";
import { CompiledTypes } from "./compile.ts";
import { buildConfig } from "./config.ts";
import type { EmitContext } from "./emit/module.ts";
import { emitShared, emitters } from "./emit/index.ts";
import { checkDefaults, checkValues, findExamples, messageOfExample, readIllustrations } from "./examples.ts";
import type { Config, Protocol } from "./ir.ts";
import { lintProtocol } from "./lint.ts";
import { type Loaded, loadDocument } from "./load.ts";
import { type Described, type DocumentResult, KnownDocuments } from "./known-documents.ts";
import { applyOutput, type OutputPlan, type OutputScope, planOutput, readText } from "./output.ts";
import { compareFindings, type Finding, type Sources } from "./source.ts";
import { readYaml } from "./yaml-source.ts";

export interface DocumentsRequest {
  /** The folder whose file names are shown in what is generated. */
  readonly root: string;
  readonly documents: readonly string[];
  /** Own documents are held to the strict rules and come with configuration and examples. */
  readonly own: boolean;
}

export interface CodegenRequest extends DocumentsRequest {
  readonly out: string;
  readonly check: boolean;
}

export interface CodegenResult {
  readonly findings: readonly Finding[];
  readonly plan: OutputPlan;
  readonly protocols: readonly Described[];
  readonly files: number;
}

export { findDocuments } from "./find-documents.ts";

/** What came of all documents together; no files where one of them is wrong. */
export interface Generated {
  readonly findings: readonly Finding[];
  readonly protocols: readonly Described[];
  readonly files: ReadonlyMap<string, string>;
}

/** Reads documents, emits everything, and writes it unless something is wrong or only a check was asked for. */
export async function runCodegen(request: CodegenRequest, readAll?: ReadDocuments): Promise<CodegenResult> {
  const { findings, protocols, files } = await generate(request, readAll);
  if (hasErrors(findings)) return { findings, plan: { write: [], remove: [] }, protocols, files: 0 };
  const plan = planOutput(files, scopeOf(request, protocols));
  if (!request.check) applyOutput(files, plan, request.out);
  return { findings, plan, protocols, files: files.size };
}

/** Everything that documents make, without looking at what is written already. */
export async function generate(request: DocumentsRequest, readAll = inTurn(new KnownDocuments())): Promise<Generated> {
  const results = await readAll(request);
  const findings = results.flatMap((result) => result.findings).sort(compareFindings);
  const protocols = results.flatMap(({ protocol }) => (protocol ? [protocol] : []));
  if (hasErrors(findings)) return { findings, protocols, files: new Map() };
  return { findings, protocols, files: new Map([...emitShared(), ...results.flatMap((result) => [...result.files])]) };
}

/** How the documents are gone through; what comes of each is in their order. */
export type ReadDocuments = (request: DocumentsRequest) => Promise<readonly DocumentResult[]>;

/** One document after the other; what came of one that has not changed since is taken as it is. */
export function inTurn(known: KnownDocuments): ReadDocuments {
  return async (request) => {
    const results: DocumentResult[] = [];
    for (const document of request.documents) results.push(await known.resultOf(document, () => runDocument(request, document)));
    return results;
  };
}

export async function runDocument(request: DocumentsRequest, document: string): Promise<DocumentResult> {
  const { sources, protocol, files } = await makeDocument(request, document);
  const beside = request.own ? besideOf(document) : [];
  const described = protocol && { name: protocol.name, messages: protocol.messages.length };
  const others = sources.files().filter((file) => !beside.includes(file));
  return { findings: sources.findings, protocol: described, files, inputs: [document, ...others, ...beside] };
}

/** The model of one document and what is generated from it: nothing where something is wrong. */
export async function makeDocument(
  request: Pick<DocumentsRequest, "root" | "own">,
  document: string,
): Promise<{ sources: Sources; protocol: Protocol | undefined; files: ReadonlyMap<string, string> }> {
  const loaded = await loadDocument(document, request.own);
  const { sources } = loaded;
  const protocol = readProtocol(request, loaded);
  const files = protocol && !hasErrors(sources.findings) ? await emit(protocol, { strict: request.own }) : new Map<string, string>();
  return { sources, protocol, files };
}

/** What is read for an own document beside what it refers to. */
function besideOf(document: string): string[] {
  const [folder, name] = [path.dirname(document), nameOf(document)];
  return [path.join(folder, "examples", name), path.join(folder, "config", `${name}.yaml`)];
}

/** The model of a document, if there is one to be had. What is wrong goes to the findings of its sources. */
export function readProtocol(request: Pick<DocumentsRequest, "root" | "own">, loaded: Loaded): Protocol | undefined {
  const { sources, file } = loaded;
  if (hasErrors(sources.findings)) return undefined;
  const name = nameOf(file);
  const display = (shown: string): string => path.relative(request.root, shown).split(path.sep).join("/");
  const protocol = buildProtocol(loaded, name, display);
  const examples = request.own ? findExamples(path.join(path.dirname(file), "examples", name)) : [];
  const illustrated = new Set(examples.map((example) => messageOfExample(protocol, example)?.name ?? ""));
  lintProtocol(loaded, protocol, illustrated);
  if (!hasErrors(sources.findings))
    checkValues(protocol, new CompiledTypes(protocol.types, { strict: request.own }, sources), examples, sources);
  const configFile = path.join(path.dirname(file), "config", `${name}.yaml`);
  const config = request.own && existsSync(configFile) ? readConfig(sources, configFile, name, display(configFile)) : undefined;
  const illustrations = hasErrors(sources.findings) ? undefined : readIllustrations(protocol, examples, sources);
  return { ...protocol, ...(illustrations && { illustrations }), ...(config && { config }) };
}

/** Settings that were read before, for a process that stays: it is the document that is edited again and again. */
const knownConfigs = new Map<string, { readonly text: string | undefined; readonly config: Config }>();

function readConfig(sources: Sources, file: string, name: string, shownFile: string): Config | undefined {
  const text = readText(file);
  const known = knownConfigs.get(file);
  if (known && known.text === text && known.config.source === shownFile) return known.config;
  const before = sources.findings.length;
  readYaml(file, sources);
  if (sources.findings.length > before) return undefined;
  const config = buildConfig(sources, file, name, shownFile);
  if (config && sources.findings.length === before)
    checkDefaults(config.writtenDefaults, new CompiledTypes(config.input, { strict: true }, sources), sources);
  if (config && sources.findings.length === before) knownConfigs.set(file, { text, config });
  return config;
}

export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === "error");
}

async function emit(protocol: Protocol, context: EmitContext): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const emitter of emitters) for (const [file, text] of await emitter(protocol, context)) files.set(file, text);
  return files;
}

/** `generated/` is ours alone; in a folder that somebody names only the document's own folder is. */
function scopeOf(request: CodegenRequest, protocols: readonly Described[]): OutputScope {
  const names = protocols.map(({ name }) => `${name}/`);
  return { folder: request.out, owns: (file) => request.own || names.some((name) => file.startsWith(name)) };
}

function nameOf(document: string): string {
  return path.basename(document).replace(/(?:\.asyncapi)?\.(?:ya?ml|json)$/u, "");
}
