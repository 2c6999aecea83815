import fc from "fast-check";
import { brokenInNumber, brokenInString, isRecord, judge, type ObjectShape, type Shape, type Shapes } from "./shapes.ts";
import { accepted } from "./values.ts";

/** A value with exactly one constraint broken, and what a validator must say about it. */
export interface NearMiss {
  readonly value: unknown;
  /** The keyword that must fail, at this JSON pointer. */
  readonly keyword: string;
  readonly path: string;
  /** What was done to a valid value. */
  readonly change: string;
  /** Where a field holds JSON as text and that is what is broken: the field, and the type of what the text said before. */
  readonly within?: { readonly field: string; readonly type: string };
}

/** Near misses of the type of this name, each made from one of its values. */
export function nearMissesOf(shapes: Shapes, name: string, values: fc.Arbitrary<unknown>): fc.Arbitrary<NearMiss> {
  const misses = values.chain((value) => {
    const ways = editsOf({ kind: "ref", name }, value, shapes);
    return ways.length === 0 ? fc.constant(undefined) : fc.nat({ max: ways.length - 1 }).map((index) => firstMade(ways, index));
  });
  return accepted(misses, (miss) => miss !== undefined) as fc.Arbitrary<NearMiss>;
}

/** The edit at this place of the list, or the next one of which it is certain what a validator will say. */
function firstMade(ways: readonly Edit[], from: number): NearMiss | undefined {
  for (const { change, make } of [...ways.slice(from), ...ways.slice(0, from)]) {
    const broken = make();
    if (broken) return { ...broken, change };
  }
  return undefined;
}

/** Every way to break one constraint of this value, in the order of the type; what is broken is made when it is asked for. */
export function everyNearMiss(shapes: Shapes, name: string, value: unknown): readonly Edit[] {
  return editsOf({ kind: "ref", name }, value, shapes);
}

/**
 * Near misses of a message that holds JSON as text: in the message itself, or in what one of its texts says. Without its
 * tag a text would say something else, which is no near miss.
 */
export function nearMissesWithin<T extends object>(
  messages: fc.Arbitrary<T>,
  outer: fc.Arbitrary<NearMiss>,
  ...contents: readonly { field: string; tag: string; misses: Readonly<Record<string, fc.Arbitrary<NearMiss>>> }[]
): fc.Arbitrary<NearMiss> {
  const inner = contents.flatMap(({ field, tag, misses }) =>
    Object.entries(misses).map(([type, broken]) => {
      const kept = accepted(broken, (miss) => (miss as NearMiss).path !== `/${tag}` && (miss as NearMiss).change !== `without "${tag}"`);
      return fc.tuple(messages, kept).map(([message, miss]) => ({
        ...miss,
        value: { ...message, [field]: JSON.stringify(miss.value) },
        within: { field, type },
      }));
    }),
  );
  return fc.oneof(outer, ...inner);
}

/** A broken value, and what a validator says of it. */
type Broken = Omit<NearMiss, "change" | "within">;

export interface Edit {
  /** What is broken, as far as that is known before it is made. */
  readonly path: string;
  readonly keyword: string;
  readonly change: string;
  /** Undefined where it is not certain what a validator would say. */
  make(): Broken | undefined;
}

/** Every way to break one constraint of a value. Where no type is written, another type breaks nothing. */
function editsOf(shape: Shape, value: unknown, shapes: Shapes): Edit[] {
  const edits = allEditsOf(shape, value, shapes);
  return "untyped" in shape && shape.untyped ? edits.filter(({ path, keyword }) => path !== "" || keyword !== "type") : edits;
}

function allEditsOf(shape: Shape, value: unknown, shapes: Shapes): Edit[] {
  switch (shape.kind) {
    case "any":
    case "never":
      return [];
    case "ref": {
      const target = shapes[shape.name];
      return target ? editsOf(target, value, shapes) : [];
    }
    case "null":
      return [edit("type", "not null", "null")];
    case "boolean":
      return [edit("type", "a string for a boolean", "yes")];
    case "literal":
      return literalEdits(shape);
    case "string":
      return [...typeEdit(shape, "a number for a string", 7), ...(shape.checked || typeof value !== "string" ? [] : stringEdits(shape, value))];
    case "number":
      return [...typeEdit(shape, "a string for a number", "7"), ...(shape.checked || typeof value !== "number" ? [] : numberEdits(shape, value))];
    case "array":
      return [...typeEdit(shape, "an object for an array", {}), ...(shape.checked || !Array.isArray(value) ? [] : arrayEdits(shape, value, shapes))];
    case "tuple":
      return [...typeEdit(shape, "an object for an array", {}), ...(shape.checked || !Array.isArray(value) ? [] : itemEdits(shape.items, value, shapes))];
    case "object":
      return [
        ...(shape.untouched ? [] : [edit("type", "an array for an object", [])]),
        ...(isRecord(value) ? objectEdits(shape, value, shapes) : []),
      ];
    case "union":
      return shape.checked ? [] : unionEdits(shape, value, shapes);
  }
}

