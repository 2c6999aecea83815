import fc from "fast-check";
import { acceptedRanges, readClassPattern } from "./emit/character-class.ts";
import { formatNamed } from "./emit/formats.ts";
import type { Json, Node, ObjectShape, StringShape } from "./ir.ts";
import { expressionOf } from "./runtime/shapes.ts";

/** What values at the edges of a type are made from. */
export interface Edges {
  readonly types: ReadonlyMap<string, Node>;
  /** Text is made as long as it may be only up to this. */
  readonly longest: number;
}

const DEEPEST = 5;
const TRIES = 24;

/** Values at the edges of what a type allows, the fullest first; always the same ones. */
export function boundaryValues(type: string, most: number, edges: Edges, accepts: (value: Json) => boolean): Json[] {
  const node: Node = { kind: "ref", name: type, place: { file: "", path: [] } };
  const found = new Map<string, Json>();
  for (let index = 0; index < TRIES && found.size < most; index += 1) {
    const value = nth(node, index, 0, edges);
    if (value === undefined || !accepts(value)) continue;
    found.set(JSON.stringify(value), value);
  }
  return [...found.values()];
}

/** One value of a node, another one for each index as long as there are others; undefined where none is found. */
function nth(node: Node, index: number, depth: number, edges: Edges): Json | undefined {
  switch (node.kind) {
    case "never":
      return undefined;
    case "any":
      return pick<Json>(["text", 0, true, null, [], {}], index);
    case "null":
      return null;
    case "boolean":
      return index % 2 === 0;
    case "literal":
      return pick(node.values, index);
    case "string":
      return textOf(node, index, depth, edges);
    case "number":
      return numberOf(node, index);
    case "ref": {
      const target = edges.types.get(node.name);
      return target && nth(target, index, depth + 1, edges);
    }
    case "array":
      return arrayOf(node, index, depth, edges);
    case "tuple":
      return allOf(node.items.map((item) => nth(item, index, depth + 1, edges)));
    case "object":
      return objectOf(node, index, depth, edges);
    case "union":
      return branchOf(node, index, depth, edges);
  }
}

function pick<T>(items: readonly T[], index: number): T | undefined {
  return items[index % items.length];
}

function allOf(items: readonly (Json | undefined)[]): Json | undefined {
  const found = items.filter((item) => item !== undefined);
  return found.length === items.length ? found : undefined;
}

function textOf(node: StringShape, index: number, depth: number, edges: Edges): string | undefined {
  const { content, format, pattern, minLength = 0, maxLength = Infinity } = node;
  if (content !== undefined) {
    const target = edges.types.get(content);
    const said = target && nth(target, index, depth + 1, edges);
    return said === undefined ? undefined : JSON.stringify(said);
  }
  const formatted = formatNamed(format)?.edges;
  if (formatted) return pick(formatted, index);
  const simple = pattern === undefined ? undefined : readClassPattern(pattern);
  if (pattern !== undefined && !simple) return matching(pattern, minLength, maxLength, index);
  const [least, most] = [Math.max(minLength, simple?.least ?? 0), Math.min(maxLength, simple?.most ?? Infinity)];
  const usual = Math.min(Math.max(least, 4), most);
  const length = pick([usual, least, most <= edges.longest ? most : usual, usual], index) ?? usual;
  return written(letters(simple && acceptedRanges(simple), index), length);
}

/** The letters a text is made of: usual ones, now and then those that are easily got wrong. */
function letters(ranges: readonly (readonly [number, number])[] | undefined, index: number): string {
  if (!ranges) return index % 4 === 3 ? "é\u{1f600}\"\\" : "text";
  const points = ranges.flatMap(([first, last]) => [first, last]);
  const shown = points.filter((point) => point > 0x20 && point < 0x7f);
  return String.fromCodePoint(...(index % 4 === 3 || shown.length === 0 ? points : shown));
}

function written(letters: string, length: number): string {
  const points = Array.from(letters);
  return Array.from({ length }, (_, index) => points[index % points.length]).join("");
}

