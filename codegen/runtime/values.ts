import fc from "fast-check";
import { isRecord, judge, type Shape, type Shapes } from "./shapes.ts";

/** Characters of these inclusive ranges of code points, mostly from the front ones. */
export function characters(...ranges: readonly (readonly [number, number])[]): fc.Arbitrary<string> {
  const printable = ranges.flatMap(([first, last]) =>
    first <= 0x7e && last >= 0x20 ? [[Math.max(first, 0x20), Math.min(last, 0x7e)] as const] : [],
  );
  const from = (among: readonly (readonly [number, number])[]): fc.Arbitrary<string> =>
    fc.oneof(
      ...among.map(([first, last]) => ({
        weight: last - first + 1,
        arbitrary: fc.integer({ min: first, max: last }).map((point) => String.fromCodePoint(point)),
      })),
    );
  return printable.length === 0
    ? from(ranges)
    : fc.oneof({ weight: 4, arbitrary: from(printable) }, { weight: 1, arbitrary: from(ranges) });
}

/** The values a validator accepts, for keywords no arbitrary is made for. */
export function accepted<T>(values: fc.Arbitrary<T>, validate: (value: unknown) => boolean): fc.Arbitrary<T> {
  let misses = 0;
  return values.filter((value) => {
    misses = validate(value) ? 0 : misses + 1;
    // fast-check would try for ever.
    if (misses > 10_000) throw new Error("of ten thousand values in a row none would do");
    return misses === 0;
  });
}

/**
 * Values of exactly one branch, where branches overlap: what fits several of them gets a property that all but one
 * refuse.
 */
export function exclusively<T>(values: fc.Arbitrary<T>, branches: readonly Shape[], shapes: () => Shapes): fc.Arbitrary<T> {
  return values.map((value) => {
    const fitting = branches.filter((branch) => judge(branch, value, shapes()) !== false);
    if (fitting.length < 2 || !isRecord(value)) return value;
    for (const kept of fitting) {
      const others = fitting.filter((branch) => branch !== kept);
      const candidate = others.reduce((spoilt, other) => spoiltFor(other, kept, spoilt, shapes()), value);
      if (others.every((other) => judge(other, candidate, shapes()) === false)) return candidate;
    }
    return value;
  });
}

/** An object with one property that one shape refuses and the other does not mind. */
function spoiltFor<T extends Readonly<Record<string, unknown>>>(refusing: Shape, kept: Shape, value: T, shapes: Shapes): T {
  for (const name of propertyNames(refusing, shapes)) {
    for (const wrong of [7, "no such value", true, null]) {
      const candidate = { ...value, [name]: wrong };
      if (judge(refusing, candidate, shapes) === false && judge(kept, candidate, shapes) !== false) return candidate;
    }
  }
  return value;
}

function propertyNames(shape: Shape, shapes: Shapes): readonly string[] {
  const target = shape.kind === "ref" ? shapes[shape.name] : shape;
  if (target?.kind === "ref") return propertyNames(target, shapes);
  return target?.kind === "object" ? target.properties.map(({ name }) => name) : [];
}

/** Of a type that no value is of. */
export function none(): fc.Arbitrary<never> {
  return fc.constant(undefined).map((): never => {
    throw new Error("no value can satisfy this type");
  });
}

/**
 * The first items of a list each with a type of its own, at least `least` of them, and perhaps more behind all of them.
 * Where it stands says what tuple it is; here that cannot be written down.
 */
export function items(first: readonly fc.Arbitrary<unknown>[], least: number, more?: fc.Arbitrary<unknown[]>): fc.Arbitrary<never> {
  const all = fc.tuple(...first);
  const cut = fc.tuple(all, fc.integer({ min: least, max: first.length })).map(([values, length]) => values.slice(0, length));
  const lists = more ? fc.oneof(cut, fc.tuple(all, more).map(([values, rest]) => [...values, ...rest])) : cut;
  return lists as fc.Arbitrary<unknown> as fc.Arbitrary<never>;
}

/** Objects without the properties that were drawn as nothing; where it stands says what object it is. */
export function present(objects: fc.Arbitrary<object>): fc.Arbitrary<never> {
  const left = (value: object): object => Object.fromEntries(Object.entries(value).filter(([, held]) => held !== undefined));
  return objects.map(left) as fc.Arbitrary<never>;
}

/** An object with properties beside the named ones whose names fit expressions. */
export function withPatterns<T extends object>(
  object: fc.Arbitrary<T>,
  patterns: readonly (readonly [fc.Arbitrary<string>, fc.Arbitrary<unknown>])[],
  named: readonly string[],
  depth: { depthIdentifier?: string } = {},
): fc.Arbitrary<T> {
  const matching = patterns.map(([names, values]) => fc.dictionary(unnamed(names, named), values, { ...depth, maxKeys: 2, noNullPrototype: true }));
  return fc.tuple(object, ...matching).map(([value, ...more]) => Object.assign({}, ...more, value) as T);
}

