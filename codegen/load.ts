import path from "node:path";
import { type Diagnostic, fromFile } from "@asyncapi/parser";
import type { Json, Path, Place } from "./ir.ts";
import { addMetaschema, metaschemaAddress } from "./metaschema.ts";
import { newParser } from "./parser.ts";
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
  let inventory: Inventory | undefined;
  const keep = (given: unknown): void => void (inventory = given as Inventory);
  const parsed = await fromFile(newParser(offline(asked), keep), file)
    .validate()
    .catch((error: unknown) => String(error instanceof Error ? error.message : error));
  if (typeof parsed === "string") {
    sources.error({ file, path: [] }, `cannot be read: ${parsed}`);
    return { file, sources };
  }
  if (inventory) {
    sources.add(sourceOf(inventory.document, file));
    for (const [name, document] of Object.entries(inventory.referencedDocuments)) {
      if (!/^https?:/u.test(name)) sources.add(sourceOf(document, name));
    }
  }
  if (reportPrototypes(sources)) return { file, sources };
  if (asked.some((remote) => remote.startsWith(metaschemaAddress))) addMetaschema(sources);
  for (const remote of asked.filter((each) => !each.startsWith(metaschemaAddress))) reportRef(sources, remote, `is on the network; documents are read from files only: save it beside the document and refer to that file`, "error");
  const reporting = { sources, root: file, inventory, isRemote: asked.length > 0 };
  const { faults, asides } = inventory && !own ? await sorted(file, inventory, parsed) : { faults: withoutNoise(parsed), asides: [] };
  for (const diagnostic of faults) reportDiagnostic({ ...reporting, severity: "error" }, diagnostic);
  for (const diagnostic of asides) reportDiagnostic({ ...reporting, severity: "warning" }, diagnostic);
  return { file, sources };
}

/** The faults that are still there without all of which nothing is generated; somebody else's document is not refused for the others. */
async function sorted(file: string, inventory: Inventory, diagnostics: readonly Diagnostic[]): Promise<{ faults: Diagnostic[]; asides: Diagnostic[] }> {
  const all = withoutNoise(diagnostics);
  // Of a document that is no YAML the rest says nothing.
  if (all.length === 0 || all.some(isSyntax)) return { faults: all, asides: [] };
  const keyOf = ({ code, path: at, message }: Diagnostic): string => JSON.stringify([code, at, message]);
  const again = await newParser(offline([]), () => undefined).validate(JSON.stringify(wireOnly(inventory.document.data)), { source: file });
  const left = withoutNoise(again).filter(({ message }) => !judgedByUs.test(message));
  const causes = left.filter(({ message }) => !taken.test(message));
  const faults = causes.length > 0 ? causes : left;
  const known = new Set(left.map(keyOf));
  return { faults, asides: all.filter((diagnostic) => !known.has(keyOf(diagnostic)) && !taken.test(diagnostic.message)) };
}

/** What is said of a whole message, or of where it stands, because a part of it is wrong. */
const taken = /required property "oneOf"|must match "(?:then|else)" schema|is not expected to be here|Referencing in this place/u;

/** Parameters are only shown, and which messages an operation has is looked at again. */
const judgedByUs = /^Channel's "parameters" object|^Operation message does not belong/u;

/** Reads nothing from the network, and notes what would have been read. */
function offline(asked: string[]) {
  return [denyNetwork("http", asked), denyNetwork("https", asked)];
}

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
  const syntax = errors.filter(isSyntax);
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
    const pointer = /'(#[^']*)' (?:does not exist|JSON pointer is invalid)/u.exec(text)?.[1];
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

function isSyntax({ code }: Diagnostic): boolean {
  return code === "parser";
}

function isError({ severity }: { severity: number }): boolean {
  return severity === 0;
}

function placeOf(root: string, inventory: Inventory | undefined, diagnostic: Diagnostic): Place {
  const found = inventory?.findAssociatedItemForPath(diagnostic.path, true);
  return found ? { file: found.document.source ?? root, path: found.path } : { file: root, path: diagnostic.path };
}

function tidyMessage(message: string): string {
  const text = message.replaceAll(/\s+/gu, " ").trim().replace(/\.$/u, "");
  // What broke the parser itself comes with a stack, which helps nobody here.
  const thrown = /^Error thrown during AsyncAPI document \w+\. Name: \w+, message: (.*?), stack: /u.exec(text)?.[1];
  return thrown === undefined ? text : `the AsyncAPI parser cannot read this document: ${thrown}`;
}

/** The parser takes the value of such a key for the prototype of what holds it; what it says after that helps nobody. */
function reportPrototypes(sources: Sources): boolean {
  const before = sources.findings.length;
  for (const file of sources.files()) {
    visitKeys(sources.at({ file, path: [] }), [], (key, _, at) => {
      if (key === "__proto__") sources.error({ file, path: at }, `the AsyncAPI parser cannot read a key named "__proto__"; name it otherwise`);
    });
  }
  return sources.findings.length > before;
}

/** Reports every `$ref` whose text ends like this; says whether there was one. */
function reportRef(sources: Sources, ending: string, message: string, severity: "error" | "warning"): boolean {
  let found = false;
  for (const file of sources.files()) {
    visitKeys(sources.at({ file, path: [] }), [], (key, ref, at) => {
      if (key !== "$ref" || typeof ref !== "string") return;
      if (!ref.endsWith(ending) && !ref.startsWith(`${ending}#`) && !ref.includes(`/${ending}#`)) return;
      found = true;
      // The parser knows nothing of addresses that schemas give themselves.
      const known = sources.ids.resolve({ file, path: at }, ref, (place) => sources.at(place));
      if (known && sources.at(known) !== undefined) return;
      const isPointer = !/#[^/]/u.test(ref);
      if (isPointer && sources.at(targetOf(sources, { file, path: at }, ref)) !== undefined) {
        sources.warn({ file, path: at }, `$ref "${ref}" writes the slash of a key as it is; in a pointer it is ~1`);
        return;
      }
      sources.report(isBesideTheWire(at) && !sources.own ? "warning" : severity, { file, path: at }, `$ref "${ref}" ${message}`);
    });
  }
  return found;
}

function visitKeys(data: Json | undefined, at: Path, visit: (key: string, value: Json, at: Path) => void): void {
  if (Array.isArray(data)) {
    for (const [index, item] of (data as readonly Json[]).entries()) visitKeys(item, [...at, index], visit);
  } else if (isObject(data)) {
    // All keys: of an object that has a "__proto__", the parser's data lists none.
    for (const key of Object.getOwnPropertyNames(data)) {
      visit(key, data[key] ?? null, [...at, key]);
      visitKeys(data[key], [...at, key], visit);
    }
  }
}