/** A value of another type, where a validator speaks of the type first. */
function typeEdit({ overruled }: { readonly overruled?: true }, change: string, value: unknown): Edit[] {
  return overruled ? [] : [edit("type", change, value)];
}

function edit(keyword: string, change: string, value: unknown): Edit {
  return lazyEdit(keyword, change, () => value);
}

/** Long values are made only when they are wanted. */
function lazyEdit(keyword: string, change: string, make: () => unknown): Edit {
  return { path: "", keyword, change, make: () => ({ value: make(), keyword, path: "" }) };
}

/** An edit of a part of a value as an edit of the whole. */
function within(step: string | number, inner: Edit, put: (part: unknown) => unknown): Edit {
  const prefix = `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`;
  return {
    ...inner,
    path: `${prefix}${inner.path}`,
    make: () => {
      const broken = inner.make();
      return broken && { ...broken, path: `${prefix}${broken.path}`, value: put(broken.value) };
    },
  };
}

function literalEdits({ keyword, values }: Shape & { kind: "literal" }): Edit[] {
  const numbers = values.filter((value) => typeof value === "number");
  const others = ["no such value", Math.floor(Math.max(...numbers, 0)) + 1, true, false];
  const other = others.find((candidate) => values.some((value) => typeof value === typeof candidate) && !values.includes(candidate));
  return other === undefined ? [] : [edit(keyword, "another literal", other)];
}

function stringEdits(shape: Shape & { kind: "string" }, value: string): Edit[] {
  const { minLength = 0, maxLength, pattern, format } = shape;
  const candidates: Edit[] = [];
  // A validator looks at the format first, and of most formats a text that is cut, stretched or spoilt is no longer.
  const isStretchable = format === undefined || format === "uri";
  if (minLength > 0 && isStretchable)
    candidates.push(lazyEdit("minLength", "one character too few", () => Array.from(value).slice(0, minLength - 1).join("")));
  if (pattern !== undefined && format === undefined) {
    const points = Array.from(value);
    for (const letter of ["\u0000", "\n", " ", "\u00ff", "!", "/", "A", "a", "0", "\u{1f600}"]) {
      for (const text of [points.slice(0, -1).join("") + letter, value + letter])
        candidates.push(edit("pattern", "a character the pattern refuses", text));
    }
  }
  if (format !== undefined) candidates.push(edit("format", "not of the format", " ".repeat(Math.max(1, minLength))));
  const [short, others] = [candidates.filter(({ keyword }) => keyword === "minLength"), candidates.filter(({ keyword }) => keyword !== "minLength")];
  return [...onlyOnes(shape, short), ...(maxLength === undefined || !isStretchable ? [] : [tooLong(shape, value, maxLength)]), ...onlyOnes(shape, others)];
}

/** Of each keyword the first edit that breaks nothing else. */
function onlyOnes(shape: Shape & { kind: "string" }, candidates: readonly Edit[]): readonly Edit[] {
  if (shape.pattern === undefined) return candidates;
  const taken = new Set<string>();
  return candidates.filter(({ keyword, make }) => {
    const isOnly = !taken.has(keyword) && brokenInString(shape, String(make()?.value)).join() === (keyword === "format" ? "" : keyword);
    if (isOnly) taken.add(keyword);
    return isOnly;
  });
}

/** May be very long, so that it is looked at only when it is wanted. */
function tooLong(shape: Shape & { kind: "string" }, value: string, maxLength: number): Edit {
  const keyword = "maxLength";
  const make = (): Broken | undefined => {
    const long = padded(value, maxLength + 1);
    const isOnly = shape.pattern === undefined || brokenInString(shape, long).join() === keyword;
    return isOnly ? { value: long, keyword, path: "" } : undefined;
  };
  return { path: "", keyword, change: "one character too many", make };
}

