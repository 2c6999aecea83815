import { acceptedRanges, readClassPattern } from "../emit/character-class.ts";
import { formats } from "../emit/formats.ts";
import type { NumberShape } from "../ir.ts";

/** One end of what a number may be. */
export interface Bound {
  readonly value: number;
  readonly excluded: boolean;
}

/** The tighter of the two keywords that say how low a number may be. */
export function lowerBound({ minimum, exclusiveMinimum }: NumberShape): Bound | undefined {
  if (exclusiveMinimum !== undefined && exclusiveMinimum >= (minimum ?? -Infinity)) return { value: exclusiveMinimum, excluded: true };
  return minimum === undefined ? undefined : { value: minimum, excluded: false };
}

export function upperBound({ maximum, exclusiveMaximum }: NumberShape): Bound | undefined {
  if (exclusiveMaximum !== undefined && exclusiveMaximum <= (maximum ?? Infinity)) return { value: exclusiveMaximum, excluded: true };
  return maximum === undefined ? undefined : { value: maximum, excluded: false };
}

/** Whether whatever keeps to the first lower bound keeps to the second. */
export function isAtLeast(a: Bound | undefined, b: Bound | undefined): boolean {
  if (!b) return true;
  return a !== undefined && (a.value > b.value || (a.value === b.value && (a.excluded || !b.excluded)));
}

export function isAtMost(a: Bound | undefined, b: Bound | undefined): boolean {
  if (!b) return true;
  return a !== undefined && (a.value < b.value || (a.value === b.value && (a.excluded || !b.excluded)));
}

export function isMultipleWithin(a: NumberShape, b: NumberShape): boolean {
  if (b.multipleOf === undefined) return true;
  const step = a.multipleOf ?? (a.integer ? 1 : undefined);
  return step !== undefined && Number.isInteger(step / b.multipleOf);
}

/** Whether text of the first pattern is known to match the second; of two that are no character classes only equal ones are. */
export function isPatternWithin(a: string | undefined, b: string | undefined): boolean {
  if (b === undefined || a === b) return true;
  const [inner, outer] = [a === undefined ? undefined : readClassPattern(a), readClassPattern(b)];
  if (!inner || !outer || inner.least < outer.least || inner.most > outer.most) return false;
  const ranges = acceptedRanges(outer);
  return acceptedRanges(inner).every(([first, last]) => ranges.some(([from, to]) => first >= from && last <= to));
}

/** Whether a validator looks at a format at all; a reader in another language may look at more. */
export function isFormatChecked(format: string | undefined): boolean {
  return formats[format ?? ""] instanceof RegExp;
}
