import type { Json, JsonObject, Place } from "./ir.ts";
import { mapSubschemas } from "./keywords.ts";
import { targetOf } from "./references.ts";
import { isArray, isObject, type Sources, under } from "./source.ts";

/**
 * The schema of a block as the host reads it: for its form. A host refuses to start over a block that its schema
 * refuses, whatever else it has to do; so this one describes and refuses nothing. The validator says what is wrong, and
 * only the account in question stays down.
 */
export function hostSchema(schema: Json, place: Place, sources: Sources): JsonObject {
  const plain = plainSchema(schema, place, sources);
  return isObject(plain) ? describing(plain) : {};
}

/** Without our keys, and with every reference written out: hosts need not follow any. */
function plainSchema(schema: Json, place: Place, sources: Sources, depth = 0): Json {
  if (!isObject(schema)) return schema;
  if (typeof schema["$ref"] === "string") {
    const target = targetOf(sources, place, schema["$ref"]);
    if (depth > 16) {
      sources.error(place, "a recursive configuration cannot be written out for the host");
      return true;
    }
    const { $ref: _ref, ...siblings } = schema;
    return { ...(plainSchema(sources.at(target) ?? true, target, sources, depth + 1) as JsonObject), ...siblings };
  }
  const inner = mapSubschemas(schema, (child, steps) => plainSchema(child, under(place, ...steps), sources, depth));
  return Object.fromEntries(
    Object.entries(inner as JsonObject).filter(
      // What an account leaves out it inherits: a default of its own would say, and a host that fills in would do, otherwise.
      ([key]) => !key.startsWith("x-") && key !== "definitions" && !((key === "title" || key === "default") && depth > 0),
    ),
  );
}

/** The host's form leaves an alternative that may be null out, and so shows the other one alone. */
const anything: JsonObject = { type: ["null", "string", "number", "boolean", "object", "array"] };

const aboutObjects = new Set(["$schema", "title", "description", "default"]);

function describing(schema: JsonObject): JsonObject {
  const { properties, additionalProperties: others } = schema;
  // Without a type, what stands in an object is described, and what is none passes.
  if (isObject(properties) || isObject(others))
    return {
      ...only(schema, (key) => aboutObjects.has(key)),
      ...(isObject(properties) && { properties: describingEach(properties) }),
      ...(isObject(others) && { additionalProperties: describing(others) }),
    };
  const { description, default: preset } = schema;
  const about = { ...(description !== undefined && { description }), ...(preset !== undefined && { default: preset }) };
  return { ...about, anyOf: [asShown(only(schema, (key) => key !== "description")), anything] };
}

/** What no longer means anything, and so has no type, is not shown. */
function describingEach(properties: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(properties).flatMap(([name, schema]) => (isObject(schema) && hasShape(schema) ? [[name, describing(schema)]] : [])));
}

function hasShape(schema: JsonObject): boolean {
  return ["type", "enum", "anyOf", "properties"].some((key) => schema[key] !== undefined);
}

/** In the forms that the host's own form knows inside an alternative: a choice, and a text that may be an object. */
function asShown(schema: JsonObject): JsonObject {
  const { enum: choices, anyOf: branches, ...others } = schema;
  if (isArray(choices)) return { ...others, anyOf: choices.map((choice) => ({ const: choice })) };
  if (!isArray(branches)) return schema;
  const types = branches.flatMap((branch) => (isObject(branch) && typeof branch["type"] === "string" ? [branch["type"]] : []));
  return { ...others, type: types };
}

function only(schema: JsonObject, keep: (key: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => keep(key)));
}
