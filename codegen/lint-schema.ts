import { isRegExp } from "./compile.ts";
import { formats } from "./emit/formats.ts";
import type { Json, JsonObject, Place } from "./ir.ts";
import { keywords, subschemas } from "./keywords.ts";
import { isArray, isObject, type Sources, under } from "./source.ts";

/** Reports what is wrong in a schema as it is written, and in every schema inside it. `ours` are the `x-` keys we read. */
export function lintSchema(sources: Sources, schema: Json, place: Place, ours: ReadonlySet<string>): void {
  const linter = new SchemaLinter(sources, ours);
  linter.visit(schema, place, false);
}

/** Keywords whose schemas speak of the same value again, so that the type is said already. */
const sameValue = new Set(["allOf", "anyOf", "oneOf", "if", "then", "else", "not"]);
const refSiblings = new Set(["$ref", "title", "description", "deprecated", "default", "examples"]);
const inherited = new Set(Object.getOwnPropertyNames(Object.prototype));

class SchemaLinter {
  readonly #sources: Sources;
  readonly #ours: ReadonlySet<string>;

  constructor(sources: Sources, ours: ReadonlySet<string>) {
    this.#sources = sources;
    this.#ours = ours;
  }

  visit(schema: Json, place: Place, partial: boolean): void {
    if (!isObject(schema)) return;
    this.#lintKeywords(schema, place);
    if (schema["$ref"] === undefined) {
      this.#lintText(schema, place);
      this.#lintBounds(schema, place);
      if (!partial) this.#lintWhole(schema, place);
    }
    for (const [steps, child] of subschemas(schema)) this.visit(child, under(place, ...steps), sameValue.has(String(steps[0])));
  }

  #lintKeywords(schema: JsonObject, place: Place): void {
    const isRef = schema["$ref"] !== undefined;
    for (const key of Object.keys(schema)) {
      const at = under(place, key);
      if (key.startsWith("x-parser-")) continue;
      if (key.startsWith("x-")) {
        if (!this.#ours.has(key) && this.#sources.own) this.#sources.error(at, `unknown extension "${key}" of a schema`);
      } else if (!Object.hasOwn(keywords, key)) {
        const near = closest(key, Object.keys(keywords));
        this.#sources.complain(at, `unknown keyword "${key}"${near === undefined ? "" : `, did you mean "${near}"?`}`);
      } else if (isRef && !refSiblings.has(key)) this.#sources.complain(at, `"${key}" beside $ref has no effect; use allOf`);
    }
  }

  #lintText(schema: JsonObject, place: Place): void {
    const { pattern, format, type } = schema as { pattern?: Json; format?: Json; type?: Json };
    if (typeof pattern === "string") {
      const fault = regExpFault(pattern);
      // Without the flag u more is allowed, which other people's documents may rely on.
      const severity = this.#sources.own || !isRegExp(pattern, "") ? "error" : "warning";
      if (fault !== undefined) this.#sources.report(severity, under(place, "pattern"), `the pattern is no regular expression: ${fault}`);
      else if (this.#sources.own && !isAnchored(pattern))
        this.#sources.error(under(place, "pattern"), "the pattern must be anchored with ^ and $");
    }
    const isOfNumber = (isArray(type) ? type : [type]).some((each) => each === "number" || each === "integer");
    if (typeof format === "string" && !Object.hasOwn(formats, format) && !isOfNumber) {
      this.#sources.complain(under(place, "format"), `unknown format "${format}"; known are ${Object.keys(formats).join(", ")}`);
    }
    const inheritedName = isObject(schema["properties"]) && Object.keys(schema["properties"]).find((name) => inherited.has(name));
    if (typeof inheritedName === "string" && this.#sources.own)
      this.#sources.error(
        under(place, "properties", inheritedName),
        `every object inherits a "${inheritedName}"; name the property otherwise`,
      );
  }

  #lintBounds(schema: JsonObject, place: Place): void {
    for (const [least, most] of [
      ["minLength", "maxLength"],
      ["minItems", "maxItems"],
      ["minimum", "maximum"],
      ["minProperties", "maxProperties"],
    ] as const) {
      const [low, high] = [schema[least], schema[most]];
      if (typeof low === "number" && typeof high === "number" && low > high)
        this.#sources.error(under(place, least), `no value can satisfy this: ${least} ${low} is above ${most} ${high}`);
    }
    for (const key of ["const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]) {
      const value = schema[key];
      if (typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER)
        this.#sources.complain(under(place, key), `${key} is beyond 9007199254740991, where numbers lose digits`);
    }
  }

  /** What a schema owes its readers when nothing around it says it already. */
  #lintWhole(schema: JsonObject, place: Place): void {
    const { type } = schema;
    const isClosed = schema["const"] !== undefined || schema["enum"] !== undefined;
    const typed = Object.entries(impliedBy).find(([keyword]) => schema[keyword] !== undefined);
    if (type === undefined && typed && !isClosed) this.#sources.complain(place, `"${typed[0]}" without a type; say type: ${typed[1]}`);
    if (!this.#sources.own || isClosed) return;
    const types = isArray(type) ? type : [type];
    // What is checked once, in configuration or behind another limit, may be open on one side only where a union says so.
    if (
      type === "string" &&
      schema["maxLength"] === undefined &&
      !(typeof schema["format"] === "string" && boundedFormats.has(schema["format"]))
    )
      this.#sources.error(place, "a string needs a maxLength");
    if (type === "array" && schema["maxItems"] === undefined) this.#sources.error(place, "an array needs a maxItems");
    if (types.includes("integer") && (lacks(schema, "minimum", "exclusiveMinimum") || lacks(schema, "maximum", "exclusiveMaximum"))) {
      this.#sources.error(place, "an integer needs a minimum and a maximum");
    }
    const required = isArray(schema["required"]) ? schema["required"] : [];
    const properties = isObject(schema["properties"]) ? schema["properties"] : {};
    for (const [index, name] of required.entries()) {
      if (typeof name !== "string" || type !== "object" || schema["allOf"] !== undefined || Object.hasOwn(properties, name)) continue;
      this.#sources.error(under(place, "required", index), `"${name}" is required but not described`);
    }
  }
}

const boundedFormats = new Set(["uuid", "date", "ipv4"]);

const impliedBy: Readonly<Record<string, string>> = {
  properties: "object",
  required: "object",
  additionalProperties: "object",
  items: "array",
  maxItems: "array",
  minLength: "string",
  maxLength: "string",
  pattern: "string",
  minimum: "number",
  maximum: "number",
};

function lacks(schema: JsonObject, ...keys: string[]): boolean {
  return keys.every((key) => schema[key] === undefined);
}

function regExpFault(pattern: string): string | undefined {
  try {
    void new RegExp(pattern, "u");
    return undefined;
  } catch (error) {
    return String(error instanceof Error ? error.message : error).replace(/^Invalid regular expression: /u, "");
  }
}

function isAnchored(pattern: string): boolean {
  return pattern.startsWith("^") && pattern.endsWith("$") && !pattern.endsWith("\\$");
}

/** The known word that takes the fewest edits, if it takes few. */
function closest(word: string, known: readonly string[]): string | undefined {
  const ranked = known.map((candidate) => ({ candidate, edits: editDistance(word, candidate) })).sort((a, b) => a.edits - b.edits);
  return ranked[0] && ranked[0].edits <= 2 ? ranked[0].candidate : undefined;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, left] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, right] of Array.from(b).entries())
      next.push(Math.min((row[j] ?? 0) + (left === right ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    row = next;
  }
  return row.at(-1) ?? 0;
}
