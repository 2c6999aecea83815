import type { Json, Path, Place } from "./ir.ts";
import { isObject, under } from "./source.ts";

/** How the value of a JSON Schema keyword is made of further schemas. */
export type KeywordForm = "schema" | "list" | "map" | "schema-or-list" | "map-or-names" | "data" | "annotation";

/** Draft-07 and the additions of AsyncAPI's schema object. */
export const keywords: Readonly<Record<string, KeywordForm>> = {
  $ref: "data",
  type: "data",
  const: "data",
  enum: "data",
  multipleOf: "data",
  maximum: "data",
  exclusiveMaximum: "data",
  minimum: "data",
  exclusiveMinimum: "data",
  maxLength: "data",
  minLength: "data",
  pattern: "data",
  format: "data",
  maxItems: "data",
  minItems: "data",
  uniqueItems: "data",
  maxProperties: "data",
  minProperties: "data",
  required: "data",
  discriminator: "data",
  items: "schema-or-list",
  additionalItems: "schema",
  contains: "schema",
  additionalProperties: "schema",
  propertyNames: "schema",
  not: "schema",
  if: "schema",
  // oxlint-disable-next-line unicorn/no-thenable
  then: "schema",
  else: "schema",
  properties: "map",
  patternProperties: "map",
  definitions: "map",
  dependencies: "map-or-names",
  allOf: "list",
  anyOf: "list",
  oneOf: "list",
  // Ours: the branches of a union that is told apart by its tag.
  "x-branches": "list",
  $schema: "annotation",
  $id: "annotation",
  $comment: "annotation",
  title: "annotation",
  description: "annotation",
  default: "annotation",
  examples: "annotation",
  deprecated: "annotation",
  externalDocs: "annotation",
  readOnly: "annotation",
  writeOnly: "annotation",
  contentEncoding: "annotation",
  contentMediaType: "annotation",
  // What the string's text says; the validator of the string does not read it.
  contentSchema: "annotation",
};

/** The schemas directly inside a schema, with the steps that lead to them. */
export function* subschemas(schema: Json): Generator<readonly [Path, Json]> {
  if (!isObject(schema)) return;
  for (const [keyword, value] of Object.entries(schema)) {
    switch (Object.hasOwn(keywords, keyword) ? keywords[keyword] : undefined) {
      case "schema":
        yield [[keyword], value];
        break;
      case "list":
      case "schema-or-list":
        if (Array.isArray(value)) for (const [index, item] of (value as readonly Json[]).entries()) yield [[keyword, index], item];
        else if (keyword === "items") yield [[keyword], value];
        break;
      case "map":
      case "map-or-names":
        if (isObject(value)) for (const [name, item] of Object.entries(value)) if (!Array.isArray(item)) yield [[keyword, name], item];
        break;
      case "data":
      case "annotation":
      case undefined:
        break;
    }
  }
}

/** Visits a schema and every schema written inside it; follows no reference. */
export function visitSchema(schema: Json, place: Place, visit: (schema: Json, place: Place) => void): void {
  visit(schema, place);
  for (const [steps, child] of subschemas(schema)) visitSchema(child, under(place, ...steps), visit);
}

/** A copy in which every inner schema went through `change`. */
export function mapSubschemas(schema: Json, change: (schema: Json, steps: Path) => Json): Json {
  if (!isObject(schema)) return schema;
  const copy: Record<string, Json> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    const form = Object.hasOwn(keywords, keyword) ? keywords[keyword] : undefined;
    if (form === "schema" || (form === "schema-or-list" && !Array.isArray(value))) copy[keyword] = change(value, [keyword]);
    else if ((form === "list" || form === "schema-or-list") && Array.isArray(value)) {
      copy[keyword] = (value as readonly Json[]).map((item, index) => change(item, [keyword, index]));
    } else if ((form === "map" || form === "map-or-names") && isObject(value)) {
      copy[keyword] = Object.fromEntries(
        Object.entries(value).map(([name, item]) => [name, Array.isArray(item) ? item : change(item, [keyword, name])]),
      );
    } else copy[keyword] = value;
  }
  return copy;
}
