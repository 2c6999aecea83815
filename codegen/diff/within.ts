import type { Json, Node, ObjectShape } from "../ir.ts";
import { nodeForProperty } from "../merge.ts";
import { codePoints } from "../runtime/runtime.ts";
import { isAtLeast, isAtMost, isMultipleWithin, isPatternWithin, lowerBound, upperBound } from "./bounds.ts";

/** The named types of one document. */
export type Types = ReadonlyMap<string, Node>;

/** Two documents, of which the second must accept what the first allows. */
export interface Pair {
  readonly from: Types;
  readonly to: Types;
}

export function resolve(node: Node, types: Types): Node {
  const target = node.kind === "ref" ? types.get(node.name) : undefined;
  return target ? resolve(target, types) : node;
}

/**
 * Whether every value of a node is one of another node, as far as that can be shown. Nobody is taken to send fields that
 * an open object leaves unsaid, unless the other object is closed.
 */
export function isWithin(a: Node, b: Node, pair: Pair, assumed: Assumed = []): boolean {
  const [from, to] = [resolve(a, pair.from), resolve(b, pair.to)];
  if (a.kind !== "ref" && b.kind !== "ref") return isResolvedWithin(from, to, pair, assumed);
  if (assumed.some((claim) => claim.from === from && claim.to === to)) return true;
  return isResolvedWithin(from, to, pair, [...assumed, { from, to }]);
}

/** What is being shown already, and holds as long as nothing refutes it: so recursion ends. */
type Assumed = readonly { readonly from: Node; readonly to: Node }[];

function isResolvedWithin(a: Node, b: Node, pair: Pair, assumed: Assumed): boolean {
  const inner = (x: Node, y: Node): boolean => isWithin(x, y, pair, assumed);
  if (a.kind === "never") return true;
  if (!isCheckedWithin(a, b)) return false;
  if (b.kind === "any") return true;
  if (a.kind === "union") return a.branches.every((branch) => inner(branch, b));
  if (b.kind === "union") return singlesOf(a).every((single) => b.branches.some((branch) => inner(single, branch)));
  if (a.kind === "literal") return a.values.every((value) => isAccepted(value, b));
  if (a.kind === "boolean" && b.kind === "literal") return b.values.includes(true) && b.values.includes(false);
  if (a.kind === "string" && b.kind === "string") return isStringWithin(a, b, pair, assumed);
  if (a.kind === "number" && b.kind === "number")
    return (
      (a.integer || !b.integer) &&
      isAtLeast(lowerBound(a), lowerBound(b)) &&
      isAtMost(upperBound(a), upperBound(b)) &&
      isMultipleWithin(a, b)
    );
  if (isList(a) && isList(b)) return isListWithin(a, b, inner);
  if (a.kind === "object" && b.kind === "object") return isObjectWithin(a, b, inner);
  return a.kind === b.kind && (a.kind === "null" || a.kind === "boolean");
}

/** Keywords without a shape are compared by their text: what the second demands, the first must demand as well. */
function isCheckedWithin(a: Node, b: Node): boolean {
  const written = new Set((a.checks ?? []).map((check) => JSON.stringify(check.written)));
  return (b.checks ?? []).every((check) => written.has(JSON.stringify(check.written)));
}

/** Literals and truth values one by one, each of which may be in a branch of its own. */
function singlesOf(node: Node): Node[] {
  if (node.kind === "boolean") return [true, false].map((value) => ({ kind: "literal", keyword: "const", values: [value], place: node.place }));
  return node.kind === "literal" ? node.values.map((value) => ({ ...node, values: [value] })) : [node];
}

function isAccepted(value: Json, node: Node): boolean {
  switch (node.kind) {
    case "literal":
      return node.values.some((other) => JSON.stringify(other) === JSON.stringify(value));
    case "string": {
      if (typeof value !== "string" || node.format !== undefined || node.content !== undefined) return false;
      const length = codePoints(value);
      const isMatch = node.pattern === undefined || new RegExp(node.pattern, "u").test(value);
      return isMatch && length >= (node.minLength ?? 0) && length <= (node.maxLength ?? Infinity);
    }
    case "number": {
      if (typeof value !== "number" || (node.integer && !Number.isInteger(value))) return false;
      const exactly = { value, excluded: false };
      const isMultiple = node.multipleOf === undefined || Number.isInteger(value / node.multipleOf);
      return isMultiple && isAtLeast(exactly, lowerBound(node)) && isAtMost(exactly, upperBound(node));
    }
    case "boolean":
      return typeof value === "boolean";
    case "null":
      return value === null;
    case "any":
    case "never":
    case "array":
    case "tuple":
    case "object":
    case "union":
    case "ref":
      return false;
  }
}

