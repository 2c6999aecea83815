import { mentionsInherited } from "../compile.ts";
import type { Json, NamedType } from "../ir.ts";
import { subschemas } from "../keywords.ts";
import { readKeywords } from "../runtime/interpret.ts";
import { shareEqual } from "../share.ts";
import { isObject } from "../source.ts";
import { describeClass, readClassPattern } from "./character-class.ts";
import { formats } from "./formats.ts";
import { propertyKey } from "./module.ts";

const known = readKeywords();

/**
 * Whether a validator can read the schema itself: what it does not know has to be compiled, and so has what leads back to
 * itself, of which a compiled validator reads six times as many levels before the stack ends.
 */
export function isInterpretable({ schema, recursive }: NamedType): boolean {
  return !recursive && !mentionsInherited(schema) && knowsAll(schema);
}

function knowsAll(schema: Json): boolean {
  if (!isObject(schema)) return typeof schema === "boolean";
  if (typeof schema["format"] === "string" && !(formats[schema["format"]] instanceof RegExp)) return false;
  if (Array.isArray(schema["items"]) || !Object.keys(schema).every((keyword) => known.has(keyword))) return false;
  return [...subschemas(schema)].every(([, inner]) => knowsAll(inner));
}

/**
 * Prints schemas as they are read: each once, before what refers to it, so that a bundler leaves out what nothing that
 * it takes leads to.
 */
export class SchemaPrinter {
  readonly #schemas: ReadonlyMap<string, Json>;
  readonly #nameOfOther: (type: string) => string;
  readonly #names = new Map<string, string>();
  readonly #prefix: string;
  readonly declarations: string[] = [];

  /** `nameOfOther`: what stands in the module for a type that is not among these. */
  constructor(types: readonly NamedType[], nameOfOther: (type: string) => string, prefix: string) {
    const { types: sharing, shared } = shareEqual(types);
    this.#schemas = new Map([...sharing, ...shared].map(({ name, schema }) => [name, schema]));
    this.#nameOfOther = nameOfOther;
    this.#prefix = prefix;
  }

  /** The name under which the schema of a type stands in the module. */
  nameOf(type: string): string {
    const schema = this.#schemas.get(type);
    if (schema === undefined) return this.#nameOfOther(type);
    const known = this.#names.get(type);
    if (known !== undefined) return known;
    const name = `${this.#prefix}${this.#names.size}`;
    this.#names.set(type, name);
    const declaration = `const ${name} = ${this.#print(schema)};`;
    this.declarations.push(declaration);
    return name;
  }

  #print(schema: Json): string {
    if (!isObject(schema)) return JSON.stringify(schema);
    const { $ref: ref, ...others } = schema;
    const members = [...Object.entries(others).map(([keyword, value]) => `${propertyKey(keyword)}: ${this.#member(keyword, value)}`), ...expectation(schema)];
    if (typeof ref !== "string") return `{ ${members.join(", ")} }`;
    const name = this.nameOf(ref.replace("#/definitions/", ""));
    return members.length === 0 ? name : `{ ${[`$ref: ${name}`, ...members].join(", ")} }`;
  }

  #member(keyword: string, value: Json): string {
    if (keyword === "properties" && isObject(value)) return `{ ${Object.entries(value).map(([name, inner]) => `${propertyKey(name)}: ${this.#print(inner)}`).join(", ")} }`;
    if (["allOf", "anyOf", "oneOf", "x-branches"].includes(keyword) && Array.isArray(value)) return `[${value.map((inner: Json) => this.#print(inner)).join(", ")}]`;
    if (["additionalProperties", "items", "not", "if", "then", "else"].includes(keyword)) return this.#print(value);
    if (keyword === "format" && typeof value === "string") return `{ name: ${JSON.stringify(value)}, check: ${String(formats[value])} }`;
    return JSON.stringify(value);
  }
}

/** A pattern that is one class of characters is put into words. */
function expectation({ pattern }: { readonly [keyword: string]: Json }): string[] {
  const simple = typeof pattern === "string" ? readClassPattern(pattern) : undefined;
  return simple ? [`expected: ${JSON.stringify(describeClass(simple))}`] : [];
}
