import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { findExamples, messageOfExample } from "../examples.ts";
import type { Json, Protocol } from "../ir.ts";
import { type Loaded, loadDocument } from "../load.ts";
import { listFiles } from "../output.ts";
import { hasErrors, readProtocol } from "../run.ts";
import { compareFindings, type Finding } from "../source.ts";
import { bundleDocument } from "./bundle.ts";
import { printHome } from "./home.ts";
import { createModel, type ExampleText, type Material, type Model } from "./model.ts";
import { officialAssets, renderOfficial } from "./official.ts";
import { bundleFile, officialFile, printReference } from "./page.ts";
import { type Conversation, readConversation, readRules } from "./rules.ts";
import { pageOf, printSearchIndex } from "./search.ts";

export interface SiteRequest {
  /** The folder whose file names are shown. */
  readonly root: string;
  readonly documents: readonly string[];
  /** Own documents come with rules, examples and configuration. */
  readonly own: boolean;
  /** Told what is being done, one line for each step. */
  readonly say?: (line: string) => void;
}

export interface Site {
  readonly findings: readonly Finding[];
  readonly models: readonly Model[];
  /** Nothing where a document is wrong. */
  readonly files: ReadonlyMap<string, string>;
}

/** Reads documents and makes all files of their pages. */
export async function buildSite({ root, documents, own, say = () => undefined }: SiteRequest): Promise<Site> {
  const findings: Finding[] = [];
  const read: { readonly model: Model; readonly loaded: Loaded }[] = [];
  for (const document of documents) {
    say(`reading ${path.basename(document)}`);
    const loaded = await loadDocument(document, own);
    const protocol = readProtocol({ root, own }, loaded);
    findings.push(...loaded.sources.findings);
    if (protocol) read.push({ model: createModel(readMaterial(protocol, document)), loaded });
  }
  findings.sort(compareFindings);
  const models = read.map(({ model }) => model);
  if (hasErrors(findings)) return { findings, models, files: new Map() };
  const files = new Map([...readAssets(), ...officialAssets(), ["index.html", printHome(models)], ["search.js", printSearchIndex(models)]]);
  for (const { model, loaded } of read) {
    say(`writing ${pageOf(model)}`);
    const { sources, file } = loaded;
    const bundle = bundleDocument(sources, file, model.protocol.types) ?? readFileSync(file, "utf8");
    files.set(pageOf(model), printReference(model, models));
    files.set(bundleFile(model), bundle);
    const { name, title } = model.protocol;
    const official = await renderOfficial({ name, title, document: bundle, reference: pageOf(model) });
    files.set(officialFile(model), official.html).set(`${name}.asyncapi.js`, official.script);
  }
  return { findings, models, files };
}

function readAssets(): [string, string][] {
  const folder = path.join(import.meta.dirname, "assets");
  return listFiles(folder).sort().map((file) => [file, readFileSync(path.join(folder, file), "utf8")]);
}

/** What lies beside a document: `rules/<name>.md` and `examples/<name>/`. */
function readMaterial(protocol: Protocol, document: string): Material {
  const folder = path.dirname(document);
  const rulesFile = path.join(folder, "rules", `${protocol.name}.md`);
  const examples = path.join(folder, "examples", protocol.name);
  return {
    protocol,
    rules: readRules(existsSync(rulesFile) ? readFileSync(rulesFile, "utf8") : undefined),
    conversations: readConversations(examples),
    examples: readExamples(protocol, examples),
  };
}

const conversationEnding = ".conversation.jsonl";

function readConversations(folder: string): Conversation[] {
  const files = listFiles(folder).filter((file) => file.endsWith(conversationEnding)).sort();
  return files.map((file) => readConversation(file.slice(0, -conversationEnding.length), readFileSync(path.join(folder, file), "utf8")));
}

function readExamples(protocol: Protocol, folder: string): ExampleText[] {
  return findExamples(folder).flatMap((example) => {
    const message = messageOfExample(protocol, example);
    const [, name = ""] = path.basename(example.file, ".json").split(/\.(.*)/su);
    return message ? [{ message: message.name, name, value: JSON.parse(readFileSync(example.file, "utf8")) as Json }] : [];
  });
}