function isStringWithin(a: Node & { kind: "string" }, b: Node & { kind: "string" }, pair: Pair, assumed: Assumed): boolean {
  const isContentWithin =
    b.content === undefined ||
    (a.content !== undefined &&
      isWithin({ kind: "ref", name: a.content, place: a.place }, { kind: "ref", name: b.content, place: b.place }, pair, assumed));
  return (
    (a.minLength ?? 0) >= (b.minLength ?? 0) &&
    (a.maxLength ?? Infinity) <= (b.maxLength ?? Infinity) &&
    isPatternWithin(a.pattern, b.pattern) &&
    (b.format === undefined || a.format === b.format) &&
    isContentWithin
  );
}

type List = Node & { kind: "array" | "tuple" };
type Inner = (a: Node, b: Node) => boolean;

export function isList(node: Node): node is List {
  return node.kind === "array" || node.kind === "tuple";
}

/** What the item at an index must be; an index of -1 stands for all behind the first ones. */
export function itemOf(list: List, index: number): Node {
  if (list.kind === "array") return list.items;
  return (index === -1 ? undefined : list.items[index]) ?? list.rest;
}

function isListWithin(a: List, b: List, inner: Inner): boolean {
  const most = a.maxItems ?? Infinity;
  if ((a.minItems ?? 0) < (b.minItems ?? 0) || most > (b.maxItems ?? Infinity)) return false;
  if (b.kind === "array" && b.uniqueItems && !(a.kind === "array" && a.uniqueItems)) return false;
  const written = Math.max(a.kind === "tuple" ? a.items.length : 0, b.kind === "tuple" ? b.items.length : 0);
  const indexes = [...Array.from({ length: Math.min(written, most) }, (_, index) => index), ...(most > written ? [-1] : [])];
  return indexes.every((index) => inner(itemOf(a, index), itemOf(b, index)));
}

function isObjectWithin(a: ObjectShape, b: ObjectShape, inner: Inner): boolean {
  if ((a.minProperties ?? 0) < (b.minProperties ?? 0) || (a.maxProperties ?? Infinity) > (b.maxProperties ?? Infinity)) return false;
  const named = new Set([...a.properties, ...b.properties].map(({ name }) => name));
  const isEach = [...named].every((name) => {
    const theirs = b.properties.find((property) => property.name === name);
    if (theirs?.required && !a.properties.some((property) => property.name === name && property.required)) return false;
    return isPropertyWithin(name, a, b, inner);
  });
  return isEach && isRestWithin(a, b, inner) && b.patterns.every(([pattern, node]) => isPatternedWithin(pattern, node, a, inner));
}

/** Whether what one object allows under a name is what the other one does. */
export function isPropertyWithin(name: string, a: ObjectShape, b: ObjectShape, inner: Inner): boolean {
  const isSaid = a.properties.some((property) => property.name === name) || a.patterns.length > 0 || a.openness === "explicit";
  return !isSaid || inner(nodeForProperty(a, name), nodeForProperty(b, name));
}

/** Whether the fields that one object does not name may stand in the other one. */
export function isRestWithin(a: ObjectShape, b: ObjectShape, inner: Inner): boolean {
  const theirs = a.patterns.filter(([pattern]) => !b.patterns.some(([other]) => other === pattern));
  return inner(a.extra, b.extra) && theirs.every(([, node]) => inner(node, b.extra));
}

export function isPatternedWithin(pattern: string, node: Node, a: ObjectShape, inner: Inner): boolean {
  const own = a.patterns.find(([other]) => other === pattern);
  return own ? inner(own[1], node) : a.openness === "implicit" || inner(a.extra, node);
}