/** Texts of a pattern that is no character class; they are dear, and a type is asked for them again and again. */
const samples = new Map<string, readonly string[]>();

function matching(pattern: string, least: number, most: number, index: number): string | undefined {
  const texts = samples.get(pattern) ?? sampled(pattern);
  samples.set(pattern, texts);
  const fitting = texts.filter((text) => Array.from(text).length >= least && Array.from(text).length <= most);
  return pick(fitting, index);
}

/** None of an expression that fast-check cannot draw from. */
function sampled(pattern: string): readonly string[] {
  try {
    return fc.sample(fc.stringMatching(expressionOf(pattern)), { seed: 1, numRuns: 24 }).sort((a, b) => a.length - b.length);
  } catch {
    return [];
  }
}

function numberOf(node: Node & { kind: "number" }, index: number): number {
  const { integer, multipleOf = integer ? 1 : undefined } = node;
  const nudge = multipleOf ?? 0.5;
  const limit = integer ? Number.MAX_SAFE_INTEGER : 1e6 + 0.5;
  const lowest = Math.max(node.minimum ?? -limit, node.exclusiveMinimum === undefined ? -Infinity : node.exclusiveMinimum + nudge);
  const highest = Math.min(node.maximum ?? limit, node.exclusiveMaximum === undefined ? Infinity : node.exclusiveMaximum - nudge);
  const usual = Math.min(Math.max(lowest, 1), highest);
  const value = pick([usual, lowest, highest], index) ?? usual;
  if (multipleOf === undefined) return value;
  const rounded = (value === highest ? Math.floor(value / multipleOf) : Math.ceil(value / multipleOf)) * multipleOf;
  return rounded === 0 ? 0 : rounded;
}

function arrayOf(node: Node & { kind: "array" }, index: number, depth: number, edges: Edges): Json | undefined {
  const { minItems = 0, maxItems = Infinity, uniqueItems } = node;
  const usual = Math.min(Math.max(minItems, 1), maxItems);
  const most = maxItems <= 8 ? maxItems : Math.max(usual, minItems);
  const count = depth > DEEPEST ? minItems : (pick([usual, minItems, most], index) ?? usual);
  const items: Json[] = [];
  for (let offset = 0; items.length < count && offset < count + TRIES; offset += 1) {
    const item = nth(node.items, index + offset, depth + 1, edges);
    if (item === undefined) break;
    if (!uniqueItems || !items.some((other) => JSON.stringify(other) === JSON.stringify(item))) items.push(item);
  }
  return items.length < minItems ? undefined : items;
}

/** Everything at first, then only what must be there, then what may be there by turns. */
function objectOf(node: ObjectShape, index: number, depth: number, edges: Edges): Json | undefined {
  const entries: [string, Json][] = [];
  for (const [position, { name, required, node: property }] of node.properties.entries()) {
    // By turns of four, so that each of them meets every kind of edge that its own value has.
    const isWanted = depth <= DEEPEST && (index === 0 || (index > 1 && (Math.floor(index / 4) + position) % 2 === 0));
    if (!required && !isWanted) continue;
    const value = nth(property, index, depth + 1, edges);
    if (value === undefined && required) return undefined;
    if (value !== undefined) entries.push([name, value]);
  }
  const extra = node.openness === "explicit" && index % 2 === 0 && depth <= DEEPEST ? nth(node.extra, index, depth + 1, edges) : undefined;
  if (extra !== undefined) entries.push(["further", extra]);
  return Object.fromEntries(entries);
}

function branchOf(node: Node & { kind: "union" }, index: number, depth: number, edges: Edges): Json | undefined {
  const flat = node.branches.filter(({ kind }) => kind !== "ref" && kind !== "object" && kind !== "array" && kind !== "union");
  const branches = depth > DEEPEST && flat.length > 0 ? flat : node.branches;
  const branch = pick(branches, index);
  return branch && nth(branch, Math.floor(index / branches.length), depth + 1, edges);
}
