import path from "node:path";
import type { Json, Message, Place } from "./ir.ts";
import { followReference } from "./references.ts";
import { isWrapped, readAs, unwrap } from "./schema-format.ts";
import { childOf, isObject, listOf, optionalText, samePlace, type Sources, textOf, under } from "./source.ts";

/** Where the parts of a message stand, and what is said beside them. */
export interface MessageParts extends Pick<Message, "examples" | "extension" | "grows" | "correlationId"> {
  readonly payload: Place;
  readonly headers?: Place;
}

export function readMessageParts(sources: Sources, message: Place): MessageParts {
  const traits = traitsOf(sources, message);
  const headers = headersOf(sources, message, traits);
  const extension = childOf(sources.at(message), "x-extension");
  const grows = childOf(sources.at(message), "x-grows");
  const correlationId = correlationOf(sources, [message, ...traits]);
  return {
    payload: schemaAt(sources, message, "payload"),
    ...(headers && { headers }),
    ...(typeof extension === "string" && { extension }),
    ...(typeof grows === "string" && { grows }),
    ...(correlationId !== undefined && { correlationId }),
    examples: listOf(childOf(sources.at(message), "examples")).flatMap((example, index) => {
      const value = childOf(example, "payload");
      const place = under(message, "examples", index, "payload");
      return value === undefined ? [] : [{ value, place, ...optionalText(example, "name"), ...optionalText(example, "summary") }];
    }),
  };
}

/** What a message has in common with others; the last one wins. */
function traitsOf(sources: Sources, message: Place): Place[] {
  return listOf(childOf(sources.at(message), "traits"))
    .map((_, index) => followReference(sources, under(message, "traits", index)))
    .toReversed();
}

/** What traits say of the headers is part of what the message says; of two that say the same, the message has the last word. */
function headersOf(sources: Sources, message: Place, traits: readonly Place[]): Place | undefined {
  const given = [message, ...traits].filter((place) => sources.at(under(place, "headers")) !== undefined);
  const schemas = given.map((place) => schemaAt(sources, place, "headers"));
  const [first, ...others] = schemas;
  if (!first || others.length === 0) return first;
  const said = schemas.map((place) => followReference(sources, place)).map((place) => withRefsFrom(sources.at(place) ?? true, place, message.file));
  const merged = said.reduceRight((target, patch) => mergePatch(target, patch));
  const headers = under(message, "headers");
  sources.rewrite(headers, merged);
  return headers;
}

/** The JSON Merge Patch of AsyncAPI's traits. */
function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch) || !isObject(target)) return patch;
  const changed = Object.entries(patch).map(([key, value]) => [key, mergePatch(target[key] ?? null, value)] as const);
  return Object.fromEntries(Object.entries({ ...target, ...Object.fromEntries(changed) }).filter(([, value]) => value !== null));
}

/** A copy whose references lead to the same places from another file. */
function withRefsFrom(data: Json, { file }: Place, to: string): Json {
  if (file === to) return data;
  if (Array.isArray(data)) return (data as readonly Json[]).map((item) => withRefsFrom(item, { file, path: [] }, to));
  if (!isObject(data)) return data;
  const moved = (ref: string): string => {
    const [name = "", ...pointer] = ref.split("#");
    return [encodeURI(path.resolve(path.dirname(file), decodeURIComponent(name === "" ? path.basename(file) : name))), ...pointer].join("#");
  };
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, key === "$ref" && typeof value === "string" ? moved(value) : withRefsFrom(value, { file, path: [] }, to)]),
  );
}

/** A schema, perhaps with the name of its format around it or, in AsyncAPI 2.x, beside it. */
function schemaAt(sources: Sources, message: Place, key: "payload" | "headers"): Place {
  const place = under(message, key);
  const around = followReference(sources, place);
  if (isWrapped(sources.at(around))) {
    const schema = unwrap(sources, around);
    // What several messages refer to has a name of its own.
    return samePlace(around, place) ? schema : place;
  }
  const format = under(message, "schemaFormat");
  const written = sources.at(format);
  if (typeof written === "string" && key === "payload") readAs(sources, written, format, place);
  return place;
}

function correlationOf(sources: Sources, owners: readonly Place[]): string | undefined {
  const owner = owners.find((place) => sources.at(under(place, "correlationId")) !== undefined);
  if (!owner) return undefined;
  const place = under(owner, "correlationId");
  const location = textOf(sources.at(followReference(sources, place)), "location");
  const pointer = location === undefined ? undefined : /^\$message\.payload#(\/.*)$/u.exec(location)?.[1];
  // One in the headers is theirs; no frame of ours has it.
  if (pointer === undefined && !/^\$message\.header#\/./u.test(location ?? ""))
    sources.complain(place, `correlation id location ${JSON.stringify(location)} is not read; only $message.payload#/... and $message.header#/... are`);
  return pointer;
}
