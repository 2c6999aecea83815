import { StructureKind } from "ts-morph";
import type { Json, NamedType, Node, ObjectShape, Protocol, StringShape } from "../ir.ts";
import { acceptedRanges, readClassPattern } from "./character-class.ts";
import { header, literalKey, printConstant, printLiteral, printModule, propertyAccess, propertyKey } from "./module.ts";
import { toShape } from "./shapes.ts";

/** Prints fast-check arbitraries of valid values for every type, and of near misses for every message. */
export function printArbitraries(protocol: Protocol): string {
  const printer = new ArbitraryPrinter(protocol.types);
  const tied = protocol.types.map(({ name, node }) => `  ${name}: ${printer.printNamed(name, node)},\n`).join("");
  const missesOf = (type: string): string => `nearMissesOf(shapes, ${JSON.stringify(type)}, ${propertyAccess("arbitraries", type)})`;
  const misses = protocol.messages
    .map(({ name, type }) => `  ${name}: ${protocol.contentFields.has(type) ? printContentMisses(protocol, type, missesOf) : missesOf(type)},\n`)
    .join("");
  const shapes = Object.fromEntries(protocol.types.map(({ name, node }) => [name, toShape(node)]));
  const helpers = ["accepted", "characters", "finite", "json", "jsonText", "text", "withExtras"].filter((name) =>
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
    {
      kind: StructureKind.ImportDeclaration,
      moduleSpecifier: "../near-misses.ts",
      namedImports: [
        { name: "nearMissesOf" },
        ...(misses.includes("nearMissesWithin(") ? [{ name: "nearMissesWithin" }] : []),
        { name: "Shapes", isTypeOnly: true },
      ],
    },
    ...(helpers.length > 0
      ? [
          {
            kind: StructureKind.ImportDeclaration as const,
            moduleSpecifier: "../values.ts",
            namedImports: helpers.map((name) => ({ name })),
          },
        ]
      : []),
    ...(printer.filtered.size > 0
      ? [
          {
            kind: StructureKind.ImportDeclaration as const,
            moduleSpecifier: "./codec.ts",
            namedImports: [...printer.filtered].sort().map((name) => `validate${name}`),
          },
        ]
      : []),
    {
      kind: StructureKind.ImportDeclaration,
      isTypeOnly: true,
      moduleSpecifier: "./types.ts",
      namedImports: protocol.types.map(({ name }) => name).sort(),
    },
    ...statements,
  ]);
  return `${header(protocol.sources)}\n${text.trim()}\n`;
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
    switch (node.kind) {
      case "any":
        return "json()";
      case "never":
        return `fc.constant(undefined as never).filter(() => false)`;
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
      maxLength: node.maxItems,
      depthIdentifier: this.#isRecursive(holder) ? '"nesting"' : undefined,
    });
    const items = this.#print(node.items, indent, holder);
    return node.uniqueItems
      ? `fc.uniqueArray(${items}, ${optionsText({ minLength: node.minItems, maxLength: node.maxItems, selector: "(item) => JSON.stringify(item)" })})`
      : `fc.array(${items}, ${options})`;
  }

  #printTuple(node: Node & { kind: "tuple" }, indent: string, holder: string): string {
    const items = node.items.map((item) => this.#print(item, indent, holder));
    const count = Math.min(node.items.length, node.maxItems ?? Infinity);
    return `fc.tuple(${items.slice(0, count).join(", ")})`;
  }

  #printUnion(node: Node & { kind: "union" }, indent: string, holder: string): string {
    const branches = node.branches.map((branch) => ({
      text: this.#print(branch, indent, holder),
      deep: branch.kind === "ref" ? this.#isRecursive(branch.name) : branch.kind === "array" || branch.kind === "object",
    }));
    // fast-check falls back to the first branches as values get deeper.
    const sorted = [...branches.filter(({ deep }) => !deep), ...branches.filter(({ deep }) => deep)].map(({ text }) => text);
    const options = this.#isRecursive(holder) ? `{ depthIdentifier: "nesting", depthSize: "small" }, ` : "";
    return `fc.oneof(${options}${sorted.join(", ")})`;
  }

  #printObject(node: Node & ObjectShape, indent: string, holder: string): string {
    const inner = `${indent}  `;
    const properties = node.properties.filter((property) => property.node.kind !== "never");
    const required = properties.filter((property) => property.required).map(({ name }) => JSON.stringify(name));
    const rows = properties
      .map(({ name, node: property }) => `${inner}  ${propertyKey(name)}: ${this.#print(property, `${inner}  `, holder)},\n`)
      .join("");
    const model = rows === "" ? "{}" : `{\n${rows}${inner}}`;
    const keys = required.length === properties.length ? "" : `requiredKeys: [${required.join(", ")}], `;
    const record =
      rows === ""
        ? `fc.record(${model}, { noNullPrototype: true })`
        : `fc.record(\n${inner}${model},\n${inner}{ ${keys}noNullPrototype: true },\n${indent})`;
    if (node.openness === "implicit" || node.extra.kind === "never") return record;
    const names = node.properties.map(({ name }) => name);
    return `withExtras(${record}, ${this.#print(node.extra, indent, holder)}, ${JSON.stringify(names)})`;
  }

  #isRecursive(name: string): boolean {
    return this.#types.get(name)?.recursive ?? false;
  }
}

