/** The same schema in other libraries, read from the same JSON Schema. */
import { readFileSync } from "node:fs";
import { Compile } from "typebox/schema";
import * as v from "valibot";
import { z } from "zod";

type Schema = Readonly<Record<string, unknown>>;
export type Check = (value: unknown) => boolean;

/** The validators of one type. Conditions are left out, which zod and valibot cannot say: their work is a little less. */
export function rivalsOf(protocol: string, type: string): Readonly<Record<string, Check>> {
  const { definitions } = JSON.parse(readFileSync(`${import.meta.dirname}/../../generated/${protocol}/schemas.json`, "utf8")) as { definitions: Record<string, Schema> };
  const schema = plain({ $ref: `#/definitions/${type}` }, definitions);
  const fromZod = z.fromJSONSchema(schema);
  const fromValibot = toValibot(schema);
  const fromTypebox = Compile(schema);
  return {
    "zod 4": (value) => fromZod.safeParse(value).success,
    valibot: (value) => v.is(fromValibot, value),
    typebox: (value) => fromTypebox.Check(value),
  };
}

const dropped = new Set(["if", "then", "else", "not", "$comment", "title", "discriminator"]);

/** With its references followed. */
function plain(schema: Schema, definitions: Readonly<Record<string, Schema>>, depth = 0): Schema {
  if (depth > 12) return {};
  const ref = schema["$ref"];
  if (typeof ref === "string") return plain(definitions[ref.split("/").at(-1) ?? ""] ?? {}, definitions, depth + 1);
  const follow = (value: unknown): unknown => (isSchema(value) ? plain(value, definitions, depth + 1) : value);
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => !dropped.has(key))
      .map(([key, value]) => {
        if (key === "properties" && isSchema(value)) return [key, Object.fromEntries(Object.entries(value).map(([name, each]) => [name, follow(each)]))];
        if (["anyOf", "oneOf", "allOf"].includes(key) && Array.isArray(value)) return [key, value.map(follow)];
        return [key, ["items", "additionalProperties"].includes(key) ? follow(value) : value];
      }),
  );
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

type Valibot = v.GenericSchema;

/** As many of the keywords as the frames here have. */
function toValibot(schema: Schema): Valibot {
  const { type, const: constant, enum: values, anyOf, oneOf, allOf } = schema as { type?: unknown; const?: unknown; enum?: unknown[]; anyOf?: Schema[]; oneOf?: Schema[]; allOf?: Schema[] };
  if (constant !== undefined) return constant === null ? v.null() : v.literal(constant as string);
  if (values) return v.picklist(values as string[]);
  const own = type === undefined && !("properties" in schema) ? [] : [byType(schema, type)];
  const branches = anyOf ?? oneOf;
  const parts = [...own, ...(branches ? [v.union(branches.map(toValibot))] : []), ...(allOf ?? []).map(toValibot)];
  const [only, ...more] = parts;
  if (!only) return v.unknown();
  return more.length === 0 ? only : v.intersect(parts);
}

function byType(schema: Schema, type: unknown): Valibot {
  const number = (key: string): number | undefined => schema[key] as number | undefined;
  if (Array.isArray(type)) return v.union(type.map((each) => byType(schema, each)));
  switch (type) {
    case "string": {
      const pattern = schema["pattern"] as string | undefined;
      return v.pipe(
        v.string(),
        v.minLength(number("minLength") ?? 0),
        v.maxLength(number("maxLength") ?? Infinity),
        ...((pattern === undefined ? [] : [v.regex(new RegExp(pattern, "u"))]) as []),
      );
    }
    case "integer":
      return v.pipe(v.number(), v.integer(), v.minValue(number("minimum") ?? -Infinity), v.maxValue(number("maximum") ?? Infinity));
    case "number":
      return v.pipe(v.number(), v.minValue(number("minimum") ?? -Infinity), v.maxValue(number("maximum") ?? Infinity));
    case "boolean":
      return v.boolean();
    case "null":
      return v.null();
    case "array":
      return v.pipe(v.array(toValibot((schema["items"] ?? {}) as Schema)), v.minLength(number("minItems") ?? 0), v.maxLength(number("maxItems") ?? Infinity));
    default: {
      const required = new Set(schema["required"] as string[] | undefined);
      const entries = Object.fromEntries(
        Object.entries((schema["properties"] ?? {}) as Record<string, Schema>).map(([name, each]) => [name, required.has(name) ? toValibot(each) : v.exactOptional(toValibot(each))]),
      );
      const extra = schema["additionalProperties"];
      return extra === false ? v.strictObject(entries) : isSchema(extra) ? v.objectWithRest(entries, toValibot(extra)) : v.looseObject(entries);
    }
  }
}
