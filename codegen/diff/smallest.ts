import type { Json } from "../ir.ts";

/** What a search may cost, in values that are judged. */
const MOST_TRIES = 2000;

/** The least of a value that still shows what it showed, found by leaving out one thing after another; always the same one. */
export function smallest(value: Json, isStill: (value: Json) => boolean): Json {
  let least = value;
  let tries = 0;
  let lesser: Json | undefined = value;
  while (lesser !== undefined && tries < MOST_TRIES) {
    least = lesser;
    lesser = undefined;
    for (const candidate of lessThan(least)) {
      tries += 1;
      if (isStill(candidate)) {
        lesser = candidate;
        break;
      }
      if (tries >= MOST_TRIES) break;
    }
  }
  return least;
}

/** The values one step less than a value, those first that leave out most. */
function* lessThan(value: Json): Generator<Json> {
  if (typeof value === "string") yield* shorter(value);
  else if (typeof value === "number") yield* nearer(value);
  else if (Array.isArray(value)) {
    for (const index of value.keys()) yield value.toSpliced(index, 1);
    for (const [index, item] of value.entries()) for (const less of lessThan(item as Json)) yield value.with(index, less);
  } else if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    for (const index of entries.keys()) yield Object.fromEntries(entries.toSpliced(index, 1));
    for (const [index, [name, held]] of entries.entries()) for (const less of lessThan(held)) yield Object.fromEntries(entries.with(index, [name, less]));
  }
}

/** Shorter by a half, a quarter, and so on to one character; and as long, of one plain letter. */
function* shorter(text: string): Generator<string> {
  const points = Array.from(text);
  for (let cut = points.length; cut >= 1; cut = Math.floor(cut / 2)) yield points.slice(0, points.length - cut).join("");
  const plain = "a".repeat(points.length);
  if (plain !== text) yield plain;
}

function* nearer(value: number): Generator<number> {
  if (value < 0) yield -value;
  if (!Number.isInteger(value)) yield Math.trunc(value);
  for (let cut = Math.floor(Math.abs(value)); cut >= 1; cut = Math.floor(cut / 2)) yield value - Math.sign(value) * cut;
}