/** V8 takes a key that JSON escapes for another one once it has read a backslash for a key (nodejs/node#63785). */
function unnamed(keys: fc.Arbitrary<string>, named: readonly string[]): fc.Arbitrary<string> {
  return keys.filter((key) => !named.includes(key) && key !== "__proto__" && JSON.stringify(key) === `"${key}"`);
}

const escapedKey = /\\.(?:[^"\\]|\\.)*":/su;

/** Any JSON value that JSON text can hold, which has no negative zero, and no keys that it escapes. */
export function json(): fc.Arbitrary<fc.JsonValue> {
  const texts = fc.jsonValue({ stringUnit: anyCharacter(), maxDepth: 2 }).map((value) => JSON.stringify(value));
  return texts.filter((text) => !escapedKey.test(text)).map((text) => JSON.parse(text) as fc.JsonValue);
}

const letters = "abcdefghijklmnopqrstuvwxyz";
/** ASCII with what reads best in a report in front, as that is what values shrink to. */
const ascii = [...Array.from(letters), ...Array.from({ length: 128 }, (_, point) => String.fromCharCode(point)).filter((character) => !letters.includes(character))];
const scalars = 0x110000 - 0x800;

/** Any character that UTF-8 has, of which every other one is ASCII. */
function anyCharacter(): fc.Arbitrary<string> {
  return fc.nat({ max: 2 * scalars - 1 }).map((index) => {
    const point = index - scalars;
    return point < 0 ? (ascii[index % ascii.length] ?? "a") : String.fromCodePoint(point < 0xd800 ? point : point + 0x800);
  });
}

/** How long a text may be for it to be made exactly as long, and how many items a list may have. */
const LONGEST_TEXT = 8192;
const LONGEST_LIST = 32;

/** Text of so many code points; once in a while exactly as long as it may be. */
export function text({ min = 0, max, unit = anyCharacter() }: { min?: number; max?: number; unit?: fc.Arbitrary<string> }): fc.Arbitrary<string> {
  const usual = fc.string({ unit, minLength: min, ...(max !== undefined && { maxLength: max }) });
  if (max === undefined || max === 0 || max > LONGEST_TEXT) return usual;
  // Of a long text a few characters say as much as thousands, and cost nothing.
  const longest = fc.array(unit, { minLength: 1, maxLength: 8 }).map((some) => Array.from({ length: max }, (_, index) => some[index % some.length]).join(""));
  return fc.oneof({ withCrossShrink: true }, { weight: max > 512 ? 59 : 19, arbitrary: usual }, { weight: 1, arbitrary: longest });
}

/** A list; once in a while with as many items as it may have. */
export function list<T>(item: fc.Arbitrary<T>, bounds: { minLength?: number; maxLength?: number; depthIdentifier?: string }): fc.Arbitrary<T[]> {
  const { maxLength } = bounds;
  const usual = fc.array(item, bounds);
  // A list that may hold lists like itself is left to what fast-check does against endless ones.
  if (maxLength === undefined || maxLength === 0 || maxLength > LONGEST_LIST || bounds.depthIdentifier !== undefined) return usual;
  const fullest = fc.array(item, { minLength: maxLength, maxLength });
  return fc.oneof({ withCrossShrink: true }, { weight: 19, arbitrary: usual }, { weight: 1, arbitrary: fullest });
}

/** The JSON text of values. */
export function jsonText(values: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  return values.map((value) => JSON.stringify(value));
}

/** A finite number; JSON has no negative zero. */
export function finite(bounds: { min?: number; max?: number; minExcluded?: boolean; maxExcluded?: boolean }): fc.Arbitrary<number> {
  return fc.double({ ...bounds, noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));
}

/** An object with further properties beside the named ones, whose names are any text unless `keys` says what they are. */
export function withExtras<T extends object>(
  object: fc.Arbitrary<T>,
  extra: fc.Arbitrary<unknown>,
  named: readonly string[],
  { keys = fc.string({ unit: anyCharacter(), maxLength: 20 }), ...bounds }: { keys?: fc.Arbitrary<string>; minKeys?: number; maxKeys?: number; depthIdentifier?: string } = {},
): fc.Arbitrary<T> {
  const extras = fc.dictionary(unnamed(keys, named), extra, { maxKeys: 4, ...bounds, noNullPrototype: true });
  return fc.tuple(object, extras).map(([value, more]) => ({ ...value, ...more }));
}
