import type { Message, Place } from "./ir.ts";
import { followReference } from "./references.ts";
import { childOf, isObject, listOf, optionalText, type Sources, textOf, under } from "./source.ts";

/** Where the parts of a message stand, and what is said beside them. */
export interface MessageParts extends Pick<Message, "examples" | "extension" | "correlationId"> {
  readonly payload: Place;
  readonly headers?: Place;
}

export function readMessageParts(sources: Sources, message: Place): MessageParts {
  const traits = traitsOf(sources, message);
  const headers = headersOf(sources, message, traits);
  const extension = childOf(sources.at(message), "x-extension");
  const correlationId = correlationOf(sources, [message, ...traits]);
  return {
    payload: schemaAt(sources, message, "payload"),
    ...(headers && { headers }),
    ...(typeof extension === "string" && { extension }),
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

function headersOf(sources: Sources, message: Place, traits: readonly Place[]): Place | undefined {
  const given = [message, ...traits].filter((place) => sources.at(under(place, "headers")) !== undefined);
  const [first, second] = given;
  if (second) sources.error(under(second, "headers"), "the message has headers from somewhere else too; give all of them in one place");
  return first && schemaAt(sources, first, "headers");
}

/** A schema, perhaps with the name of its format around it or, in AsyncAPI 2.x, beside it. */
function schemaAt(sources: Sources, message: Place, key: "payload" | "headers"): Place {
  const place = under(message, key);
  const around = sources.at(followReference(sources, place));
  const isWrapped = isObject(around) && typeof around["schemaFormat"] === "string" && around["schema"] !== undefined;
  const format = isWrapped ? under(followReference(sources, place), "schemaFormat") : under(message, "schemaFormat");
  const written = sources.at(format);
  if (typeof written === "string" && !isJsonSchema(written) && (isWrapped || key === "payload"))
    sources.error(format, `schema format "${written}" is not read; only JSON Schema is`);
  return isWrapped ? under(followReference(sources, place), "schema") : place;
}

/** AsyncAPI's own format, which is JSON Schema draft-07 with a few words more, JSON Schema itself, and OpenAPI since it is that too. */
function isJsonSchema(format: string): boolean {
  return /^application\/(?:(?:vnd\.aai\.asyncapi|schema)(?:\+(?:json|yaml))?(?:;|$)|vnd\.oai\.openapi(?:\+(?:json|yaml))?;version=3\.1)/u.test(format);
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
