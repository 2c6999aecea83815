import type { Json, Path, Place } from "./ir.ts";
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
  for (let index = 0; index < target.path.length;) {
    const data = sources.at(at);
    const steps = target.path.slice(index);
    const taken = sources.own ? 1 : stepsTaken(data, steps);
    at = under(at, steps.slice(0, taken).join("/"));
    index += taken;
    if (index < target.path.length && childOf(sources.at(at), "$ref") !== undefined) at = followReference(sources, at);
  }
  return at;
}

/** Some generators write the slash of a key as it is, where a pointer has ~1: then several steps are one key. */
function stepsTaken(data: Json | undefined, steps: Path): number {
  if (childOf(data, steps[0] ?? "") !== undefined) return 1;
  const found = steps.findIndex((_, index) => index > 0 && childOf(data, steps.slice(0, index + 1).join("/")) !== undefined);
  return found === -1 ? 1 : found + 1;
}
