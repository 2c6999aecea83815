import fc from "fast-check";
import { StructureKind } from "ts-morph";
import { refsOf } from "../graph.ts";
import type { Json, NamedType, Node, ObjectShape, Property, Protocol, StringShape } from "../ir.ts";
import { expressionOf } from "../runtime/shapes.ts";
import { acceptedRanges, readClassPattern } from "./character-class.ts";
import { formatNamed } from "./formats.ts";
import { header, importOf, literalKey, printConstant, printLiteral, printModule, propertyAccess, propertyKey } from "./module.ts";
import { toShape } from "./shapes.ts";

/** Prints fast-check arbitraries of valid values for every type, and of near misses for every message. */
export function printArbitraries(protocol: Protocol): string {
  const printer = new ArbitraryPrinter(protocol.types);
  const tied = protocol.types.map(({ name, node }) => `  ${name}: ${printer.printNamed(name, node)},\n`).join("");
  const missesOf = (type: string): string => `nearMissesOf(shapes, ${JSON.stringify(type)}, ${propertyAccess("arbitraries", type)})`;
  const types = new Map(protocol.types.map(({ name, node }) => [name, node]));
  const misses = protocol.messages
    .filter(({ type }) => isBreakable({ kind: "ref", name: type }, types))
    .map(({ name, type }) => `  ${name}: ${protocol.contentFields.has(type) ? printContentMisses(protocol, type, missesOf) : missesOf(type)},\n`)
    .join("");
  const shapes = Object.fromEntries(protocol.types.map(({ name, node }) => [name, toShape(node)]));
  const helpers = ["accepted", "characters", "exclusively", "finite", "json", "items", "jsonText", "list", "none", "present", "text", "withExtras", "withPatterns"].filter((name) =>
    new RegExp(`\\b${name}[(<]`, "u").test(tied),
  );
  // fast-check wants a type that has an implicit index signature, which no interface has.
  const typeMap = `\ntype Types = {\n${protocol.types.map(({ name }) => `  ${name}: ${name};\n`).join("")}};`;
  const statements = [
    typeMap,
    printConstant("arbitraries", `fc.letrec<Types>((${tied.includes("tie(") ? "tie" : ""}) => ({\n${tied}}))`, "Valid values, by type."),
    printConstant("shapes", `${printLiteral(shapes)} satisfies Shapes`, "What the near misses are made from."),
    printConstant("nearMisses", `{\n${misses}}`, "Values with exactly one constraint broken, by message."),
  ];
  const text = printModule([
    { kind: StructureKind.ImportDeclaration, moduleSpecifier: "fast-check", defaultImport: "fc" },
    ...importOf("../near-misses.ts", ["nearMissesOf", "nearMissesWithin"].filter((name) => misses.includes(`${name}(`))),
    { kind: StructureKind.ImportDeclaration, isTypeOnly: true, moduleSpecifier: "../shapes.ts", namedImports: ["Shapes"] },
    ...importOf("../values.ts", helpers),
    ...importOf("./codec.ts", [...printer.filtered].sort().map((name) => `validate${name}`)),
    ...importOf("./types.ts", protocol.types.map(({ name }) => name).sort(), { isTypeOnly: true }),
    ...statements,
  ]);
  return `${header(protocol.sources)}\n${text.trim()}\n`;
}

/** Whether a value of a type can be made wrong at all, and one of it be had. */
function isBreakable(node: Pick<Node, "kind"> & { name?: string }, types: ReadonlyMap<string, Node>): boolean {
  const found = node.kind === "ref" ? types.get(node.name ?? "") : (node as Node);
  if (!found) return false;
  switch (found.kind) {
    case "any":
    case "never":
      return false;
    case "ref":
      return isBreakable(found, types);
    case "object":
      return !found.untyped || found.properties.length > 0 || found.extra.kind !== "any" || found.patterns.length > 0;
    case "array":
    case "tuple":
    case "string":
    case "number":
    case "literal":
    case "union":
    case "null":
    case "boolean":
      return true;
  }
}

