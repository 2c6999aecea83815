import type { Json, JsonObject, Path } from "./ir.ts";
import { isWrapped } from "./schema-format.ts";
import { isObject } from "./source.ts";

/** What a document says about brokers, tools, people and examples, of which nothing is generated that can be wrong. */
const besideTheWire = new Set([
  "bindings",
  "correlationId",
  "correlationIds",
  "description",
  "examples",
  "externalDocs",
  "id",
  "info",
  "parameters",
  "security",
  "securitySchemes",
  "servers",
  "serverVariables",
  "summary",
  "tags",
]);

/** Maps in which anything may have such a name. */
const named = new Set(["channels", "definitions", "messages", "messageTraits", "operations", "operationTraits", "patternProperties", "properties", "schemas"]);

export function isBesideTheWire(path: Path): boolean {
  return path.some((step, index) => besideTheWire.has(String(step)) && !named.has(String(path[index - 1])));
}

/**
 * A document without all of which nothing is generated. Where the parser complains of a part of a message, it takes the
 * whole message for something else, and says more of it than is wrong.
 */
export function wireOnly(document: Json): Json {
  if (!isObject(document)) return document;
  const kept = { ...(bare(document, "") as JsonObject), info: { title: "any", version: "any" } };
  return JSON.stringify(document).includes("vnd.oai.openapi") ? withoutListedSchemas(kept) : kept;
}

/** They may be of another language, which only those say who refer to them. */
function withoutListedSchemas(document: JsonObject): JsonObject {
  const { components } = document;
  if (!isObject(components) || !isObject(components["schemas"])) return document;
  const schemas = Object.fromEntries(Object.keys(components["schemas"]).map((name) => [name, {}]));
  return { ...document, components: { ...components, schemas } };
}

/** The parser knows the words of AsyncAPI's own schemas only. */
const schemaKeys = new Set(["payload", "schemaFormat"]);

/** Where OpenAPI says more of a discriminator than its name, it is read as well. */
function isMapped(key: string, value: Json): boolean {
  return key === "discriminator" && isObject(value);
}

function bare(data: Json, holder: string): Json {
  if (Array.isArray(data)) return (data as readonly Json[]).map((item) => bare(item, ""));
  if (!isObject(data)) return data;
  const format = data["schemaFormat"];
  const isForeign = typeof format === "string" && !/^application\/(?:vnd\.aai\.|schema)/u.test(format);
  if (isForeign && isWrapped(data)) return {};
  const kept = Object.entries(data).filter(([key, value]) => named.has(holder) || !(besideTheWire.has(key) || (isForeign && schemaKeys.has(key)) || isMapped(key, value)));
  return Object.fromEntries(kept.map(([key, value]) => [key, bare(value, key)]));
}
