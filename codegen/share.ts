import type { Json, NamedType } from "./ir.ts";
import { mapSubschemas } from "./keywords.ts";

/** A check as long as a call of it is not worth one. */
const LEAST_CHARACTERS = 60;

/** The same types, in which what stands in several places is a type of its own: a default of all accounts is also a field of each. */
export function shareEqual(types: readonly NamedType[]): { readonly types: readonly NamedType[]; readonly shared: readonly NamedType[] } {
  const uses = new Map<string, number>();
  const count = (schema: Json): Json => {
    const text = JSON.stringify(schema);
    const known = uses.get(text) ?? 0;
    uses.set(text, known + 1);
    return known === 0 ? mapSubschemas(schema, count) : schema;
  };
  for (const { schema } of types) mapSubschemas(schema, count);

  const shared = new Map<string, NamedType>();
  const replace = (origin: NamedType) => (schema: Json): Json => {
    const text = JSON.stringify(schema);
    if (text.length < LEAST_CHARACTERS || (uses.get(text) ?? 0) < 2) return mapSubschemas(schema, replace(origin));
    const name = shared.get(text)?.name ?? `shared${shared.size}`;
    if (!shared.has(text)) {
      shared.set(text, { ...origin, name, schema });
      shared.set(text, { ...origin, name, schema: mapSubschemas(schema, replace(origin)) });
    }
    return { $ref: `#/definitions/${name}` };
  };
  return { types: types.map((type) => ({ ...type, schema: mapSubschemas(type.schema, replace(type)) })), shared: [...shared.values()] };
}
