import { expectationOf } from "./expectations.ts";
import type { EnvVariable, Json, JsonObject, Place } from "./ir.ts";
import { targetOf } from "./references.ts";
import { childOf, isArray, isObject, listOf, type Sources, under } from "./source.ts";

const hintKeys: Readonly<Record<string, string>> = {
  label: "string",
  help: "string",
  advanced: "boolean",
  sensitive: "boolean",
  placeholder: "string",
  tags: "array",
};

/** Collects what stands beside the schema: form hints and environment variables, by dotted path. */
export class ConfigWalk {
  readonly hints: Record<string, Json> = {};
  readonly env: EnvVariable[] = [];
  /** What each field may hold, in words; of an account's fields those of the root, which are the same. */
  readonly expectations: Record<string, string> = {};
  readonly secrets = new Set<string>();
  readonly #sources: Sources;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  visit(schema: Json, place: Place, path: readonly string[]): void {
    if (!isObject(schema) || path.length > 12) return;
    this.#expect(schema, place, path);
    if (typeof schema["$ref"] === "string") {
      const target = targetOf(this.#sources, place, schema["$ref"]);
      this.visit(this.#sources.at(target) ?? true, target, path);
      return;
    }
    if (path.length > 0) this.#collect(schema, place, path);
    const properties = isObject(schema["properties"]) ? schema["properties"] : {};
    for (const [name, property] of Object.entries(properties)) this.visit(property, under(place, "properties", name), [...path, name]);
    if (isObject(schema["additionalProperties"]))
      this.visit(schema["additionalProperties"], under(place, "additionalProperties"), [...path, "*"]);
    if (isObject(schema["items"])) this.visit(schema["items"], under(place, "items"), [...path, "*"]);
    for (const [index, branch] of listOf(schema["anyOf"]).entries()) this.#visitBranch(branch, under(place, "anyOf", index), path);
  }

  /** What stands in an object that is one of several forms is a field too; the forms themselves are none. */
  #visitBranch(branch: Json, place: Place, path: readonly string[]): void {
    if (!isObject(branch)) return;
    const target = typeof branch["$ref"] === "string" ? targetOf(this.#sources, place, branch["$ref"]) : place;
    const { properties } = this.#resolved(branch, place);
    if (!isObject(properties)) return;
    for (const [name, property] of Object.entries(properties)) this.visit(property, under(target, "properties", name), [...path, name]);
  }

  #resolved(schema: JsonObject, place: Place): JsonObject {
    if (typeof schema["$ref"] !== "string") return schema;
    const target = this.#sources.at(targetOf(this.#sources, place, schema["$ref"]));
    return isObject(target) ? target : {};
  }

  #expect(schema: JsonObject, place: Place, path: readonly string[]): void {
    if (path.length === 0 || (path[0] === "accounts" && path.length > 2)) return;
    const words = expectationOf(schema, (inner) => this.#resolved(inner, place));
    if (words !== undefined) this.expectations[path.join(".")] = words;
  }

  #collect(schema: JsonObject, place: Place, path: readonly string[]): void {
    const hint = this.#readHint(schema, place);
    if (hint) this.hints[path.join(".")] = hint;
    const last = path.at(-1);
    if (last !== undefined && (schema["x-sensitive"] === true || hint?.["sensitive"] === true)) this.secrets.add(last);
    const variable = schema["x-env"];
    // An account has no variable of its own: the variable speaks for the root, which accounts inherit.
    if (variable === undefined || path.includes("*")) return;
    const type = typeOfText(schema);
    if (typeof variable !== "string") this.#sources.error(under(place, "x-env"), "x-env must be the name of an environment variable");
    else if (typeof type !== "string" || !["string", "boolean", "integer", "number"].includes(type))
      this.#sources.error(under(place, "x-env"), "an environment variable holds a string, a boolean or a number");
    else
      this.env.push({
        name: variable,
        path: path.join("."),
        type,
        ...(typeof schema["description"] === "string" && { description: schema["description"] }),
      });
  }

  #readHint(schema: JsonObject, place: Place): Record<string, Json> | undefined {
    const written = schema["x-ui"];
    if (written === undefined) return undefined;
    if (!isObject(written)) {
      this.#sources.error(under(place, "x-ui"), "x-ui must be an object");
      return undefined;
    }
    for (const [key, value] of Object.entries(written)) {
      if (!Object.hasOwn(hintKeys, key))
        this.#sources.error(under(place, "x-ui", key), `unknown hint "${key}"; known are ${Object.keys(hintKeys).join(", ")}`);
      else if ((isArray(value) ? "array" : typeof value) !== hintKeys[key])
        this.#sources.error(under(place, "x-ui", key), `the hint "${key}" must be a ${hintKeys[key] ?? ""}`);
    }
    // Forms show the schema's description where a hint has no help of its own.
    return written;
  }
}

/** The type of a field as a variable can hold it; of a secret, which may also be a reference, the text's. */
function typeOfText(schema: JsonObject): Json | undefined {
  if (schema["type"] !== undefined || !isArray(schema["anyOf"])) return schema["type"];
  return schema["anyOf"].map((branch) => childOf(branch, "type")).find((type) => type !== undefined && type !== "object");
}
