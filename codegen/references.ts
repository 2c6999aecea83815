import type { Place } from "./ir.ts";
import { childOf, placeKey, resolveRef, type Sources, under } from "./source.ts";

/** Where the object itself stands, behind any number of references. */
export function followReference(sources: Sources, place: Place): Place {
  const seen = new Set<string>();
  let at = place;
  for (;;) {
    const ref = childOf(sources.at(at), "$ref");
    if (typeof ref !== "string" || seen.has(placeKey(at))) return at;
    seen.add(placeKey(at));
    at = targetOf(sources, at, ref);
  }
}

/** The place a `$ref` points at; the pointer may lead through an object that is a reference itself. */
export function targetOf(sources: Sources, from: Place, ref: string): Place {
  const target = sources.ids.resolve(from, ref, (place) => sources.at(place)) ?? resolveRef(from, ref);
  let at: Place = { file: target.file, path: [] };
  for (const [index, key] of target.path.entries()) {
    at = under(at, key);
    if (index < target.path.length - 1 && childOf(sources.at(at), "$ref") !== undefined) at = followReference(sources, at);
  }
  return at;
}
