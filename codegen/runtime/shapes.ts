/** What types are, as data: near misses are made from it, and judged by it. */
import { codePoints } from "./runtime.ts";

/** A type as far as breaking it needs it. */
export type Shape =
  | { readonly kind: "any" | "never" | "null" | "boolean" }
  | { readonly kind: "literal"; readonly keyword: "const" | "enum"; readonly values: readonly unknown[] }
  | {
      readonly kind: "string";
      readonly minLength?: number;
      readonly maxLength?: number;
      readonly pattern?: string;
      readonly format?: string;
      /** Further keywords speak of such a value, which no edit looks into. */
      readonly checked?: true;
      /** One of them may refuse a value of another type before its type is looked at. */
      readonly overruled?: true;
      readonly untyped?: true;
    }
  | {
      readonly kind: "number";
      readonly integer: boolean;
      readonly minimum?: number;
      readonly maximum?: number;
      readonly exclusiveMinimum?: number;
      readonly exclusiveMaximum?: number;
      readonly multipleOf?: number;
      readonly checked?: true;
      readonly overruled?: true;
      readonly untyped?: true;
    }
  | {
      readonly kind: "array";
      readonly items: Shape;
      readonly minItems?: number;
      readonly maxItems?: number;
      readonly uniqueItems?: boolean;
      readonly checked?: true;
      readonly overruled?: true;
      readonly untyped?: true;
    }
  | {
      readonly kind: "tuple";
      readonly items: readonly Shape[];
      readonly rest?: Shape;
      readonly minItems?: number;
      readonly maxItems?: number;
      readonly uniqueItems?: boolean;
      readonly checked?: true;
      readonly overruled?: true;
      readonly untyped?: true;
    }
  | ObjectShape
  | {
      readonly kind: "union";
      readonly mode: "oneOf" | "anyOf" | "type";
      readonly branches: readonly Shape[];
      readonly tag?: string;
      /** What stands beside the branches, which is part of each of them, and the branches without it. */
      readonly narrowed?: { readonly base: Shape; readonly branches: readonly Shape[] };
      readonly checked?: true;
      readonly untyped?: true;
    }
  | { readonly kind: "ref"; readonly name: string };

export interface ObjectShape {
  readonly kind: "object";
  readonly untyped?: true;
  readonly properties: readonly { readonly name: string; readonly required?: true; readonly shape: Shape }[];
  /** What an unnamed property must be; absent where it can be anything. */
  readonly extra?: Shape;
  /** What a property must be whose name fits an expression. */
  readonly patterns?: readonly (readonly [string, Shape])[];
  readonly minProperties?: number;
  readonly maxProperties?: number;
  /** Where further keywords speak of the object: the properties they name, which are left alone. */
  readonly untouched?: readonly string[];
  /** When `property` is `value`, `requires` must be there. */
  readonly when?: readonly { readonly property: string; readonly value: unknown; readonly requires: readonly string[] }[];
}

export type Shapes = Readonly<Record<string, Shape>>;

/**
 * Whether a value is of a shape; undefined where something decides that shapes do not speak of. Keywords that only a
 * validator checks can refuse more, never accept more.
 */
export function judge(shape: Shape, value: unknown, shapes: Shapes): boolean | undefined {
  if ("untyped" in shape && shape.untyped && !isOfKind(shape.kind, value)) return true;
  const isRight = judgeShape(shape, value, shapes);
  return isRight === true && isUncertain(shape) ? undefined : isRight;
}

function isUncertain(shape: Shape): boolean {
  return ("checked" in shape && shape.checked !== undefined) || (shape.kind === "object" && shape.untouched !== undefined);
}

function judgeShape(shape: Shape, value: unknown, shapes: Shapes): boolean | undefined {
  switch (shape.kind) {
    case "any":
      return true;
    case "never":
      return false;
    case "null":
      return value === null;
    case "boolean":
      return typeof value === "boolean";
    case "ref": {
      const target = shapes[shape.name];
      return target ? judge(target, value, shapes) : undefined;
    }
    case "literal":
      return shape.values.some((literal) => JSON.stringify(literal) === JSON.stringify(value));
    case "string":
      return typeof value === "string" ? judgeString(shape, value) : false;
    case "number":
      return typeof value === "number" ? brokenInNumber(shape, value).length === 0 : false;
    case "array":
    case "tuple":
      return Array.isArray(value) ? judgeArray(shape, value, shapes) : false;
    case "object":
      return isRecord(value) ? judgeObject(shape, value, shapes) : false;
    case "union": {
      const verdicts = shape.branches.map((branch) => judge(branch, value, shapes));
      return shape.mode === "oneOf" && shape.tag === undefined ? exactlyOne(verdicts) : some(verdicts);
    }
  }
}

