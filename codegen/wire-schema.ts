import type { DefaultValue, Json, Node, Place } from "./ir.ts";
import { isTag, tagValues } from "./dispatch.ts";
import { discriminatorOf, impliedTags, inheritedBase } from "./inheritance.ts";
import { keywords, mapSubschemas, visitSchema } from "./keywords.ts";
import { targetOf } from "./references.ts";
import type { SchemaReader } from "./schema.ts";
import { isArray, isObject, type Sources, under } from "./source.ts";

/** The schema as the validator gets it: references by type name, no annotations, unions by their tag. */
export function toWireSchema(schema: Json, place: Place, reader: SchemaReader, sources: Sources): Json {
  if (!isObject(schema)) return schema;
  const ref = schema["$ref"];
  if (typeof ref === "string") return { $ref: `#/definitions/${reader.nameSchema(targetOf(sources, place, ref))}` };
  const inner = mapSubschemas(schema, (child, steps) => {
    const at = under(place, ...steps);
    const base = steps[0] === "allOf" ? inheritedBase(sources, at, place) : undefined;
    return base ? toWireSchema(base.schema, base.place, reader, sources) : toWireSchema(child, at, reader, sources);
  });
  const kept: Record<string, Json> = {};
  for (const [keyword, value] of Object.entries(inner as { [key: string]: Json })) {
    if (Object.hasOwn(keywords, keyword) && keywords[keyword] === "annotation") continue;
    if (keyword === "definitions" || keyword === "discriminator" || keyword.startsWith("x-")) continue;
    kept[keyword] = value;
  }
  const tagged = tagUnion(schema, place, reader, sources);
  if (!tagged || !isArray(kept["oneOf"])) return kept;
  const { oneOf: branches, ...rest } = kept;
  return { ...rest, discriminator: { ...tagged }, "x-branches": branches ?? [] };
}

/** Every default in a schema, beside the schema it must fulfil. */
export function defaultsIn(schema: Json, place: Place, reader: SchemaReader, sources: Sources): DefaultValue[] {
  const found: DefaultValue[] = [];
  visitSchema(schema, place, (inner, at) => {
    if (!isObject(inner) || inner["default"] === undefined) return;
    found.push({ value: inner["default"], schema: toWireSchema(inner, at, reader, sources), place: under(at, "default") });
  });
  return found;
}

function tagUnion(
  schema: { readonly [key: string]: Json },
  place: Place,
  reader: SchemaReader,
  sources: Sources,
): { tag: string; values: Json[][] } | undefined {
  const tag = discriminatorOf(schema);
  if (tag === undefined) return undefined;
  if (!isArray(schema["oneOf"])) {
    sources.warn(under(place, "discriminator"), "a discriminator without oneOf says nothing");
    return undefined;
  }
  const resolve = (name: string): Node => reader.nodeOf(name);
  const values = schema["oneOf"].map((branch, index) => {
    const at = under(place, "oneOf", index);
    return [...(tagValues(reader.read(branch, at), tag, resolve)?.values ?? impliedTags(sources, place, at))];
  });
  const untagged = values.findIndex((list) => list.length === 0);
  if (untagged !== -1) {
    sources.complain(under(place, "oneOf", untagged), `the discriminator "${tag}" has no constant value in this branch`);
    return undefined;
  }
  const all = values.flat();
  const twice = all.find((value, index) => all.indexOf(value) !== index);
  if (twice !== undefined && isTag(twice)) {
    sources.complain(under(place, "discriminator"), `two branches have ${JSON.stringify(twice)} as their "${tag}"`);
    return undefined;
  }
  return { tag, values };
}

/**
 * The same schema with closed objects opened: a newer peer may say more than we know. Inside a negation opening would
 * close, and untagged branches that differ in what they forbid may now overlap.
 */
export function toTolerantSchema(schema: Json): Json {
  if (!isObject(schema)) return schema;
  const tolerant = mapSubschemas(schema, (child, steps) => (steps[0] === "not" || steps[0] === "if" ? child : toTolerantSchema(child)));
  if (!isObject(tolerant)) return tolerant;
  const opened: Record<string, Json> = { ...tolerant };
  if (opened["additionalProperties"] === false) delete opened["additionalProperties"];
  if (opened["oneOf"] !== undefined && opened["anyOf"] === undefined) {
    opened["anyOf"] = opened["oneOf"];
    delete opened["oneOf"];
  }
  return opened;
}

/** The schemas of the types that read differently once closed objects are open, in themselves or in what they refer to. */
export function tolerantSchemas(types: readonly { readonly name: string; readonly schema: Json }[]): Map<string, Json> {
  const open = new Map(types.map(({ name, schema }) => [name, toTolerantSchema(schema)]));
  const opened = new Set(
    types.filter(({ name, schema }) => JSON.stringify(open.get(name)) !== JSON.stringify(schema)).map(({ name }) => name),
  );
  for (let before = -1; before !== opened.size;) {
    before = opened.size;
    for (const { name, schema } of types) if (refsInSchema(schema).some((ref) => opened.has(ref))) opened.add(name);
  }
  return new Map([...open].filter(([name]) => opened.has(name)));
}

/** A copy of a wire schema in which every reference to a type went through `change`. */
export function mapRefs(schema: Json, change: (type: string) => string): Json {
  if (!isObject(schema)) return schema;
  const copy = mapSubschemas(schema, (child) => mapRefs(child, change)) as { readonly [key: string]: Json };
  const ref = copy["$ref"];
  return typeof ref === "string" ? { ...copy, $ref: change(ref.replace("#/definitions/", "")) } : copy;
}

/** The types a wire schema refers to. */
export function refsInSchema(schema: Json): string[] {
  const found: string[] = [];
  mapRefs(schema, (type) => {
    found.push(type);
    return type;
  });
  return found;
}
