import type { Doc, Json, JsonObject, Node, ObjectShape, Place, Property, Shape } from "./ir.ts";
import { contentRef } from "./content.ts";
import { tagValues } from "./dispatch.ts";
import { discriminatorOf, impliedTags, inheritedBase } from "./inheritance.ts";
import { keywords } from "./keywords.ts";
import { isUnconstrained, matches, meet, type MeetContext, NEVER, unnamedNode } from "./merge.ts";
import { firstFree, nameOfPlace, reservedNames } from "./names.ts";
import { followReference, targetOf } from "./references.ts";
import { unwrap } from "./schema-format.ts";
import { impliedTypesOf, readChecks } from "./schema-checks.ts";
import { childOf, formatFinding, isArray, isObject, listOf, placeKey, samePlace, type Sources, under } from "./source.ts";

type TypeName = "null" | "boolean" | "string" | "number" | "integer" | "array" | "object";

interface Entry {
  readonly name: string;
  readonly place: Place;
  state: "waiting" | "reading" | "read";
  node?: Node;
}

/** Reads JSON Schemas, as written, into nodes; every schema behind a `$ref` becomes a named type. */
export class SchemaReader {
  readonly #sources: Sources;
  readonly #rename: (name: string) => string;
  readonly #byPlace = new Map<string, Entry>();
  readonly #byName = new Map<string, Entry>();
  readonly #context: MeetContext;

  /** `rename` may give the names of the document a prefix. */
  constructor(sources: Sources, rename: (name: string) => string = (name) => name) {
    this.#sources = sources;
    this.#rename = rename;
    this.#context = { resolve: (name) => this.nodeOf(name), fail: (place, message) => sources.complain(place, message) };
  }