function judgeString(shape: Shape & { kind: "string" }, value: string): boolean | undefined {
  if (brokenInString(shape, value).length > 0) return false;
  return shape.format === undefined ? true : undefined;
}

function judgeArray(shape: Shape & { kind: "array" | "tuple" }, value: readonly unknown[], shapes: Shapes): boolean | undefined {
  const { minItems = 0, maxItems = Infinity, uniqueItems = false } = shape;
  if (value.length < minItems || value.length > maxItems) return false;
  if (uniqueItems && new Set(value.map((item) => JSON.stringify(item))).size < value.length) return false;
  const shapeAt = (index: number): Shape => (shape.kind === "array" ? shape.items : (shape.items[index] ?? shape.rest ?? { kind: "any" }));
  return every(value.map((item, index) => judge(shapeAt(index), item, shapes)));
}

function judgeObject(shape: ObjectShape, value: Readonly<Record<string, unknown>>, shapes: Shapes): boolean | undefined {
  const keys = Object.keys(value);
  if (keys.length < (shape.minProperties ?? 0) || keys.length > (shape.maxProperties ?? Infinity)) return false;
  if (shape.properties.some(({ name, required }) => required && !Object.hasOwn(value, name))) return false;
  if ((shape.when ?? []).some(({ property, value: trigger, requires }) => value[property] === trigger && requires.some((name) => !Object.hasOwn(value, name))))
    return false;
  return every(keys.flatMap((key) => shapesOfProperty(shape, key).map((inner) => judge(inner, value[key], shapes))));
}

/** All that an object says of one of its properties. */
function shapesOfProperty({ properties, patterns = [], extra }: ObjectShape, key: string): Shape[] {
  const named = properties.filter(({ name }) => name === key).map(({ shape }) => shape);
  const matching = patterns.filter(([pattern]) => expressionOf(pattern).test(key)).map(([, shape]) => shape);
  const found = [...named, ...matching];
  return found.length === 0 && extra ? [extra] : found;
}

/** The constraints of a string shape that a text breaks. */
export function brokenInString({ minLength = 0, maxLength = Infinity, pattern }: Shape & { kind: "string" }, text: string): string[] {
  const length = text.length <= maxLength && text.length >= 2 * minLength ? text.length : codePoints(text);
  return [
    ...(length < minLength ? ["minLength"] : []),
    ...(length > maxLength ? ["maxLength"] : []),
    ...(pattern !== undefined && !expressionOf(pattern).test(text) ? ["pattern"] : []),
  ];
}

/** The constraints of a number shape that a number breaks. */
export function brokenInNumber(shape: Shape & { kind: "number" }, value: number): string[] {
  // The type is looked at first; what comes after it does not count.
  if (shape.integer && !Number.isInteger(value)) return ["type"];
  return [
    ...(value < (shape.minimum ?? -Infinity) ? ["minimum"] : []),
    ...(value > (shape.maximum ?? Infinity) ? ["maximum"] : []),
    ...(value <= (shape.exclusiveMinimum ?? -Infinity) ? ["exclusiveMinimum"] : []),
    ...(value >= (shape.exclusiveMaximum ?? Infinity) ? ["exclusiveMaximum"] : []),
    ...(shape.multipleOf !== undefined && !Number.isInteger(value / shape.multipleOf) ? ["multipleOf"] : []),
  ];
}

const expressions = new Map<string, RegExp>();

/** An expression as a validator reads it: with the flag u where it can have it. */
export function expressionOf(pattern: string): RegExp {
  const known = expressions.get(pattern);
  if (known) return known;
  const expression = isUnicode(pattern) ? new RegExp(pattern, "u") : new RegExp(pattern);
  expressions.set(pattern, expression);
  return expression;
}

function isUnicode(pattern: string): boolean {
  try {
    void new RegExp(pattern, "u");
    return true;
  } catch {
    return false;
  }
}

function isOfKind(kind: Shape["kind"], value: unknown): boolean {
  if (kind === "object") return isRecord(value);
  return kind === "array" || kind === "tuple" ? Array.isArray(value) : typeof value === kind;
}

function every(verdicts: readonly (boolean | undefined)[]): boolean | undefined {
  if (verdicts.includes(false)) return false;
  return verdicts.includes(undefined) ? undefined : true;
}

function some(verdicts: readonly (boolean | undefined)[]): boolean | undefined {
  if (verdicts.includes(true)) return true;
  return verdicts.includes(undefined) ? undefined : false;
}

function exactlyOne(verdicts: readonly (boolean | undefined)[]): boolean | undefined {
  const right = verdicts.filter((verdict) => verdict === true).length;
  if (right > 1) return false;
  return verdicts.includes(undefined) ? undefined : right === 1;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