/** Whether the printed arbitrary can miss: other keywords, overlapping branches, formats and counts of properties. */
function needsFilter(node: Node): boolean {
  if (node.checks) return true;
  switch (node.kind) {
    case "string":
      return node.content !== undefined || node.format !== undefined || (node.pattern !== undefined && !readClassPattern(node.pattern));
    case "array":
      return needsFilter(node.items);
    case "tuple":
      return node.minItems > node.items.length || node.items.some(needsFilter);
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

const formatArbitraries: Readonly<Record<string, string>> = {
  uri: "fc.webUrl()",
  uuid: "fc.uuid()",
  email: "fc.emailAddress()",
  ipv4: "fc.ipV4()",
  "date-time": `fc.date({ min: new Date(0), max: new Date(4102444800000), noInvalidDate: true }).map((date) => date.toISOString())`,
  date: `fc.date({ min: new Date(0), max: new Date(4102444800000), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10))`,
  time: `fc.date({ min: new Date(0), max: new Date(4102444800000), noInvalidDate: true }).map((date) => date.toISOString().slice(11))`,
};

function printString({ minLength, maxLength, pattern, format, content }: StringShape): string {
  if (content !== undefined) return `jsonText(tie(${JSON.stringify(content)}))`;
  if (format !== undefined && Object.hasOwn(formatArbitraries, format)) return formatArbitraries[format] ?? "";
  const simple = pattern === undefined ? undefined : readClassPattern(pattern);
  if (simple) {
    const ranges = acceptedRanges(simple).map(([first, last]) => `[${first}, ${last}]`);
    const most = Math.min(maxLength ?? Infinity, simple.most);
    return `text(${optionsText({ min: Math.max(minLength ?? 0, simple.least) || undefined, max: most === Infinity ? undefined : most, unit: `characters(${ranges.join(", ")})` })})`;
  }
  if (pattern !== undefined) return `fc.stringMatching(new RegExp(${JSON.stringify(pattern)}, "u"))`;
  return `text(${optionsText({ min: minLength, max: maxLength })})`;
}

function printNumber(node: Node & { kind: "number" }): string {
  const { integer, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = node;
  if (!integer) {
    return `finite(${optionsText({ min: minimum ?? exclusiveMinimum, max: maximum ?? exclusiveMaximum, minExcluded: exclusiveMinimum === undefined ? undefined : "true", maxExcluded: exclusiveMaximum === undefined ? undefined : "true" })})`;
  }
  const min = Math.max(minimum ?? Number.MIN_SAFE_INTEGER, exclusiveMinimum === undefined ? -Infinity : Math.floor(exclusiveMinimum) + 1);
  const max = Math.min(maximum ?? Number.MAX_SAFE_INTEGER, exclusiveMaximum === undefined ? Infinity : Math.ceil(exclusiveMaximum) - 1);
  if (multipleOf === undefined) return `fc.integer({ min: ${Math.ceil(min)}, max: ${Math.floor(max)} })`;
  return `fc.integer({ min: ${Math.ceil(min / multipleOf)}, max: ${Math.floor(max / multipleOf)} }).map((factor) => factor * ${multipleOf})`;
}

function optionsText(options: Readonly<Record<string, string | number | undefined>>): string {
  const written = Object.entries(options).filter(([, value]) => value !== undefined);
  return written.length === 0 ? "{}" : `{ ${written.map(([key, value]) => `${key}: ${value}`).join(", ")} }`;
}

function printLiterals(values: readonly Json[]): string {
  // TypeScript keeps literals of one type by itself, but widens a mixture.
  const isMixed = new Set(values.map((value) => typeof value)).size > 1;
  const texts = values.map(
    (value) => `${JSON.stringify(value)}${value !== null && (isMixed || typeof value === "object") ? " as const" : ""}`,
  );
  return values.length === 1 ? `fc.constant(${texts.join("")})` : `fc.constantFrom(${texts.join(", ")})`;
}