/** Near misses of a message, and messages whose text says a near miss of one of the things it can say. */
function printContentMisses(protocol: Protocol, type: string, missesOf: (type: string) => string): string {
  const within = (protocol.contentFields.get(type) ?? []).map(({ field, type: held }) => {
    const union = protocol.contents.find((content) => content.type === held);
    const tag = union?.dispatch.by === "tag" ? union.dispatch.tag : "";
    const branches = (union?.branches ?? []).map((branch) => `${literalKey(branch)}: ${missesOf(branch)}`).join(", ");
    return `, { field: ${JSON.stringify(field)}, tag: ${JSON.stringify(tag)}, misses: { ${branches} } }`;
  });
  return `nearMissesWithin(${propertyAccess("arbitraries", type)}, ${missesOf(type)}${within.join("")})`;
}

/** How deep a value is, counted over everything that may hold its like. */
const NESTED = '"nesting"';
const OPTION = `{ nil: undefined, freq: 2, depthIdentifier: ${NESTED}, depthSize: "small", maxDepth: 4 }`;

class ArbitraryPrinter {
  /** Types whose values the validator has to judge, for keywords that are not generated for. */
  readonly filtered = new Set<string>();
  readonly #types: ReadonlyMap<string, NamedType>;

  constructor(types: readonly NamedType[]) {
    this.#types = new Map(types.map((type) => [type.name, type]));
  }

  printNamed(name: string, node: Node): string {
    const text = this.#print(node, "  ", name);
    if (!needsFilter(node)) return text;
    this.filtered.add(name);
    return `accepted<${name}>(${text}, validate${name})`;
  }

