import { existsSync } from "node:fs";
import path from "node:path";
import { buildProtocol } from "./build.ts";
import { CompiledTypes } from "./compile.ts";
import { buildConfig } from "./config.ts";
import type { EmitContext } from "./emit/module.ts";
import { emitShared, emitters } from "./emit/index.ts";
import { checkDefaults, checkValues, findExamples, messageOfExample } from "./examples.ts";
import type { Config, Protocol } from "./ir.ts";
import { lintProtocol } from "./lint.ts";
import { type Loaded, loadDocument } from "./load.ts";
import { applyOutput, listFiles, type OutputPlan, type OutputScope, planOutput } from "./output.ts";
import { compareFindings, type Finding, type Sources } from "./source.ts";
import { readYaml } from "./yaml-source.ts";

export interface CodegenRequest {
  /** The folder whose file names are shown in what is generated. */
  readonly root: string;
  readonly documents: readonly string[];
  readonly out: string;
  /** Own documents are held to the strict rules and come with configuration and examples. */
  readonly own: boolean;
  readonly check: boolean;
}

export interface CodegenResult {
  readonly findings: readonly Finding[];
  readonly plan: OutputPlan;
  readonly protocols: readonly Protocol[];
  readonly files: number;
}

export const documentEnding = ".asyncapi.yaml";

/** The AsyncAPI documents of a folder, in the order in which they are read. */
export function findDocuments(folder: string): string[] {
  return listFiles(folder)
    .filter((file) => file.endsWith(documentEnding) && !file.includes("/"))
    .sort()
    .map((file) => path.join(folder, file));
}

/** Reads documents, emits everything, and writes it unless something is wrong or only a check was asked for. */
export async function runCodegen(request: CodegenRequest): Promise<CodegenResult> {
  const findings: Finding[] = [];
  const files = new Map(emitShared());
  const protocols: Protocol[] = [];
  for (const document of request.documents) {
    const loaded = await loadDocument(document, request.own);
    const protocol = readProtocol(request, loaded);
    findings.push(...loaded.sources.findings);
    if (!protocol || hasErrors(findings)) continue;
    protocols.push(protocol);
    for (const [file, text] of await emit(protocol, { strict: request.own })) files.set(file, text);
  }
  findings.sort(compareFindings);
  if (hasErrors(findings)) return { findings, plan: { write: [], remove: [] }, protocols, files: 0 };
  const plan = planOutput(files, scopeOf(request, protocols));
  if (!request.check) applyOutput(files, plan, request.out);
  return { findings, plan, protocols, files: files.size };
}

/** The model of a document, if there is one to be had. What is wrong goes to the findings of its sources. */
export function readProtocol(request: Pick<CodegenRequest, "root" | "own">, loaded: Loaded): Protocol | undefined {
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
  return { ...protocol, ...(config && { config }) };
}

function readConfig(sources: Sources, file: string, name: string, shownFile: string): Config | undefined {
  const before = sources.findings.length;
  readYaml(file, sources);
  if (sources.findings.length > before) return undefined;
  const config = buildConfig(sources, file, name, shownFile);
  if (config && sources.findings.length === before)
    checkDefaults(config.writtenDefaults, new CompiledTypes(config.input, { strict: true }, sources), sources);
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
function scopeOf(request: CodegenRequest, protocols: readonly Protocol[]): OutputScope {
  const names = protocols.map(({ name }) => `${name}/`);
  return { folder: request.out, owns: (file) => request.own || names.some((name) => file.startsWith(name)) };
}

function nameOf(document: string): string {
  return path.basename(document).replace(/(?:\.asyncapi)?\.(?:ya?ml|json)$/u, "");
}
