import type { Json, JsonObject, Place } from "./ir.ts";
import { mapSubschemas } from "./keywords.ts";
import { targetOf } from "./references.ts";
import { isArray, isObject, placeKey, type Sources, under } from "./source.ts";

const types = ["array", "boolean", "integer", "null", "number", "object", "string"];

/**
 * Puts the schemas of OpenAPI 3.0, which are of an older JSON Schema with words of their own, in words of draft-07. Each
 * stays where it stands, so that a finding has its place, and what it refers to is read in the same way.
 */
export class OpenApiTranslator {
  readonly #sources: Sources;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  translate(place: Place): void {
    if (this.#sources.translated.has(placeKey(place))) return;
    this.#sources.translated.add(placeKey(place));
    const referred: Place[] = [];
    const schema = this.#sources.at(place);
    if (schema === undefined) return;
    this.#sources.rewrite(place, this.#translated(schema, place, referred));
    for (const target of referred) this.translate(target);
  }

  #translated(schema: Json, place: Place, referred: Place[]): Json {
    if (!isObject(schema)) return schema;
    if (typeof schema["$ref"] === "string") {
      referred.push(targetOf(this.#sources, place, schema["$ref"]));
      return schema;
    }
    const inner = mapSubschemas(schema, (child, steps) => this.#translated(child, under(place, ...steps), referred)) as JsonObject;
    const { nullable, example, xml: _xml, ...words } = inner;
    const said: Record<string, Json> = { ...words, ...(example !== undefined && words["examples"] === undefined && { examples: [example] }) };
    this.#readType(said, nullable, place);
    readBound(said, "minimum", "exclusiveMinimum");
    readBound(said, "maximum", "exclusiveMaximum");
    readEncoding(said);
    return said;
  }

  #readType(said: Record<string, Json>, nullable: Json | undefined, place: Place): void {
    const { type } = said;
    const unknown = (isArray(type) ? type : type === undefined ? [] : [type]).find((each) => !types.some((type) => type === each));
    if (unknown !== undefined)
      this.#sources.error(under(place, "type"), `type ${JSON.stringify(unknown)} is none of ${types.join(", ")}`);
    if (nullable === undefined || nullable === false) return;
    if (nullable !== true) this.#sources.error(under(place, "nullable"), `"nullable" is true or false, not ${JSON.stringify(nullable)}`);
    else if (type === undefined) this.#sources.warn(under(place, "nullable"), `"nullable" without a type beside it says nothing in OpenAPI 3.0; say the type too`);
    else said["type"] = [...(isArray(type) ? type : [type]).filter((each) => each !== "null"), "null"];
  }
}

/** A bound that excludes itself is said by a word beside it. */
function readBound(said: Record<string, Json>, bound: "minimum" | "maximum", exclusive: "exclusiveMinimum" | "exclusiveMaximum"): void {
  const { [bound]: limit, [exclusive]: isExcluded } = said;
  if (typeof isExcluded !== "boolean") return;
  delete said[exclusive];
  if (!isExcluded || limit === undefined) return;
  delete said[bound];
  said[exclusive] = limit;
}

/** How bytes are written as text is a note for the reader; a validator looks at the text only. */
function readEncoding(said: Record<string, Json>): void {
  const { format } = said;
  if (format !== "byte" && format !== "binary") return;
  delete said["format"];
  said["contentEncoding"] = format === "byte" ? "base64" : "binary";
}
