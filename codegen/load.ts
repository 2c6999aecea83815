import path from "node:path";
import { type Diagnostic, fromFile, Parser } from "@asyncapi/parser";
import type { Json, Path, Place } from "./ir.ts";
import { addMetaschema, metaschemaAddress } from "./metaschema.ts";
import { targetOf } from "./references.ts";
import { isObject, type Position, type Source, Sources, START } from "./source.ts";
import { isBesideTheWire, wireOnly } from "./wire-only.ts";

/** An AsyncAPI document as it was written, with the files it refers to. */
export interface Loaded {
  readonly file: string;
  readonly sources: Sources;
}

/** What we use of the parser's inventory of files, which is no public interface; a test asserts that it is there. */
export interface Inventory {
  readonly document: InventoryDocument;
  readonly referencedDocuments: Readonly<Record<string, InventoryDocument>>;
  findAssociatedItemForPath(path: Path, resolved: boolean): { document: InventoryDocument; path: Path } | null;
}

interface InventoryDocument {
  readonly source: string | null;
  readonly data: Json;
  getRangeForJsonPath(path: Path, closest: boolean): { start: { line: number; character: number } } | undefined;
}

/** Reads a document and everything it refers to. The findings are in `sources`. */
export async function loadDocument(file: string, own: boolean): Promise<Loaded> {
  const sources = new Sources(own);
  const asked: string[] = [];
  const parsed = await fromFile(newParser(asked), file)
    .parse()
    .catch((error: unknown) => String(error instanceof Error ? error.message : error));
  if (typeof parsed === "string") {
    sources.error({ file, path: [] }, `cannot be read: ${parsed}`);
    return { file, sources };
  }
  const inventory = inventoryOf(parsed.extras?.document);
  if (inventory) {
    sources.add(sourceOf(inventory.document, file));
    for (const [name, document] of Object.entries(inventory.referencedDocuments)) {
      if (!/^https?:/u.test(name)) sources.add(sourceOf(document, name));
    }
  }
  if (asked.some((remote) => remote.startsWith(metaschemaAddress))) addMetaschema(sources);
  for (const remote of asked.filter((each) => !each.startsWith(metaschemaAddress))) reportRef(sources, remote, `is on the network; documents are read from files only: save it beside the document and refer to that file`, "error");
  const reporting = { sources, root: file, inventory, isRemote: asked.length > 0 };
  const { faults, asides } = inventory && !own ? await sorted(file, inventory, parsed.diagnostics) : { faults: withoutNoise(parsed.diagnostics), asides: [] };
  for (const diagnostic of faults) reportDiagnostic({ ...reporting, severity: "error" }, diagnostic);
  for (const diagnostic of asides) reportDiagnostic({ ...reporting, severity: "warning" }, diagnostic);
  return { file, sources };
}

function newParser(asked: string[]): Parser {
  return new Parser({ __unstable: { resolver: { cache: false, resolvers: [denyNetwork("http", asked), denyNetwork("https", asked)] } } });
}

/** The faults that are still there without all of which nothing is generated; somebody else's document is not refused for the others. */
async function sorted(file: string, inventory: Inventory, diagnostics: readonly Diagnostic[]): Promise<{ faults: Diagnostic[]; asides: Diagnostic[] }> {
  if (!diagnostics.some(isError)) return { faults: [], asides: [] };
  const keyOf = ({ code, path: at, message }: Diagnostic): string => JSON.stringify([code, at, message]);
  const again = await newParser([]).parse(JSON.stringify(wireOnly(inventory.document.data)), { source: file });
  const left = withoutNoise(again.diagnostics).filter(({ message }) => !judgedByUs.test(message));
  const causes = left.filter(({ message }) => !taken.test(message));
  const faults = causes.length > 0 ? causes : left;
  const known = new Set(left.map(keyOf));
  return { faults, asides: withoutNoise(diagnostics).filter((diagnostic) => !known.has(keyOf(diagnostic)) && !taken.test(diagnostic.message)) };
}

/** What is said of a whole message, or of where it stands, because a part of it is wrong. */
const taken = /required property "oneOf"|must match "(?:then|else)" schema|is not expected to be here|Referencing in this place/u;

/** Parameters are only shown, and which messages an operation has is looked at again. */
const judgedByUs = /^Channel's "parameters" object|^Operation message does not belong/u;

function denyNetwork(schema: string, asked: string[]) {
  return {
    schema,
    order: 1,
    canRead: true,
    read: (uri: unknown): string => {
      asked.push(String(uri));
      return "{}";
    },
  };
}

export function inventoryOf(document: unknown): Inventory | undefined {
  return (document as { __documentInventory?: Inventory } | undefined)?.__documentInventory;
}

