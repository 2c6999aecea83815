import { codePoints } from "./runtime/runtime.ts";
import type { Check, Doc, Json, Node, NumberShape, ObjectShape, Place, Property, Shape, StringShape, TupleShape, UnionShape } from "./ir.ts";

/** How `meet` looks behind references and reports what no value can satisfy. */
export interface MeetContext {
  resolve(name: string): Node;
  fail(place: Place, message: string): void;
}

export const NEVER = { kind: "never" } as const;

export function isUnconstrained(node: Node): boolean {
  return node.kind === "any";
}

/** The node that accepts what both accept. Where they disagree on wording, the second wins. */
export function meet(a: Node, b: Node, context: MeetContext): Node {
  const doc = meetDocs(a, b);
  if (a.kind === "any") return { ...b, ...doc, ...(b.untyped && { untyped: true }) };
  if (b.kind === "any") return { ...a, ...doc, ...(a.untyped && { untyped: true }) };
  if (a.kind === "ref" && b.kind === "ref" && a.name === b.name) return { ...a, ...doc };
  const shape = meetShapes(a, b, context);
  if (shape.kind === "never" && a.kind !== "never" && b.kind !== "never") {
    context.fail(b.place, `no value can satisfy this: ${nounOf(a)} and ${nounOf(b)} at once`);
  }
  return { ...shape, ...doc };
}

function meetShapes(a: Node, b: Node, context: MeetContext): Shape & Pick<Doc, "remnant"> {
  const quiet: MeetContext = { ...context, fail: () => undefined };
  if (a.kind === "ref" && addsNothing(b, a.name, context)) return stripDoc(a);
  if (b.kind === "ref" && addsNothing(a, b.name, context)) return stripDoc(b);
  if (a.kind === "ref") return stripDoc(meet(context.resolve(a.name), b, context));
  if (b.kind === "ref") return stripDoc(meet(a, context.resolve(b.name), context));
  if (a.kind === "never" || b.kind === "never") return NEVER;
  if (a.kind === "union" && b.kind === "union" && textOfShape(a) === textOfShape(b)) return stripDoc(b);
  if (a.kind === "union" || b.kind === "union") {
    const [union, other] = a.kind === "union" ? [a, b] : [b as Node & { kind: "union" }, a];
    const branches = union.branches
      .map((branch) => keepWording(meet(other, branch, quiet), branch))
      .filter((branch) => branch.kind !== "never");
    if (branches.length === 0) return NEVER;
    return branches.length === 1 && branches[0]
      ? { ...stripDoc(branches[0]), remnant: { mode: union.mode, ...narrowedBy(union, other, quiet) } }
      : { ...unionParts(union), branches, narrowed: narrowedBy(union, other, quiet) };
  }
  if (a.kind === "literal" || b.kind === "literal") {
    const [literal, other] = a.kind === "literal" ? [a, b] : [b as Node & { kind: "literal" }, a];
    const values = literal.values.filter((value) => accepts(other, value));
    return values.length === 0 ? NEVER : { kind: "literal", keyword: literal.keyword, values };
  }
  if (a.kind === "string" && b.kind === "string") return meetStrings(a, b);
  if (a.kind === "number" && b.kind === "number") return meetNumbers(a, b);
  if (a.kind === "object" && b.kind === "object") return meetObjects(a, b, quiet);
  if (a.kind === "array" && b.kind === "array") {
    return {
      kind: "array",
      items: meet(a.items, b.items, quiet),
      ...defined({ minItems: highest(a.minItems, b.minItems), maxItems: lowest(a.maxItems, b.maxItems) }),
      ...((a.uniqueItems || b.uniqueItems) && { uniqueItems: true }),
    };
  }
  const [left, right] = [asTuple(a), asTuple(b)];
  if (left && right) return meetTuples(left, right, quiet);
  return a.kind === b.kind ? stripDoc(b) : NEVER;
}

/** What a node accepts, whatever is written around it. */
function textOfShape(node: Node): string {
  const said = new Set(["place", "title", "description", "deprecated", "default", "remnant", "narrowed"]);
  return JSON.stringify(node, (key, value: unknown) => (said.has(key) ? undefined : value));
}

function unionParts({ mode, tag }: UnionShape): Pick<UnionShape, "mode" | "tag"> & { kind: "union" } {
  return { kind: "union", mode, ...(tag !== undefined && { tag }) };
}

function narrowedBy(union: Node & UnionShape, other: Node, context: MeetContext): NonNullable<UnionShape["narrowed"]> {
  const { narrowed } = union;
  return narrowed ? { base: meet(narrowed.base, other, context), branches: narrowed.branches } : { base: other, branches: union.branches };
}

/** `type: object` beside a reference to an object: the reference keeps its name. */
function addsNothing(node: Node, type: string, context: MeetContext): boolean {
  if (node.checks || !isPlain(node)) return false;
  const target = context.resolve(type);
  return target.kind === node.kind || (target.kind === "union" && target.branches.every((branch) => branch.kind === node.kind));
}

function isPlain(node: Node): boolean {
  if (node.kind === "object")
    return (
      node.properties.length === 0 &&
      node.patterns.length === 0 &&
      node.openness === "implicit" &&
      node.minProperties === undefined &&
      node.maxProperties === undefined
    );
  if (node.kind === "string")
    return node.minLength === undefined && node.maxLength === undefined && node.pattern === undefined && node.format === undefined;
  return node.kind === "boolean" || node.kind === "null";
}

/** A list of one type is a list of no first items. */
function asTuple(node: Node): TupleShape | undefined {
  if (node.kind === "tuple") return node;
  if (node.kind !== "array") return undefined;
  const { items, minItems = 0, maxItems } = node;
  return { kind: "tuple", items: [], rest: items, minItems, ...defined({ maxItems }) };
}

