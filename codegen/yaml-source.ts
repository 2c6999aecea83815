import { readFileSync } from "node:fs";
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node as YamlNode,
  type Pair,
  parseDocument,
  type YAMLMap,
} from "yaml";
import type { Json, Path } from "./ir.ts";
import type { Position, Source, Sources } from "./source.ts";

/** Reads a YAML or JSON file of ours; anchors and merge keys are followed, for the data and for positions. */
export function readYaml(file: string, sources: Sources): void {
  const counter = new LineCounter();
  const document = parseDocument(readFileSync(file, "utf8"), { merge: true, lineCounter: counter, prettyErrors: false });
  const source = new YamlSource(file, document, counter);
  sources.add(source);
  // One fault in the YAML makes nonsense of all that follows.
  for (const fault of document.errors.slice(0, 1)) {
    sources.findings.push({
      severity: "error",
      file,
      position: source.positionAt(fault.pos[0]),
      message: fault.message.replaceAll(/\s+/gu, " "),
    });
  }
}

class YamlSource implements Source {
  readonly file: string;
  readonly data: Json;
  readonly #document: Document;
  readonly #counter: LineCounter;

  constructor(file: string, document: Document, counter: LineCounter) {
    this.file = file;
    this.#document = document;
    this.#counter = counter;
    this.data = document.errors.length > 0 ? null : (document.toJS({ maxAliasCount: -1 }) as Json);
  }

  positionAt(offset: number): Position {
    const { line, col } = this.#counter.linePos(offset);
    return { line, column: col };
  }

  /** The key of the last step, or the item itself in a list; of the closest step that is written out. */
  locate(path: Path): Position {
    let node: unknown = this.#document.contents;
    let offset = 0;
    for (const step of path) {
      const inner = this.#resolve(node);
      const found = isMap(inner) ? this.#pairOf(inner, step) : isSeq(inner) ? inner.items[Number(step)] : undefined;
      if (found === undefined) break;
      const isPair = isMap(inner);
      const at = (isPair ? (found as Pair).key : found) as YamlNode | null;
      offset = at?.range?.[0] ?? offset;
      node = isPair ? (found as Pair).value : found;
    }
    return this.positionAt(offset);
  }

  #resolve(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }

  #pairOf(map: YAMLMap, step: string | number): Pair | undefined {
    const own = map.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
    if (own) return own;
    for (const { key, value } of map.items) {
      if (!isScalar(key) || key.value !== "<<") continue;
      const merged = this.#resolve(value);
      const found = isMap(merged) ? this.#pairOf(merged, step) : undefined;
      if (found) return found;
    }
    return undefined;
  }
}
