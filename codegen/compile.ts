import { Ajv } from "ajv";
import { defineKeywords } from "./emit/ajv-keywords.ts";
import { formats } from "./emit/formats.ts";
import type { DefaultValue, Json, NamedType, Path } from "./ir.ts";
import { type ErrorDescription, describe, type ValidationError } from "./runtime/runtime.ts";
import { mapSubschemas } from "./keywords.ts";
import type { Sources } from "./source.ts";
import { mapRefs } from "./wire-schema.ts";

/** The id under which ajv knows the types of a document. */
export const typesId = "types";

export interface CompileOptions {
  /** Own documents: whatever ajv finds odd is an error. */
  readonly strict: boolean;
  /** Every fault of a value, not the first one only. */
  readonly allErrors?: boolean;
  /** Nothing is checked often: small before quick. */
  readonly small?: boolean;
  /** The code runs here and is printed nowhere, so that nobody minds what it looks like. */
  readonly unprinted?: boolean;
}

/** Names of every object's prototype as properties cost all validators much speed, so only who has them pays. */
const inherited = new Set(Object.getOwnPropertyNames(Object.prototype));

export function newAjv(types: readonly NamedType[], { strict, allErrors = false, small = false, unprinted = false }: CompileOptions): Ajv {
  const ajv = new Ajv({
    strict,
    allErrors,
    strictRequired: false,
    allowUnionTypes: true,
    // A scalar behind a reference is checked in place; a call for each would cost as much as the check.
    inlineRefs: small ? false : 4,
    logger: false,
    // What an error says to people is made from its parameters.
    messages: false,
    ownProperties: types.some(({ schema }) => mentionsInherited(schema)),
    unicodeRegExp: types.every(({ schema }) => hasPlainPatterns(schema)),
    formats,
    code: unprinted ? { optimize: false } : { source: true, esm: true, lines: true },
  });
  defineKeywords(ajv);
  ajv.addSchema({ $id: typesId, definitions: Object.fromEntries(types.map(({ name, schema }) => [name, withFullReferences(schema) as object])) });
  return ajv;
}

const shared = new WeakMap<readonly NamedType[], Ajv>();

/** One ajv for everything that is made of the same types: compiling them takes longer than all else does. */
export function sharedAjv(types: readonly NamedType[], options: CompileOptions): Ajv {
  const ajv = shared.get(types) ?? newAjv(types, options);
  shared.set(types, ajv);
  return ajv;
}

/** Validators that run here, for examples and defaults; the same that are printed. */
export class CompiledTypes {
  readonly ajv: Ajv;
  readonly #types: readonly NamedType[];
  readonly #options: CompileOptions;
  #scratch: Ajv | undefined;

  constructor(types: readonly NamedType[], options: CompileOptions, sources: Sources) {
    this.#types = types;
    this.#options = options;
    this.ajv = sharedAjv(types, options);
    for (const { name, place } of types) {
      try {
        this.ajv.getSchema(typeId(name));
      } catch (error) {
        sources.error(place, `"${name}" makes no validator: ${messageOf(error)}`);
      }
    }
  }

  /** What is wrong with a value of a type, and where in the value; undefined when nothing is. */
  check(type: string, value: Json): (ErrorDescription & { readonly steps: Path }) | undefined {
    const validate = this.ajv.getSchema(typeId(type));
    if (!validate || validate(value) === true) return undefined;
    return explain(validate.errors as readonly ValidationError[], value);
  }

  checkDefault({ schema, value }: DefaultValue): (ErrorDescription & { readonly steps: Path }) | undefined {
    // Apart from the shared one, whose printed names would change with every default.
    this.#scratch ??= newAjv(this.#types, { ...this.#options, unprinted: true });
    const validate = this.#scratch.compile(mapRefs(schema, typeId) as object);
    if (validate(value)) return undefined;
    return explain(validate.errors as readonly ValidationError[], value);
  }
}

export function typeId(name: string): string {
  return `${typesId}#/definitions/${name}`;
}

function explain(errors: readonly ValidationError[], value: Json): ErrorDescription & { readonly steps: Path } {
  const description = describe(errors, value);
  const pointer = errors.at(-1)?.instancePath ?? "";
  return {
    ...description,
    steps: pointer
      .split("/")
      .slice(1)
      .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~")),
  };
}

/** Whether every pattern is one with the flag `u`, too. */
export function hasPlainPatterns(schema: Json): boolean {
  return patternsIn(schema).every((pattern) => isRegExp(pattern, "u"));
}

export function mentionsInherited(schema: Json): boolean {
  if (Array.isArray(schema)) return (schema as readonly Json[]).some(mentionsInherited);
  if (typeof schema !== "object" || schema === null) return false;
  return Object.entries(schema as { readonly [key: string]: Json }).some(
    ([key, value]) =>
      inherited.has(key) ||
      (key === "required" && Array.isArray(value) && value.some((name) => inherited.has(String(name)))) ||
      mentionsInherited(value),
  );
}

/** What ajv takes for the keyword of a simple check, wherever it stands. */
const simple = new Set(
  "type format pattern maxLength minLength maxProperties minProperties maxItems minItems maximum minimum uniqueItems multipleOf required enum const".split(" "),
);

/** A reference in a property of such a name is overlooked by ajv, which may then read it as if it stood elsewhere: it says where it leads in full. */
function withFullReferences(schema: Json): Json {
  return mapSubschemas(schema, (child, steps) => (steps.length > 1 && simple.has(String(steps[1])) ? mapRefs(child, typeId) : withFullReferences(child)));
}

function patternsIn(schema: Json): string[] {
  if (Array.isArray(schema)) return (schema as readonly Json[]).flatMap(patternsIn);
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema as { readonly [key: string]: Json }).flatMap(([key, value]) =>
    key === "pattern" && typeof value === "string" ? [value] : patternsIn(value),
  );
}

export function isRegExp(pattern: string, flags: string): boolean {
  try {
    void new RegExp(pattern, flags);
    return true;
  } catch {
    return false;
  }
}

function messageOf(error: unknown): string {
  return String(error instanceof Error ? error.message : error);
}
