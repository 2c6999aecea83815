import type { Json, JsonObject, Place } from "./ir.ts";
import { followReference, targetOf } from "./references.ts";
import { unwrap } from "./schema-format.ts";
import { childOf, isObject, listOf, samePlace, type Sources, under } from "./source.ts";

interface Inherited {
  readonly schema: JsonObject;
  readonly place: Place;
}

/**
 * A base often lists its variants with oneOf, and each variant takes the base into its allOf: read as it stands, that
 * leads round in a circle, and no value would ever be judged. What the variant means is the base without the list.
 */
export function inheritedBase(sources: Sources, part: Place, heir: Place): Inherited | undefined {
  if (typeof childOf(sources.at(part), "$ref") !== "string") return undefined;
  const base = unwrap(sources, followReference(sources, part));
  const schema = sources.at(base);
  if (!isObject(schema)) return undefined;
  const listed = (["oneOf", "anyOf"] as const).filter((list) =>
    listOf(schema[list]).some((_, index) => samePlace(unwrap(sources, followReference(sources, under(base, list, index))), heir)),
  );
  if (listed.length === 0) return undefined;
  const dropped: readonly string[] = [...listed, "discriminator"];
  return { schema: Object.fromEntries(Object.entries(schema).filter(([key]) => !dropped.includes(key))), place: base };
}

/**
 * The tag values of a variant that writes none: those that OpenAPI's mapping has for it, or the name of its schema, as
 * AsyncAPI and OpenAPI say.
 */
export function impliedTags(sources: Sources, union: Place, variant: Place): string[] {
  if (typeof childOf(sources.at(variant), "$ref") !== "string") return [];
  const target = followReference(sources, variant);
  const [holder, name] = target.path.slice(-2);
  const isNamed = (holder === "schemas" || holder === "definitions") && typeof name === "string";
  const mapping = childOf(childOf(sources.at(union), "discriminator"), "mapping");
  const mapped = Object.entries(isObject(mapping) ? mapping : {}).filter(([, to]) => {
    if (typeof to !== "string") return false;
    return (isNamed && to === name) || samePlace(followReference(sources, targetOf(sources, union, to)), target);
  });
  if (mapped.length > 0) return mapped.map(([value]) => value);
  return isNamed ? [name] : [];
}

/** The property that tells the variants of a schema apart, where it names one; OpenAPI has more to say of it. */
export function discriminatorOf(schema: JsonObject): string | undefined {
  const written: Json | undefined = schema["discriminator"];
  const name = isObject(written) ? written["propertyName"] : written;
  return typeof name === "string" ? name : undefined;
}
