import type { Json, JsonObject, Place } from "./ir.ts";
import { followReference } from "./references.ts";
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
  const base = followReference(sources, part);
  const schema = sources.at(base);
  if (!isObject(schema)) return undefined;
  const listed = (["oneOf", "anyOf"] as const).filter((list) =>
    listOf(schema[list]).some((_, index) => samePlace(followReference(sources, under(base, list, index)), heir)),
  );
  if (listed.length === 0) return undefined;
  const dropped: readonly string[] = [...listed, "discriminator"];
  return { schema: Object.fromEntries(Object.entries(schema).filter(([key]) => !dropped.includes(key))), place: base };
}

/** The tag value of a variant that writes none: AsyncAPI says it is the name of its schema. */
export function impliedTag(sources: Sources, variant: Place): string | undefined {
  if (typeof childOf(sources.at(variant), "$ref") !== "string") return undefined;
  const steps = followReference(sources, variant).path;
  const [holder, name] = steps.slice(-2);
  return (holder === "schemas" || holder === "definitions") && typeof name === "string" ? name : undefined;
}

/** The property that tells the variants of a schema apart, where it names one. */
export function discriminatorOf(schema: JsonObject): string | undefined {
  const written: Json | undefined = schema["discriminator"];
  return typeof written === "string" ? written : undefined;
}