  /** The name of the schema at a place, which becomes a named type now if it was none. */
  nameSchema(place: Place, ...wanted: string[]): string {
    const target = unwrap(this.#sources, this.#followAlias(place, wanted[0]));
    const known = this.#byPlace.get(placeKey(target));
    if (known) return known.name;
    const [first, second] = wanted.length > 0 ? wanted : [nameOfPlace(target)];
    const name = this.claim(this.#rename(first ?? ""), target, second);
    const entry: Entry = { name, place: target, state: "waiting" };
    this.#byPlace.set(placeKey(target), entry);
    this.#byName.set(name, entry);
    return name;
  }

  /** Keeps the name of a listed schema for it. */
  reserve(place: Place): void {
    const target = this.#followAlias(place);
    const name = this.#rename(nameOfPlace(target));
    if (!reservedNames.has(name) && !this.#owners.has(name)) this.#owners.set(name, target);
  }

  /**
   * Takes a name for what stands at a place. Two claims to one name are an error in an own document; in another one the
   * later claim gets `otherwise` or a number.
   */
  claim(name: string, place: Place, otherwise?: string): string {
    return this.claimAll(name, place, (candidate) => [candidate], otherwise);
  }

  /** Takes all names that are made of one, and returns that one. */
  claimAll(name: string, place: Place, namesOf: (name: string) => readonly string[], otherwise?: string): string {
    const taken = namesOf(name).find((each) => !this.#isFree(each, place));
    let found = name;
    if (taken !== undefined) {
      const why = this.#takenBy(taken);
      const isFree = (candidate: string): boolean => namesOf(candidate).every((each) => this.#isFree(each, place));
      found = firstFree(otherwise !== undefined && isFree(otherwise) ? otherwise : reservedNames.has(taken) ? `${name}Value` : name, isFree);
      if (this.#sources.own) this.#sources.error(place, `the type name "${taken}" is taken by ${why}`);
      else this.#sources.warn(place, `the type name "${taken}" is taken by ${why.replace(/;.*$/u, "")}; "${found}" is used here`);
    }
    for (const each of namesOf(found)) this.#owners.set(each, place);
    return found;
  }
  readonly #owners = new Map<string, Place>();

  #isFree(name: string, place: Place): boolean {
    const owner = this.#owners.get(name);
    return !reservedNames.has(name) && (owner === undefined || samePlace(owner, place));
  }

  #takenBy(name: string): string {
    const owner = this.#owners.get(name);
    if (!owner) return "the generated code; rename the schema or message";
    const other = formatFinding({ severity: "error", file: owner.file, position: this.#sources.locate(owner), message: "" });
    return `${other.replace(/: $/u, "")}; rename one of the two`;
  }

  /** The named types in order of first use. Reading one may add more. */
  *entries(): Generator<{ name: string; place: Place; node: Node }> {
    for (const entry of this.#byName.values()) yield { name: entry.name, place: entry.place, node: this.nodeOf(entry.name) };
  }

  placeOf(name: string): Place {
    const entry = this.#byName.get(name);
    if (!entry) throw new Error(`no type ${name}`);
    return entry.place;
  }

  nodeOf(name: string): Node {
    const entry = this.#byName.get(name);
    if (!entry) throw new Error(`no type ${name}`);
    if (entry.node) return entry.node;
    if (entry.state === "reading") {
      this.#sources.error(entry.place, `"${name}" contains itself through allOf, oneOf or anyOf`);
      return { kind: "any", place: entry.place };
    }
    entry.state = "reading";
    const node = this.read(this.#sources.at(entry.place), entry.place);
    entry.node = node;
    entry.state = "read";
    return node;
  }

  /** The node behind any number of references, which must lead somewhere. */
  followed(name: string): Node {
    const seen = new Set<string>();
    for (let at = name; ; ) {
      const node = this.nodeOf(at);
      if (node.kind !== "ref") return node;
      if (seen.has(at)) {
        this.#sources.error(this.placeOf(at), `"${at}" contains itself through allOf, oneOf or anyOf`);
        return { kind: "any", place: node.place };
      }
      seen.add(at);
      at = node.name;
    }
  }

  read(schema: Json | undefined, place: Place): Node {
    if (schema === undefined || schema === true) return { kind: "any", place };
    if (schema === false) return { ...NEVER, place };
    if (!isObject(schema)) {
      this.#sources.error(place, "a schema must be an object or a boolean");
      return { kind: "any", place };
    }
    const doc = readDoc(schema, place);
    const untyped = schema["type"] === undefined && typesOf(schema) !== undefined;
    if (typeof schema["$ref"] === "string")
      return { kind: "ref", name: this.nameSchema(targetOf(this.#sources, place, schema["$ref"])), ...doc };
    let node: Node = { kind: "any", ...doc };
    for (const [index, part] of listOf(schema["allOf"]).entries())
      node = meet(node, this.#readPart(part, under(place, "allOf", index), place), this.#context);
    node = meet(node, { ...this.#readTyped(schema, place), ...doc, ...(untyped && { untyped }) }, this.#context);
    for (const mode of ["oneOf", "anyOf"] as const) {
      const parts = listOf(schema[mode]);
      if (parts.length === 0) continue;
      if (mode === "oneOf" && parts.filter((_, index) => acceptsAll(this.#sources, under(place, mode, index))).length > 1) {
        this.#context.fail(under(place, mode), "no value can satisfy this: several branches of oneOf accept every value");
        return { ...NEVER, ...doc };
      }
      const written = mode === "oneOf" ? discriminatorOf(schema) : undefined;
      const tagged = parts.map((part, index) => this.#readBranch(part, under(place, mode, index), written, place));
      const tag = written !== undefined && this.#tellsApart(tagged, written) ? written : undefined;
      const branches = tag === written ? tagged : parts.map((part, index) => this.read(part, under(place, mode, index)));
      const union: Node = { kind: "union", mode, branches, place, ...(tag !== undefined && { tag }) };
      node = isUnconstrained(node) ? { ...union, ...withoutPlace(node), place } : meet(node, union, this.#context);
    }
    const variants = this.#readVariants(schema, place, node);
    return { ...node, ...doc, ...(node.checks && { checks: node.checks }), ...(variants.length > 0 && { variants }) };
  }

  #readVariants(schema: JsonObject, place: Place, node: Node): Node[] {
    if (schema["if"] === undefined) return [];
    const quiet: MeetContext = { ...this.#context, fail: () => undefined };
    const parts = ["then", "else"].filter((key) => schema[key] !== undefined);
    return parts.map((key) => meet(node, this.read(schema[key], under(place, key)), quiet)).filter(({ kind }) => kind !== "never");
  }

  #readPart(part: Json, place: Place, heir: Place): Node {
    const base = inheritedBase(this.#sources, place, heir);
    return base ? this.read(base.schema, base.place) : this.read(part, place);
  }

  /** A variant without a tag value of its own is told by its name. */
  #readBranch(part: Json, place: Place, tag: string | undefined, union: Place): Node {
    const branch = this.read(part, place);
    const implied = tag === undefined ? [] : impliedTags(this.#sources, union, place);
    if (tag === undefined || implied.length === 0 || tagValues(branch, tag, (name) => this.nodeOf(name))) return branch;
    const literal: Node = { kind: "literal", keyword: "const", values: implied, place };
    const named: Node = {
      kind: "object",
      properties: [{ name: tag, required: true, node: literal }],
      extra: { kind: "any", place },
      openness: "implicit",
      patterns: [],
      place,
    };
    return meet(branch, named, this.#context);
  }

  /** Whether each branch has values of the tag that no other one has; otherwise all of them have to be tried. */
  #tellsApart(branches: readonly Node[], tag: string): boolean {
    const values = branches.map((branch) => [...(tagValues(branch, tag, (name) => this.nodeOf(name))?.values ?? [])]);
    return values.every((list) => list.length > 0) && new Set(values.flat()).size === values.flat().length;
  }

  #followAlias(place: Place, wanted?: string): Place {
    const schema = this.#sources.at(place);
    const ref = childOf(schema, "$ref");
    if (typeof ref !== "string") return place;
    const target = targetOf(this.#sources, place, ref);
    if (samePlace(target, place)) {
      this.#sources.error(place, "refers to itself");
      return place;
    }
    // A schema that only names another one, under the same name, is the other one.
    return nameOfPlace(target) === (wanted ?? nameOfPlace(place)) ? this.#followAlias(target, wanted) : place;
  }

  #readTyped(schema: JsonObject, place: Place): Shape {
    const types = typesOf(schema);
    if ("const" in schema) return literalOf("const", [schema["const"] ?? null], types);
    if (isArray(schema["enum"])) return literalOf("enum", schema["enum"], types);
    if (types === undefined || types.length === 0) return { kind: "any" };
    const shapes = types.map((type) => this.#readType(type, schema, place));
    if (shapes.length === 1 && shapes[0]) return shapes[0];
    return { kind: "union", mode: "type", branches: shapes.map((shape) => ({ ...shape, place })) };
  }

  #readType(type: TypeName, schema: JsonObject, place: Place): Shape {
    switch (type) {
      case "null":
      case "boolean":
        return { kind: type };
      case "string":
        return {
          kind: "string",
          ...pick(schema, "number", "minLength", "maxLength"),
          ...pick(schema, "string", "pattern", "format"),
          ...this.#readContent(schema, place),
        };
      case "number":
      case "integer":
        return {
          kind: "number",
          integer: type === "integer",
          ...pick(schema, "number", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        };
      case "array":
        return this.#readArray(schema, place);
      case "object":
        return this.#readObject(schema, place);
    }
  }

  #readContent(schema: JsonObject, place: Place): { content?: string } {
    const ref = contentRef(schema);
    return ref === undefined ? {} : { content: this.nameSchema(targetOf(this.#sources, under(place, "contentSchema"), ref)) };
  }

  #readArray(schema: JsonObject, place: Place): Shape {
    const counts = pick(schema, "number", "minItems", "maxItems");
    if (isArray(schema["items"])) {
      const items = schema["items"].map((item, index) => this.read(item, under(place, "items", index)));
      const rest = this.read(schema["additionalItems"], under(place, "additionalItems"));
      return { kind: "tuple", items, rest, minItems: 0, ...counts };
    }
    const items = this.read(schema["items"], under(place, "items"));
    return { kind: "array", items, ...counts, ...(schema["uniqueItems"] === true && { uniqueItems: true }) };
  }

  /** A named property is also what the patterns say that its name fits, as far as both are text or both numbers. */
  #meetPatterns(name: string, node: Node, patterns: ObjectShape["patterns"]): Node {
    const fitting = patterns.filter(([pattern, other]) => other.kind === node.kind && (node.kind === "string" || node.kind === "number") && matches(pattern, name));
    return fitting.reduce((met, [, other]) => ({ ...meet(other, met, this.#context), place: node.place }), node);
  }

  /** No value is of the type that names have, so none is named for it. */
  #readNames(place: Place): Node {
    const at = followReference(this.#sources, place);
    return this.read(this.#sources.at(at), at);
  }

  #readObject(schema: JsonObject, place: Place): Shape {
    const required = listOf(schema["required"]).filter((name) => typeof name === "string");
    const written = isObject(schema["properties"]) ? schema["properties"] : {};
    const patterns = isObject(schema["patternProperties"]) ? Object.entries(schema["patternProperties"]) : [];
    const readPatterns = patterns.map(([pattern, value]) => [pattern, this.read(value, under(place, "patternProperties", pattern))] as const);
    const properties: Property[] = Object.entries(written).map(([name, property]) => ({
      name,
      required: required.includes(name),
      node: this.#meetPatterns(name, this.read(property, under(place, "properties", name)), readPatterns),
    }));
    const extraSchema = schema["additionalProperties"];
    const extra = this.read(extraSchema, under(place, "additionalProperties"));
    const named = new Set(Object.keys(written));
    const shape: Pick<ObjectShape, "patterns" | "extra"> = { patterns: readPatterns, extra };
    for (const name of required) {
      if (!named.has(name)) properties.push({ name, required: true, node: { ...unnamedNode(shape, name), place } });
    }
    const impossible = properties.find((property) => property.required && property.node.kind === "never");
    if (impossible) {
      // Of one that is written it has been said where it is written.
      if (!named.has(impossible.name)) this.#context.fail(place, `no value can satisfy this: "${impossible.name}" is required and not allowed`);
      return NEVER;
    }
    return {
      kind: "object",
      properties,
      extra,
      openness: extraSchema === undefined ? "implicit" : "explicit",
      patterns: readPatterns,
      ...(schema["propertyNames"] !== undefined && { names: this.#readNames(under(place, "propertyNames")) }),
      ...pick(schema, "number", "minProperties", "maxProperties"),
    };
  }
}

/** Whether a schema has no word that a value could break; words that nobody knows are none. */
function acceptsAll(sources: Sources, place: Place): boolean {
  const schema = sources.at(unwrap(sources, followReference(sources, place)));
  if (!isObject(schema)) return schema === true;
  const words = Object.keys(schema).filter((word) => Object.hasOwn(keywords, word) && word !== "definitions");
  return words.every((word) => keywords[word] === "annotation");
}

function readDoc(schema: JsonObject, place: Place): Doc {
  const checks = readChecks(schema);
  return {
    place,
    ...pick(schema, "string", "title", "description"),
    ...(schema["deprecated"] === true && { deprecated: true }),
    ...(schema["default"] !== undefined && { default: schema["default"] }),
    ...(checks.length > 0 && { checks }),
  };
}

function typesOf(schema: JsonObject): TypeName[] | undefined {
  const written = schema["type"];
  if (written !== undefined) return (isArray(written) ? written : [written]).filter(isTypeName);
  const implied = impliedTypesOf(schema);
  return implied.length === 1 ? implied : undefined;
}

/** Other words come from other schema languages, and are refused where their format is. */
function isTypeName(word: Json): word is TypeName {
  return typeof word === "string" && ["null", "boolean", "string", "number", "integer", "array", "object"].includes(word);
}

function literalOf(keyword: "const" | "enum", values: readonly Json[], types: readonly TypeName[] | undefined): Shape {
  const kept = types ? values.filter((value) => types.some((type) => isOfType(value, type))) : values;
  return kept.length === 0 ? { kind: "never" } : { kind: "literal", keyword, values: kept };
}

function isOfType(value: Json, type: TypeName): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isObject(value);
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}

function withoutPlace(node: Node): Omit<Doc, "place"> {
  return {
    ...(node.title !== undefined && { title: node.title }),
    ...(node.description !== undefined && { description: node.description }),
    ...(node.deprecated && { deprecated: true }),
    ...(node.default !== undefined && { default: node.default }),
    ...(node.checks && { checks: node.checks }),
  };
}

function pick<Key extends string>(schema: JsonObject, type: "number", ...keys: Key[]): { [K in Key]?: number };
function pick<Key extends string>(schema: JsonObject, type: "string", ...keys: Key[]): { [K in Key]?: string };
function pick(schema: JsonObject, type: string, ...keys: string[]): object {
  const picked: Record<string, Json> = {};
  for (const key of keys) {
    const value = schema[key];
    if (typeof value === type) picked[key] = value as Json;
  }
  return picked;
}