function meetTuples(a: TupleShape, b: TupleShape, context: MeetContext): TupleShape {
  const length = Math.max(a.items.length, b.items.length);
  return {
    kind: "tuple",
    items: Array.from({ length }, (_, index) => meet(a.items[index] ?? a.rest, b.items[index] ?? b.rest, context)),
    rest: meet(a.rest, b.rest, context),
    minItems: Math.max(a.minItems, b.minItems),
    ...defined({ maxItems: lowest(a.maxItems, b.maxItems) }),
  };
}

function meetStrings(a: StringShape, b: StringShape): StringShape {
  return {
    kind: "string",
    ...defined({
      minLength: highest(a.minLength, b.minLength),
      maxLength: lowest(a.maxLength, b.maxLength),
      pattern: b.pattern ?? a.pattern,
      format: b.format ?? a.format,
      content: b.content ?? a.content,
    }),
  };
}

function meetNumbers(a: NumberShape, b: NumberShape): NumberShape {
  return {
    kind: "number",
    integer: a.integer || b.integer,
    ...defined({
      minimum: highest(a.minimum, b.minimum),
      maximum: lowest(a.maximum, b.maximum),
      exclusiveMinimum: highest(a.exclusiveMinimum, b.exclusiveMinimum),
      exclusiveMaximum: lowest(a.exclusiveMaximum, b.exclusiveMaximum),
      multipleOf: b.multipleOf ?? a.multipleOf,
    }),
  };
}

function meetObjects(a: ObjectShape, b: ObjectShape, context: MeetContext): Shape {
  const names = new Set([...a.properties, ...b.properties].map((property) => property.name));
  const properties: Property[] = [];
  for (const name of names) {
    const required = [a, b].some((shape) => shape.properties.some((property) => property.name === name && property.required));
    const node = meet(nodeForProperty(a, name), nodeForProperty(b, name), context);
    if (node.kind === "never" && required) return NEVER;
    properties.push({ name, required, node });
  }
  const extra = meet(a.extra, b.extra, context);
  const drawnFrom = a.names && b.names ? meet(a.names, b.names, context) : (a.names ?? b.names);
  return {
    kind: "object",
    properties: extra.kind === "never" ? properties.filter(({ node }) => node.kind !== "never") : properties,
    extra,
    openness: a.openness === "explicit" ? "explicit" : b.openness,
    patterns: [...a.patterns, ...b.patterns],
    ...(drawnFrom && { names: drawnFrom }),
    ...defined({ minProperties: highest(a.minProperties, b.minProperties), maxProperties: lowest(a.maxProperties, b.maxProperties) }),
  };
}

/** What an object says about the property of this name, written out or not. */
export function nodeForProperty(shape: ObjectShape, name: string): Node {
  return shape.properties.find((candidate) => candidate.name === name)?.node ?? unnamedNode(shape, name);
}

/** What an object says about a property that it does not write out. */
export function unnamedNode(shape: Pick<ObjectShape, "patterns" | "extra">, name: string): Node {
  const pattern = shape.patterns.find(([source]) => matches(source, name));
  return pattern ? pattern[1] : shape.extra;
}

export function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return false;
  }
}

/** Whether a literal can belong to a node, by its outer shape. */
function accepts(node: Node, value: Json): boolean {
  switch (node.kind) {
    case "literal":
      return node.values.some((other) => JSON.stringify(other) === JSON.stringify(value));
    case "string":
      if (typeof value !== "string" || (node.pattern !== undefined && !matches(node.pattern, value))) return false;
      return codePoints(value) >= (node.minLength ?? 0) && codePoints(value) <= (node.maxLength ?? Infinity);
    case "number":
      if (typeof value !== "number" || (node.integer && !Number.isInteger(value))) return false;
      return value >= (node.minimum ?? -Infinity) && value <= (node.maximum ?? Infinity);
    case "boolean":
      return typeof value === "boolean";
    case "null":
      return value === null;
    case "array":
    case "tuple":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "never":
      return false;
    case "any":
    case "union":
    case "ref":
      return true;
  }
}

function meetDocs(a: Doc, b: Doc): Doc {
  const checks: Check[] = [...(a.checks ?? []), ...(b.checks ?? [])];
  return {
    place: b.place,
    ...defined({ title: b.title ?? a.title, description: b.description ?? a.description, default: b.default ?? a.default }),
    ...((a.deprecated || b.deprecated) && { deprecated: true }),
    ...(a.untyped && b.untyped && { untyped: true }),
    ...(checks.length > 0 && { checks: checks.filter((check, index) => checks.indexOf(check) === index) }),
  };
}

function keepWording(node: Node, branch: Node): Node {
  const { title: _title, description: _description, ...rest } = node;
  return { ...rest, ...defined({ title: branch.title, description: branch.description }) };
}

function stripDoc(node: Node): Shape {
  const {
    place: _place,
    title: _title,
    description: _description,
    deprecated: _deprecated,
    default: _default,
    checks: _checks,
    untyped: _untyped,
    variants: _variants,
    ...shape
  } = node;
  return shape;
}

function nounOf(node: Node): string {
  if (node.kind === "literal") return node.values.map((value) => JSON.stringify(value)).join(" or ");
  if (node.kind === "ref") return `"${node.name}"`;
  return `${node.kind === "array" || node.kind === "object" || node.kind === "any" ? "an" : "a"} ${node.kind}`;
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Defined<T>;
}

function highest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.max(a, b);
}

function lowest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b);
}
