import type { Json, NamedType } from "./ir.ts";
import { mapSubschemas } from "./keywords.ts";
import { shareEqual } from "./share.ts";
import { isObject } from "./source.ts";
import { refsInSchema } from "./wire-schema.ts";

/** Keywords of a schema that is checked in place: a call for it would cost as much as the check. */
const MOST_KEYWORDS = 4;

/** The types named, and all that they lead to. */
export function reachable(types: readonly NamedType[], names: readonly string[]): ReadonlySet<string> {
  const schemas = new Map(types.map(({ name, schema }) => [name, schema]));
  const found = new Set(names);
  for (const name of found) for (const ref of refsInSchema(schemas.get(name) ?? true)) found.add(ref);
  return found;
}

/**
 * The same types, to be compiled without inlining: those that are `quick` have what is simple in place, the others share
 * what stands in several places. `beside` are types that they lead to and that are compiled already.
 */
export function quickOrSmall(types: readonly NamedType[], quick: ReadonlySet<string>, beside: readonly NamedType[] = []): NamedType[] {
  const schemas = new Map([...beside, ...types].map(({ name, schema }) => [name, schema]));
  const inline = (schema: Json): Json => {
    const ref = isObject(schema) && typeof schema["$ref"] === "string" ? schemas.get(schema["$ref"].replace("#/definitions/", "")) : undefined;
    return ref !== undefined && countKeywords(ref) <= MOST_KEYWORDS ? ref : mapSubschemas(schema, inline);
  };
  const small = shareEqual(types.filter(({ name }) => !quick.has(name)));
  return [...types.filter(({ name }) => quick.has(name)).map((type) => ({ ...type, schema: inline(type.schema) })), ...small.types, ...small.shared];
}

function countKeywords(schema: Json): number {
  if (!isObject(schema)) return 0;
  if (schema["$ref"] !== undefined) return Infinity;
  let inner = 0;
  mapSubschemas(schema, (child) => {
    inner += countKeywords(child);
    return child;
  });
  return Object.keys(schema).length + inner;
}
