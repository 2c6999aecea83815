import { describeClass, readClassPattern } from "./emit/character-class.ts";
import type { Json, JsonObject } from "./ir.ts";
import { isArray, isObject } from "./source.ts";

const SPACE = 0x20;
const LAST_PRINTABLE = 0x7e;

const nouns: Readonly<Record<string, string>> = { boolean: "true or false", object: "an object", array: "an array", null: "null" };

/** What a field of a configuration may hold, in words that follow "expected"; undefined where it may hold anything. */
export function expectationOf(schema: JsonObject, resolve: (schema: JsonObject) => JsonObject): string | undefined {
  const { type, enum: choices, anyOf: branches } = resolve(schema);
  if (isArray(choices)) return either(choices.map((choice) => JSON.stringify(choice)));
  if (isArray(branches)) return either(branches.flatMap((branch) => (isObject(branch) ? [branchOf(branch, resolve)] : [])));
  if (isArray(type)) return either(type.flatMap((each) => (typeof each === "string" ? [plain(each, schema)] : [])));
  return typeof type === "string" ? plain(type, schema) : undefined;
}

/** An object beside other forms is known by its name: `SecretRef`. */
function branchOf(branch: JsonObject, resolve: (schema: JsonObject) => JsonObject): string {
  const name = typeof branch["$ref"] === "string" ? branch["$ref"].split("/").at(-1) : undefined;
  return name === undefined ? (expectationOf(branch, resolve) ?? "anything") : `a ${name}`;
}

function plain(type: string, schema: JsonObject): string {
  switch (type) {
    case "integer":
    case "number":
      return `a ${type === "integer" ? "whole " : ""}number${bounds(schema["minimum"], schema["maximum"], "")}`;
    case "string":
      return text(schema);
    case "array":
      return `an array${bounds(schema["minItems"], schema["maxItems"], " entries")}`;
    case "object":
      return `an object${bounds(schema["minProperties"], schema["maxProperties"], " entries")}`;
    default:
      return nouns[type] ?? type;
  }
}

function text({ minLength, maxLength, format, pattern }: JsonObject): string {
  const noun = format === "uri" ? "an address with its scheme" : "a string";
  return `${noun}${bounds(minLength, maxLength, " characters")}${typeof pattern === "string" ? ` (${patternWords(pattern)})` : ""}`;
}

function patternWords(pattern: string): string {
  const simple = readClassPattern(pattern);
  if (!simple) return `matching ${pattern}`;
  const range = simple.negated || simple.ranges.length !== 1 ? undefined : simple.ranges[0];
  if (range?.[1] === LAST_PRINTABLE && range[0] === SPACE) return "printable ASCII";
  if (range?.[1] === LAST_PRINTABLE && range[0] === SPACE + 1) return "ASCII without spaces";
  return describeClass(simple);
}

function bounds(least: Json | undefined, most: Json | undefined, unit: string): string {
  const [from, to] = [typeof least === "number" ? least : undefined, typeof most === "number" ? most : undefined];
  if (from !== undefined && to !== undefined) return unit === "" ? ` from ${from} to ${to}` : ` of ${from} to ${to}${unit}`;
  if (from !== undefined) return ` of at least ${from}${unit}`;
  return to === undefined ? "" : ` of at most ${to}${unit}`;
}

function either(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1) ?? ""}`;
}