function sourceOf(document: InventoryDocument, file: string): Source {
  return { file, data: document.data, locate: (at) => positionOf(document, at) };
}

function positionOf(document: InventoryDocument, at: Path): Position {
  const range = document.getRangeForJsonPath(at, true);
  return range ? { line: range.start.line + 1, column: range.start.character + 1 } : START;
}

/**
 * The parser's style advice is not ours; it repeats a fault in a payload as a fault of everything around it, and
 * after the first fault in the YAML itself nothing it says can be trusted.
 */
function withoutNoise(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const errors = diagnostics.filter(isError);
  const syntax = errors.filter(({ code }) => code === "parser");
  if (syntax.length > 0) return syntax.filter(({ source }, index) => syntax.findIndex((other) => other.source === source) === index);
  return errors.filter((diagnostic) => {
    if (!/must match "(?:else|then)" schema/u.test(diagnostic.message)) return true;
    return !errors.some(
      (other) => other.path.length > diagnostic.path.length && diagnostic.path.every((step, index) => step === other.path[index]),
    );
  });
}

interface Reporting {
  readonly sources: Sources;
  readonly root: string;
  readonly inventory: Inventory | undefined;
  readonly isRemote: boolean;
  readonly severity: "error" | "warning";
}

function reportDiagnostic({ sources, root, inventory, isRemote, severity }: Reporting, diagnostic: Diagnostic): void {
  const text = tidyMessage(diagnostic.message);
  if (diagnostic.code === "invalid-ref") {
    // Refused network references resolve to nothing, which is reported once already.
    if (isRemote && /does not exist/u.test(text)) return;
    const missing = /ENOENT.*'([^']+)'/u.exec(text)?.[1];
    const pointer = /'(#[^']*)' does not exist/u.exec(text)?.[1];
    if (missing !== undefined && reportRef(sources, path.basename(missing), "names a file that does not exist", severity)) return;
    if (pointer !== undefined && reportRef(sources, pointer, "points at nothing", severity)) return;
  }
  const place = placeOf(root, inventory, diagnostic);
  // What stands for a refused network reference is our own making.
  if (/^https?:/u.test(place.file)) return;
  if (place.path.length > 0 || text.startsWith("Object must have")) {
    if (isBesideTheWire(place.path)) sources.complain(place, text);
    else sources.report(severity, place, text);
    return;
  }
  const position = { line: diagnostic.range.start.line + 1, column: diagnostic.range.start.character + 1 };
  sources.findings.push({ severity, file: diagnostic.source ?? root, position, message: text });
}

function isError({ severity }: { severity: number }): boolean {
  return severity === 0;
}

function placeOf(root: string, inventory: Inventory | undefined, diagnostic: Diagnostic): Place {
  const found = inventory?.findAssociatedItemForPath(diagnostic.path, true);
  return found ? { file: found.document.source ?? root, path: found.path } : { file: root, path: diagnostic.path };
}

function tidyMessage(message: string): string {
  return message.replaceAll(/\s+/gu, " ").trim().replace(/\.$/u, "");
}

/** Reports every `$ref` whose text ends like this; says whether there was one. */
function reportRef(sources: Sources, ending: string, message: string, severity: "error" | "warning"): boolean {
  let found = false;
  for (const file of sources.files()) {
    visitRefs(sources.at({ file, path: [] }), [], (ref, at) => {
      if (!ref.endsWith(ending) && !ref.startsWith(`${ending}#`) && !ref.includes(`/${ending}#`)) return;
      found = true;
      // The parser knows nothing of addresses that schemas give themselves.
      const known = sources.ids.resolve({ file, path: at }, ref, (place) => sources.at(place));
      if (known && sources.at(known) !== undefined) return;
      if (sources.at(targetOf(sources, { file, path: at }, ref)) !== undefined) {
        sources.warn({ file, path: at }, `$ref "${ref}" writes the slash of a key as it is; in a pointer it is ~1`);
        return;
      }
      sources.report(isBesideTheWire(at) && !sources.own ? "warning" : severity, { file, path: at }, `$ref "${ref}" ${message}`);
    });
  }
  return found;
}

function visitRefs(data: Json | undefined, at: Path, visit: (ref: string, at: Path) => void): void {
  if (Array.isArray(data)) {
    for (const [index, item] of (data as readonly Json[]).entries()) visitRefs(item, [...at, index], visit);
  } else if (isObject(data)) {
    for (const [key, value] of Object.entries(data)) {
      if (key === "$ref" && typeof value === "string") visit(value, [...at, key]);
      else visitRefs(value, [...at, key], visit);
    }
  }
}
