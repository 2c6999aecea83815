import { type Candidate, casesOf, inferDispatch } from "./dispatch.ts";
import type { Channel, ContentField, ContentUnion, Direction, JsonObject, Message, Node, Place, Protocol } from "./ir.ts";
import { visitSchema } from "./keywords.ts";
import { childOf, isObject, placeKey, type Sources, under } from "./source.ts";

type Resolve = (type: string) => Node;
type ContentFields = ReadonlyMap<string, readonly ContentField[]>;

/** The named schema that a string's JSON text must fulfil, where the document gives one. */
export function contentRef(schema: JsonObject): string | undefined {
  const ref = schema["contentMediaType"] === "application/json" ? childOf(schema["contentSchema"], "$ref") : undefined;
  return typeof ref === "string" ? ref : undefined;
}

/** The required properties that hold a JSON text of their own, by the type of the message. */
export function contentFieldsIn(messages: readonly Message[], resolve: Resolve): ContentFields {
  const found = messages.map(({ type }) => [type, contentFieldsOf(resolve(type), resolve)] as const);
  return new Map(found.filter(([, fields]) => fields.length > 0));
}

function contentFieldsOf(node: Node, resolve: Resolve): ContentField[] {
  if (node.kind === "ref") return contentFieldsOf(resolve(node.name), resolve);
  if (node.kind !== "object") return [];
  return node.properties.flatMap(({ name, required, node: property }) =>
    required && property.kind === "string" && property.content !== undefined ? [{ field: name, type: property.content }] : [],
  );
}

/** Every type that is held as text, with what tells its branches apart. */
export function contentUnionsOf(
  messages: readonly Message[],
  fields: ContentFields,
  channels: readonly Channel[],
  resolve: Resolve,
  isHot: (type: string) => boolean,
): ContentUnion[] {
  const hotMessages = new Set(messages.filter((message) => message.hot).map(({ type }) => type));
  const held = new Set([...fields.values()].flat().map(({ type }) => type));
  return [...held].map((type) => {
    const branches = branchesOf(type, resolve);
    const hot = branches.filter((branch) => hotMessages.has(branch) || isHot(branch));
    const candidates: Candidate[] = branches.map((branch) => ({ message: branch, node: resolve(branch), hot: hot.includes(branch) }));
    const isReceived = channels.some(({ received }) =>
      received.messages.some((message) => fields.get(message.type)?.some((field) => field.type === type)),
    );
    const direction: Direction = isReceived ? "received" : "sent";
    return { type, branches, hot, dispatch: inferDispatch(candidates, resolve), direction };
  });
}

/** The named types a union of unions comes down to. */
function branchesOf(type: string, resolve: Resolve): string[] {
  const node = resolve(type);
  if (node.kind === "ref") return branchesOf(node.name, resolve);
  if (node.kind !== "union") return [type];
  return [...new Set(node.branches.flatMap((branch) => (branch.kind === "ref" ? branchesOf(branch.name, resolve) : [])))];
}

/** Reports texts within texts that would be left unread. */
export function lintContent(sources: Sources, { types, messages, channels, contentFields }: Protocol): void {
  const read = new Set(
    types.flatMap(({ name, place }) =>
      (contentFields.get(name) ?? []).map(({ field }) => placeKey(under(place, "properties", field))),
    ),
  );
  for (const { place } of types) {
    visitSchema(sources.at(place) ?? true, place, (schema, at) => {
      if (isObject(schema) && schema["contentSchema"] !== undefined) lintField(sources, schema, at, read.has(placeKey(at)));
    });
  }
  const nodes = new Map(types.map(({ name, node }) => [name, node]));
  for (const { name, type, place } of messages) {
    const held = contentFields.get(type) ?? [];
    const holder = nodes.get(type);
    const dispatches = channels.flatMap(({ received, sent }) => [received, sent]).filter((way) => way.messages.some((message) => message.name === name));
    if (held.length > 0 && dispatches.some(({ dispatch }) => !dispatch || !casesOf(dispatch).some(({ message }) => message === name)))
      sources.error(place, "a message that holds JSON as text needs a tag that no other message has");
    if (held.length > 0 && holder?.kind === "object" && holder.openness === "explicit" && holder.extra.kind !== "never")
      sources.error(place, "a message that holds JSON as text cannot describe unnamed properties; leave additionalProperties out");
    for (const field of held)
      if (!isOfNames(nodes.get(field.type), nodes)) sources.error(place, `every branch of "${field.type}" must be a $ref to an object`);
  }
}

function lintField(sources: Sources, schema: JsonObject, place: Place, isRead: boolean): void {
  const at = under(place, "contentSchema");
  if (schema["type"] !== "string" || schema["contentMediaType"] !== "application/json")
    sources.error(at, "contentSchema goes with type: string and contentMediaType: application/json");
  else if (contentRef(schema) === undefined) sources.error(at, "contentSchema must be a $ref, so that what it describes has a name");
  else if (!isRead) sources.error(at, "contentSchema is read in the required properties of a message only");
}

function isOfNames(node: Node | undefined, nodes: ReadonlyMap<string, Node>): boolean {
  if (node?.kind === "ref") return isOfNames(nodes.get(node.name), nodes);
  if (node?.kind === "union") return node.branches.every((branch) => branch.kind === "ref" && isOfNames(branch, nodes));
  return node?.kind === "object";
}
