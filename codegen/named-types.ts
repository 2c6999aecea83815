import { leadsToItself, reaches } from "./graph.ts";
import { nameInlineObjects } from "./inline.ts";
import type { NamedType, Place } from "./ir.ts";
import type { SchemaReader } from "./schema.ts";
import type { Sources } from "./source.ts";
import { toWireSchema } from "./wire-schema.ts";

/** Every named type of what was read. A schema that only a validator looks at, behind `not` for one, gets its name here. */
export function buildNamedTypes(reader: SchemaReader, sources: Sources): NamedType[] {
  const schemas = new Map<string, NamedType["schema"]>();
  for (const { name, place } of reader.entries()) schemas.set(name, toWireSchema(sources.at(place) ?? true, place, reader, sources));
  const read = [...reader.entries()];
  const nodes = new Map(read.map(({ name, node }) => [name, node]));
  for (const { name, place } of read)
    if (leadsToItself(name, nodes)) sources.error(place, `"${name}" contains itself through allOf, oneOf or anyOf`);
  const claim = (name: string, place: Place): string => reader.claim(name, place);
  return read.map(({ name, place, node }) => ({
    name,
    place,
    node: nameInlineObjects(node, name, claim),
    schema: schemas.get(name) ?? true,
    recursive: reaches(name, name, nodes, new Set()),
  }));
}