function padded(value: string, length: number): string {
  const points = Array.from(value);
  return points.slice(0, length).join("") + (points.at(-1) ?? "a").repeat(Math.max(0, length - points.length));
}

function numberEdits(shape: Shape & { kind: "number" }, value: number): Edit[] {
  const candidates: [string, string, number | undefined][] = [
    ["minimum", "below the minimum", shape.minimum === undefined ? undefined : shape.minimum - 1],
    ["maximum", "above the maximum", shape.maximum === undefined ? undefined : shape.maximum + 1],
    ["exclusiveMinimum", "at the exclusive minimum", shape.exclusiveMinimum],
    ["exclusiveMaximum", "at the exclusive maximum", shape.exclusiveMaximum],
  ];
  // Halves of large numbers are whole numbers again. Behind a bound, a validator may speak of the bound.
  const isWithin = (number: number): boolean => brokenInNumber({ ...shape, integer: false }, number).length === 0;
  if (shape.integer && Math.abs(value) < 2 ** 51)
    candidates.push(["type", "a fraction for a whole number", [value + 0.5, value - 0.5].find(isWithin)]);
  return candidates.flatMap(([keyword, change, number]) =>
    number !== undefined && brokenInNumber(shape, number).join() === keyword ? [edit(keyword, change, number)] : [],
  );
}

function arrayEdits(shape: Shape & { kind: "array" }, value: readonly unknown[], shapes: Shapes): Edit[] {
  const edits: Edit[] = [];
  const { minItems = 0, maxItems, uniqueItems } = shape;
  if (minItems > 0) edits.push(edit("minItems", "one item too few", value.slice(0, minItems - 1)));
  if (maxItems !== undefined && value.length > 0 && !uniqueItems)
    edits.push(lazyEdit("maxItems", "one item too many", () => filled(value, maxItems + 1, shape.items)));
  if (uniqueItems && value.length > 0 && value.length < (maxItems ?? Infinity))
    edits.push(edit("uniqueItems", "an item twice", [...value, value[0]]));
  return [...edits, ...itemEdits(value.length === 0 ? [] : [shape.items], value, shapes)];
}

/** Made long with the shortest item at hand: a limit of many thousand items is passed by a megabyte, not by ten. */
function filled(value: readonly unknown[], length: number, items: Shape): unknown[] {
  const candidates = items.kind === "any" ? [null] : value;
  const sizes = candidates.map((item) => JSON.stringify(item).length);
  const shortest = candidates[sizes.indexOf(Math.min(...sizes))];
  return [...value, ...Array.from({ length: length - value.length }, () => shortest)];
}

function itemEdits(shapesOfItems: readonly Shape[], value: readonly unknown[], shapes: Shapes): Edit[] {
  return shapesOfItems.flatMap((shape, index) =>
    index < value.length ? editsOf(shape, value[index], shapes).map((inner) => within(index, inner, (item) => value.with(index, item))) : [],
  );
}

function objectEdits(shape: ObjectShape, value: Readonly<Record<string, unknown>>, shapes: Shapes): Edit[] {
  const edits: Edit[] = [];
  const keys = Object.keys(value);
  const isTouched = (name: string): boolean => !(shape.untouched ?? []).includes(name);
  const canShrink = keys.length > (shape.minProperties ?? 0);
  for (const { name, required, shape: inner } of shape.properties) {
    if (!isTouched(name) || !Object.hasOwn(value, name)) continue;
    if (required && canShrink) edits.push(lazyEdit("required", `without "${name}"`, () => without(value, name)));
    edits.push(...editsOf(inner, value[name], shapes).map((each) => within(name, each, (part) => withKey(value, name, part))));
  }
  const unnamed = keys.filter((key) => !shape.properties.some(({ name }) => name === key) && isTouched(key));
  if (shape.extra && !shape.patterns)
    for (const name of unnamed) edits.push(...editsOf(shape.extra, value[name], shapes).map((each) => within(name, each, (part) => withKey(value, name, part))));
  if (shape.extra?.kind === "never" && !shape.patterns && keys.length < (shape.maxProperties ?? Infinity)) {
    edits.push(edit("additionalProperties", "with an unknown field", withKey(value, "no such field", 1)));
  }
  for (const { property, value: trigger, requires } of shape.when ?? []) {
    const [missing] = requires;
    if (missing === undefined || !isTouched(missing)) continue;
    const change = `"${property}" asks for "${missing}", which is not there`;
    edits.push(lazyEdit("required", change, () => without(withKey(value, property, trigger), missing)));
  }
  return edits;
}

