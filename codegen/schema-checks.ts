import type { Check, Json, JsonObject } from "./ir.ts";
import { subschemas } from "./keywords.ts";
import { isArray, isObject, listOf } from "./source.ts";

/** The types that keywords speak of. */
const impliedTypes = {
  object: ["properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties"],
  array: ["items", "minItems", "maxItems", "uniqueItems", "additionalItems"],
  string: ["minLength", "maxLength", "pattern", "format"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
} as const;

/** The types that a schema speaks of, whether or not it writes them. */
export function impliedTypesOf(schema: JsonObject): (keyof typeof impliedTypes)[] {
  return (["object", "array", "string", "number"] as const).filter((type) => impliedTypes[type].some((word) => schema[word] !== undefined));
}

/** The keywords of a schema that have no TypeScript shape. */
export function readChecks(schema: JsonObject): Check[] {
  const checks: Check[] = [];
  for (const keyword of ["not", "if", "contains", "dependencies", "propertyNames"]) {
    if (schema[keyword] === undefined) continue;
    const parts = keyword === "if" ? ["if", "then", "else"] : [keyword];
    const mentions = new Set(
      parts.flatMap((part) => mentionsOf(part === "dependencies" ? { dependencies: schema[part] ?? {} } : schema[part])),
    );
    const when = keyword === "if" ? readCondition(schema) : undefined;
    const written = Object.fromEntries(parts.flatMap((part) => (schema[part] === undefined ? [] : [[part, schema[part]]])));
    checks.push({ keyword, mentions: [...mentions], ...(when && { when }), written });
  }
  return [...checks, ...unshapedChecks(schema)];
}

const shaping: ReadonlySet<string> = new Set(Object.values(impliedTypes).flat());

/** Bounds of several types at once where no type is written, and bounds of what can be a few values only. */
function unshapedChecks(schema: JsonObject): Check[] {
  const isLiteral = "const" in schema || schema["enum"] !== undefined;
  const isOfSeveral = schema["type"] === undefined && impliedTypesOf(schema).length > 1;
  const isBoth = "const" in schema && schema["enum"] !== undefined;
  const bounds = Object.keys(schema).filter((key) => shaping.has(key));
  const isUniqueTuple = isArray(schema["items"]) && schema["uniqueItems"] === true;
  const kept = [...(isBoth ? ["enum"] : []), ...(isLiteral || isOfSeveral ? bounds : isUniqueTuple ? ["uniqueItems"] : [])];
  return kept.map((keyword) => ({ keyword, mentions: mentionsOf({ [keyword]: schema[keyword] ?? null }), written: { [keyword]: schema[keyword] ?? null } }));
}

/** `if: {properties: {p: {const: v}}, required: [p]}, then: {required: [...]}` and nothing more. */
function readCondition(schema: JsonObject): Check["when"] {
  const [condition, consequence] = [schema["if"], schema["then"]];
  if (!isObject(condition) || !isObject(consequence) || schema["else"] !== undefined) return undefined;
  if (Object.keys(consequence).join() !== "required" || Object.keys(condition).sort().join() !== "properties,required") return undefined;
  const [entry, ...more] = Object.entries(isObject(condition["properties"]) ? condition["properties"] : {});
  const required = listOf(condition["required"]);
  const requires = listOf(consequence["required"]).filter((name) => typeof name === "string");
  if (!entry || more.length > 0 || required.length !== 1 || required[0] !== entry[0]) return undefined;
  if (!isObject(entry[1]) || Object.keys(entry[1]).join() !== "const") return undefined;
  return { property: entry[0], value: entry[1]["const"] ?? null, requires };
}

function mentionsOf(schema: Json | undefined): string[] {
  if (!isObject(schema)) return [];
  const names = listOf(schema["required"]).filter((name) => typeof name === "string");
  if (isObject(schema["dependencies"]))
    for (const value of Object.values(schema["dependencies"])) names.push(...listOf(value).filter((name) => typeof name === "string"));
  for (const [steps, child] of subschemas(schema)) {
    if (steps.length === 2 && (steps[0] === "properties" || steps[0] === "dependencies")) names.push(String(steps[1]));
    names.push(...mentionsOf(child));
  }
  return names;
}