  #print(node: Node, indent: string, holder: string): string {
    const plain = this.#printShape(node, indent, holder);
    if (!node.variants) return plain;
    return `fc.oneof({ withCrossShrink: true }, ${[plain, ...node.variants.map((variant) => this.#print(variant, indent, holder))].join(", ")})`;
  }

  #printShape(node: Node, indent: string, holder: string): string {
    switch (node.kind) {
      case "any":
        return "json()";
      case "never":
        return "none()";
      case "null":
        return "fc.constant(null)";
      case "boolean":
        return "fc.boolean()";
      case "literal":
        return printLiterals(node.values);
      case "string":
        return printString(node);
      case "number":
        return printNumber(node);
      case "ref":
        return `tie(${JSON.stringify(node.name)})`;
      case "array":
        return this.#printArray(node, indent, holder);
      case "tuple":
        return this.#printTuple(node, indent, holder);
      case "union":
        return this.#printUnion(node, indent, holder);
      case "object":
        return this.#printObject(node, indent, holder);
    }
  }

  #printArray(node: Node & { kind: "array" }, indent: string, holder: string): string {
    const options = optionsText({
      minLength: node.minItems,
      maxLength: this.#isImpossible(node.items) ? 0 : node.maxItems,
      depthIdentifier: this.#isRecursive(holder) ? NESTED : undefined,
    });
    const items = this.#print(node.items, indent, holder);
    if ((node.minItems ?? 0) > (node.maxItems ?? Infinity)) return "none()";
    return node.uniqueItems
      ? `fc.uniqueArray(${items}, ${optionsText({ minLength: node.minItems, maxLength: node.maxItems, selector: "(item) => JSON.stringify(item)" })})`
      : `list(${items}, ${options})`;
  }

  #printTuple(node: Node & { kind: "tuple" }, indent: string, holder: string): string {
    const { minItems, maxItems = Infinity, rest } = node;
    const impossible = node.items.findIndex((item) => this.#isImpossible(item));
    const most = Math.min(maxItems, impossible === -1 ? node.items.length : impossible);
    const items = node.items.slice(0, most).map((item) => this.#print(item, indent, holder));
    const isOpen = most === node.items.length && maxItems > most && !this.#isImpossible(rest);
    if (!isOpen && minItems >= most) return `fc.tuple(${items.join(", ")})`;
    const more = optionsText({ minLength: Math.max(0, minItems - most) || undefined, maxLength: maxItems === Infinity ? undefined : maxItems - most });
    return `items([${items.join(", ")}], ${Math.min(minItems, most)}${isOpen ? `, list(${this.#print(rest, indent, holder)}, ${more})` : ""})`;
  }

  #printUnion(node: Node & { kind: "union" }, indent: string, holder: string): string {
    const possible = node.branches.filter((branch) => !this.#isImpossible(branch));
    if (possible.length === 0) return "none()";
    const branches = possible.map((branch) => ({
      text: this.#print(branch, indent, holder),
      deep: branch.kind === "ref" ? this.#isRecursive(branch.name) : branch.kind === "array" || branch.kind === "object",
    }));
    // fast-check falls back to the first branches as values get deeper.
    const sorted = [...branches.filter(({ deep }) => !deep), ...branches.filter(({ deep }) => deep)].map(({ text }) => text);
    const depth = this.#isRecursive(holder) ? `, depthIdentifier: ${NESTED}, depthSize: "small"` : "";
    const values = `fc.oneof({ withCrossShrink: true${depth} }, ${sorted.join(", ")})`;
    const canOverlap = node.mode === "oneOf" && node.tag === undefined && possible.filter(({ kind }) => kind === "object" || kind === "ref").length > 1;
    return canOverlap ? `exclusively(${values}, ${printLiteral(possible.map((branch) => toShape(branch)))}, () => shapes)` : values;
  }

  #printObject(node: Node & ObjectShape, indent: string, holder: string): string {
    const names = JSON.stringify(node.properties.map(({ name }) => name));
    const record = this.#printRecord(node, indent, holder);
    const patterns = node.patterns.filter(([, inner]) => !this.#isImpossible(inner));
    const matching = patterns
      .map(([pattern, inner]) => `[${printMatching(pattern) ?? "text({})"}, ${this.#print(inner, indent, holder)}]`)
      .join(", ");
    const depthOf = (values: Node): string | undefined => (this.#isRecursive(holder) && this.#holdsRecursion(values) ? NESTED : undefined);
    const depth = patterns.map(([, values]) => depthOf(values)).find((found) => found !== undefined);
    const patterned = matching === "" ? record : `withPatterns(${record}, [${matching}], ${names}${depth === undefined ? "" : `, ${optionsText({ depthIdentifier: depth })}`})`;
    // What nobody speaks of is drawn only where there must be more than what is named.
    const isOpen = node.openness === "explicit" || node.minProperties !== undefined || node.names !== undefined;
    const keys = this.#printNames(node);
    if (!isOpen || this.#isImpossible(node.extra) || keys === "none()") return patterned;
    const options = optionsText({ keys, ...countsOf(node), depthIdentifier: depthOf(node.extra) });
    return `withExtras(${patterned}, ${this.#print(node.extra, indent, holder)}, ${names}${options === "{}" ? "" : `, ${options}`})`;
  }

  /** Names as they must be; nothing where they may be any text. */
  #printNames({ names }: ObjectShape): string | undefined {
    if (names?.kind === "string") return printString(names);
    if (names?.kind === "never") return "none()";
    if (names?.kind !== "literal") return undefined;
    const texts = names.values.filter((value) => typeof value === "string");
    return texts.length === 0 ? "none()" : printLiterals(texts);
  }

  #printRecord(node: ObjectShape, indent: string, holder: string): string {
    const inner = `${indent}  `;
    const properties = node.properties.filter((property) => property.required || !this.#isImpossible(property.node));
    if (properties.length === 0) return "fc.record({}, { noNullPrototype: true })";
    // What may be left out is left out ever more often as values get deeper, or they would have no end.
    const isNesting = ({ required, node: property }: Property): boolean => !required && this.#isRecursive(holder) && this.#holdsRecursion(property);
    const required = properties.filter((property) => property.required || isNesting(property)).map(({ name }) => JSON.stringify(name));
    const rows = properties.map((property) => {
      const value = this.#print(property.node, `${inner}  `, holder);
      return `${inner}  ${propertyKey(property.name)}: ${isNesting(property) ? `fc.option(${value}, ${OPTION})` : value},\n`;
    });
    const keys = required.length === properties.length ? "" : `requiredKeys: [${required.join(", ")}], `;
    const record = `fc.record(\n${inner}{\n${rows.join("")}${inner}},\n${inner}{ ${keys}noNullPrototype: true },\n${indent})`;
    return properties.some(isNesting) ? `present(${record})` : record;
  }

  #holdsRecursion(node: Node): boolean {
    return refsOf(node).some((name) => this.#isRecursive(name));
  }

  /** Whether nothing is of a type, so that it is left out where it can be. */
  #isImpossible(node: Node): boolean {
    return node.kind === "never" || (node.kind === "ref" && this.#types.get(node.name)?.node.kind === "never");
  }

  #isRecursive(name: string): boolean {
    return this.#types.get(name)?.recursive ?? false;
  }
}

/** How many properties there are beside the named ones, of which those that may be left out are not counted on. */
function countsOf({ properties, minProperties, maxProperties }: ObjectShape): { minKeys?: number; maxKeys?: number } {
  const sure = properties.filter(({ required }) => required).length;
  const minKeys = Math.max(0, (minProperties ?? 0) - sure);
  const maxKeys = maxProperties === undefined ? Math.max(minKeys, FEW) : Math.max(minKeys, Math.min(maxProperties - sure, FEW));
  return { ...(minKeys > 0 && { minKeys }), ...(maxKeys !== FEW && { maxKeys }) };
}

/** As many further properties as an object is given where it may have any number. */
const FEW = 4;

/** Whether the printed arbitrary can miss: other keywords, overlapping branches, formats and counts of properties. */
function needsFilter(node: Node): boolean {
  if (node.checks) return true;
  switch (node.kind) {
    case "string":
      return node.content !== undefined || node.format !== undefined || (node.pattern !== undefined && !readClassPattern(node.pattern));
    case "array":
      return needsFilter(node.items);
    case "tuple":
      return node.items.some(needsFilter) || needsFilter(node.rest);
    case "object":
      return (
        node.minProperties !== undefined ||
        node.maxProperties !== undefined ||
        node.patterns.length > 0 ||
        needsFilter(node.extra) ||
        node.properties.some((property) => needsFilter(property.node))
      );
    case "union":
      return (node.mode === "oneOf" && node.tag === undefined) || node.branches.some(needsFilter);
    case "number":
      return node.multipleOf !== undefined;
    case "any":
    case "never":
    case "null":
    case "boolean":
    case "literal":
    case "ref":
      return false;
  }
}

function printString({ minLength, maxLength, pattern, format, content }: StringShape): string {
  if (content !== undefined) return `jsonText(tie(${JSON.stringify(content)}))`;
  const formatted = formatNamed(format)?.draw;
  if (formatted !== undefined) return formatted;
  const simple = pattern === undefined ? undefined : readClassPattern(pattern);
  if (simple) {
    const ranges = acceptedRanges(simple).map(([first, last]) => `[${first}, ${last}]`);
    const most = Math.min(maxLength ?? Infinity, simple.most);
    return `text(${optionsText({ min: Math.max(minLength ?? 0, simple.least) || undefined, max: most === Infinity ? undefined : most, unit: `characters(${ranges.join(", ")})` })})`;
  }
  if (minLength !== undefined && maxLength !== undefined && minLength > maxLength) return "none()";
  const matching = pattern === undefined ? undefined : (printMatching(pattern) ?? printUsual(pattern));
  return matching ?? `text(${optionsText({ min: minLength, max: maxLength })})`;
}

/** An expression that is drawn from; one with what fast-check cannot draw from is left to the validator. */
function printMatching(pattern: string): string | undefined {
  const expression = expressionOf(pattern);
  try {
    fc.stringMatching(expression);
  } catch {
    return undefined;
  }
  return `fc.stringMatching(new RegExp(${JSON.stringify(pattern)}, ${JSON.stringify(expression.flags)}))`;
}

/** What an expression is mostly written for that looks ahead or back, which fast-check cannot draw from. */
const usualTexts = [
  "2026-02-28T23:59:59.5Z", "1970-01-01T00:00:00+01:00", "2026-02-28T23:59:59", "2026-02-28", "23:59:59", "P1DT2H",
  "a@example.org", "first.last@example.com", "https://example.org/a?b=c", "example.org", "127.0.0.1", "::1", "+4915112345678",
  "123e4567-e89b-12d3-a456-426614174000", "1.2.3", "0", "42", "-1.5", "a", "text", "Text-1", "Passw0rd!", "a_b", "a.b.c", "/a/b", "A1B2C3D4",
];

function printUsual(pattern: string): string | undefined {
  const fitting = usualTexts.filter((text) => expressionOf(pattern).test(text));
  return fitting.length === 0 ? undefined : printLiterals(fitting);
}

function printNumber(node: Node & { kind: "number" }): string {
  const { integer, multipleOf } = node;
  const [min, minExcluded] = boundOf(node.minimum, node.exclusiveMinimum, Math.max);
  const [max, maxExcluded] = boundOf(node.maximum, node.exclusiveMaximum, Math.min);
  if (multipleOf !== undefined) return printMultiples(node, multipleOf);
  if (!integer) {
    if (min !== undefined && max !== undefined && (min > max || (min === max && (minExcluded || maxExcluded)))) return "none()";
    const excluded = { minExcluded: minExcluded ? "true" : undefined, maxExcluded: maxExcluded ? "true" : undefined };
    return `finite(${optionsText({ min, max, ...excluded })})`;
  }
  const least = min === undefined ? Number.MIN_SAFE_INTEGER : minExcluded ? Math.floor(min) + 1 : Math.ceil(min);
  const most = max === undefined ? Number.MAX_SAFE_INTEGER : maxExcluded ? Math.ceil(max) - 1 : Math.floor(max);
  return printIntegers(least, most);
}

/** Whole numbers between two bounds, those that JSON text keeps to the last digit. */
function printIntegers(least: number, most: number): string {
  const [min, max] = [Math.max(least, Number.MIN_SAFE_INTEGER), Math.min(most, Number.MAX_SAFE_INTEGER)];
  return min > max ? "none()" : `fc.integer({ min: ${min}, max: ${max} })`;
}

/** Whole factors of the step; what digits lose on the way is left to the validator. */
function printMultiples({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Node & { kind: "number" }, step: number): string {
  const least = Math.max(minimum ?? -Infinity, exclusiveMinimum ?? -Infinity, -Number.MAX_SAFE_INTEGER * Math.min(1, step));
  const most = Math.min(maximum ?? Infinity, exclusiveMaximum ?? Infinity, Number.MAX_SAFE_INTEGER * Math.min(1, step));
  const inverse = 1 / step;
  const product = Number.isInteger(inverse) && step < 1 ? `factor / ${inverse}` : `factor * ${step}`;
  const factors = printIntegers(Math.ceil(least / step), Math.floor(most / step));
  return factors === "none()" ? factors : `${factors}.map((factor) => (${product}) + 0)`;
}

function boundOf(
  included: number | undefined,
  excluded: number | undefined,
  tighter: (a: number, b: number) => number,
): [number | undefined, boolean] {
  if (included === undefined) return [excluded, excluded !== undefined];
  return excluded !== undefined && tighter(included, excluded) === excluded ? [excluded, true] : [included, false];
}

function optionsText(options: Readonly<Record<string, string | number | undefined>>): string {
  const written = Object.entries(options).filter(([, value]) => value !== undefined);
  return written.length === 0 ? "{}" : `{ ${written.map(([key, value]) => `${key}: ${value}`).join(", ")} }`;
}

function printLiterals(values: readonly Json[]): string {
  // TypeScript keeps literals of one type by itself, but widens a mixture.
  const isMixed = new Set(values.map((value) => typeof value)).size > 1;
  const texts = values.map(
    // As a constant, a list would be read-only, which no type here is.
    (value) => `${JSON.stringify(value)}${value === null ? "" : typeof value === "object" ? " as never" : isMixed ? " as const" : ""}`,
  );
  return values.length === 1 ? `fc.constant(${texts.join("")})` : `fc.constantFrom(${texts.join(", ")})`;
}