function unionEdits(shape: Union, value: unknown, shapes: Shapes): Edit[] {
  const { tag, branches, mode } = shape;
  if (tag !== undefined && isRecord(value)) {
    const branch = branches
      .map((each) => resolve(each, shapes))
      .find((each) => each.kind === "object" && isTagged(each, tag, value, shapes));
    const inner =
      branch?.kind === "object"
        ? editsOf({ ...branch, untouched: [...(branch.untouched ?? []), tag] }, value, shapes).filter(
            ({ path, keyword }) => path !== "" || keyword !== "type",
          )
        : [];
    return [...inner, edit("discriminator", "an unknown tag", withKey(value, tag, "no such tag"))];
  }
  return mode === "type" ? typeListEdits(shape, value, shapes) : untaggedEdits(shape, value, shapes);
}

/** Each keyword beside a list of types speaks of one type only. */
function typeListEdits(shape: Union, value: unknown, shapes: Shapes): Edit[] {
  const types = shape.branches.flatMap((branch) => typesOf(branch, shapes));
  const own = shape.branches.find((branch) => typesOf(branch, shapes).includes(typeOf(value)));
  const other = otherTypes.find((candidate) => !types.includes(typeOf(candidate)));
  return [
    ...(other === undefined || shape.narrowed ? [] : [edit("type", "of no type the union has", other)]),
    ...(own ? editsOf(own, value, shapes).filter(({ path, keyword }) => path !== "" || keyword !== "type") : []),
  ];
}

const otherTypes: readonly unknown[] = [[], {}, true, 0.5, "no such value", null];

/**
 * Of branches without a tag a validator says only that none fits, so each edit of one branch is looked at with all of
 * them: what broke may stand beside the branches, and what is no longer of one branch may be of another one.
 */
function untaggedEdits({ mode, branches, narrowed }: Union, value: unknown, shapes: Shapes): Edit[] {
  const written = narrowed?.branches ?? branches;
  const base: Shape = narrowed?.base ?? { kind: "any" };
  const fits = (candidate: unknown): boolean | undefined => judge({ kind: "union", mode: mode === "oneOf" ? "oneOf" : "anyOf", branches: written }, candidate, shapes);
  const inner = branches.filter((branch) => judge(branch, value, shapes) !== false).flatMap((branch) => editsOf(branch, value, shapes));
  const others = otherTypes.map((other) => edit(mode, "of no type the union has", other));
  return [...inner, ...others].map((way) => ({
    ...way,
    make: () => {
      const broken = way.make();
      if (!broken) return undefined;
      const [ofBranches, ofBase] = [fits(broken.value), judge(base, broken.value, shapes)];
      if (ofBranches === false && ofBase === true) return { value: broken.value, path: "", keyword: mode };
      return narrowed && way.keyword !== mode && ofBranches === true && ofBase === false ? broken : undefined;
    },
  }));
}

type Union = Shape & { kind: "union" };

function isTagged(shape: ObjectShape, tag: string, value: Readonly<Record<string, unknown>>, shapes: Shapes): boolean {
  const property = shape.properties.find(({ name }) => name === tag);
  const literal = property && resolve(property.shape, shapes);
  return literal?.kind === "literal" && literal.values.includes(value[tag]);
}

function resolve(shape: Shape, shapes: Shapes): Shape {
  const target = shape.kind === "ref" ? shapes[shape.name] : undefined;
  return target ? resolve(target, shapes) : shape;
}

function typesOf(shape: Shape, shapes: Shapes): string[] {
  const resolved = resolve(shape, shapes);
  if (resolved.kind === "union") return resolved.branches.flatMap((branch) => typesOf(branch, shapes));
  if (resolved.kind === "literal") return resolved.values.map(typeOf);
  return [resolved.kind === "tuple" ? "array" : resolved.kind === "ref" ? "any" : resolved.kind];
}

function typeOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

function withKey(value: Readonly<Record<string, unknown>>, name: string, item: unknown): Record<string, unknown> {
  return Object.fromEntries([...Object.entries(value).filter(([key]) => key !== name), [name, item]]);
}

function without(value: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
}
