import { OpenApiTranslator } from "./openapi-schema.ts";
import type { Json, JsonObject, Place } from "./ir.ts";
import { isObject, type Sources, under } from "./source.ts";

/** What a schema is written in, by the name that stands beside or around it. */
export type SchemaLanguage = "json-schema" | "openapi-3.0" | "unknown";

/** AsyncAPI's own format is JSON Schema draft-07 with a few words more; OpenAPI is JSON Schema since 3.1. */
export function languageOf(format: string): SchemaLanguage {
  if (/^application\/(?:vnd\.aai\.asyncapi|schema)(?:\+(?:json|yaml))?(?:;|$)/u.test(format)) return "json-schema";
  const openApi = /^application\/vnd\.oai\.openapi(?:\+(?:json|yaml))?;version=3\.(\d+)/u.exec(format)?.[1];
  return openApi === "0" ? "openapi-3.0" : openApi === "1" ? "json-schema" : "unknown";
}

/** A schema with the name of its format around it, as AsyncAPI 3 has it. */
export function isWrapped(data: Json | undefined): data is JsonObject & { readonly schemaFormat: string } {
  return isObject(data) && typeof data["schemaFormat"] === "string" && data["schema"] !== undefined;
}

/** The schema that its wrapping holds, in words of JSON Schema. */
export function unwrap(sources: Sources, place: Place): Place {
  const data = sources.at(place);
  if (!isWrapped(data)) return place;
  const schema = under(place, "schema");
  readAs(sources, data.schemaFormat, under(place, "schemaFormat"), schema);
  return schema;
}

/** Makes JSON Schema of what is written in another language, and refuses what is in one that cannot be read. */
export function readAs(sources: Sources, format: string, formatPlace: Place, schema: Place): void {
  const language = languageOf(format);
  if (language === "unknown")
    sources.error(formatPlace, `schema format ${JSON.stringify(format)} is not read; only JSON Schema and the schemas of OpenAPI 3 are`);
  if (language === "openapi-3.0") new OpenApiTranslator(sources).translate(schema);
}
