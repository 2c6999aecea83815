import type { Json, JsonObject, Parameter, Place } from "./ir.ts";
import { followReference } from "./references.ts";
import { childOf, isArray, isObject, optionalText, type Sources, under } from "./source.ts";

/** What the handshake of a WebSocket channel carries. */
export function readBindingParameters(sources: Sources, channel: Place, kind: "query" | "headers"): Parameter[] {
  const place = followReference(sources, under(followReference(sources, under(channel, "bindings")), "ws", kind));
  const data = sources.at(place);
  const properties = childOf(data, "properties");
  if (!isObject(properties)) return [];
  const required = childOf(data, "required");
  return Object.entries(properties).map(([name, schema]) => {
    const target = followReference(sources, under(place, "properties", name));
    const merged = { ...asObject(sources.at(target)), ...asObject(schema) };
    return { name, required: isArray(required) && required.includes(name), schema: facts(merged), ...optionalText(merged, "description") };
  });
}

/** What stands in braces in the address of a channel: a schema in AsyncAPI 2.x, a list of values at most in 3.x. */
export function readAddressParameters(sources: Sources, channel: Place): Parameter[] {
  const place = under(channel, "parameters");
  const data = sources.at(place);
  return (isObject(data) ? Object.keys(data) : []).map((name) => {
    const target = followReference(sources, under(place, name));
    const written = asObject(sources.at(target));
    const { enum: choices, default: usual } = written;
    const inner = written["schema"] === undefined ? undefined : sources.at(followReference(sources, under(target, "schema")));
    const schema = asObject(inner ?? { type: "string", ...(choices !== undefined && { enum: choices }), ...(usual !== undefined && { default: usual }) });
    return { name, required: true, schema: facts(schema), ...optionalText(written, "description") };
  });
}

function facts(schema: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== "$ref" && key !== "description" && !key.startsWith("x-")));
}

function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
