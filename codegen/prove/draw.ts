import fc from "fast-check";
import { isDeepStrictEqual } from "node:util";
import type { Json, Protocol } from "../ir.ts";
import type { NearMiss } from "../runtime/near-misses.ts";
import type { ValidationError } from "../runtime/runtime.ts";

/** What was generated for a document, as far as it is drawn from and judged. */
export interface Generated {
  /** By type. */
  readonly arbitraries: Readonly<Record<string, fc.Arbitrary<unknown>>>;
  /** By message. */
  readonly nearMisses: Readonly<Record<string, fc.Arbitrary<NearMiss>>>;
  /** By type. */
  readonly validators: Readonly<Record<string, Validator>>;
}

export interface Validator {
  (value: unknown): boolean;
  errors?: readonly ValidationError[] | null;
}

/** A value about which the generator was wrong. */
export interface Fault {
  /** The message, or the type that no message is of. */
  readonly of: string;
  readonly what: string;
  readonly expected: string;
  readonly actual: string;
  readonly value?: unknown;
}

/** What came of one type or of the near misses of one message. */
export interface Drawing {
  readonly of: string;
  readonly drawn: "values" | "near misses";
  readonly count: number;
  readonly ms: number;
  readonly faults: readonly Fault[];
  /** Whether the document says of it what nothing can be. */
  readonly isImpossible: boolean;
}

/** Kinds of faults that are listed of one type; more of one cause say no more. */
const SHOWN_PER_TYPE = 4;
/** Values that are drawn before the next ones, so that memory holds few of them. */
const AT_ONCE = 100;

/** Draws values of every type, and near misses of every message, and holds them against the validators. */
export function* drawAll(protocol: Protocol, generated: Generated, count: number): Generator<Drawing> {
  for (const { name } of protocol.types) {
    const values = generated.arbitraries[name];
    const validate = generated.validators[name];
    if (values && validate) yield draw({ of: name, drawn: "values" }, values, count, (value) => faultOfValue(name, value, validate));
  }
  for (const { name, type } of protocol.messages) {
    const misses = generated.nearMisses[name];
    if (misses) yield draw({ of: name, drawn: "near misses" }, misses, count, (miss) => faultOfMiss(name, type, miss, generated.validators));
  }
}

function draw<T>(about: Pick<Drawing, "of" | "drawn">, source: fc.Arbitrary<T>, count: number, look: (item: T) => Fault | undefined): Drawing {
  const startedMs = performance.now();
  const faults = new Map<string, Fault>();
  const keep = (fault: Fault): void => {
    const kind = `${fault.what} ${fault.expected} ${fault.actual}`;
    if (faults.size < SHOWN_PER_TYPE && !faults.has(kind)) faults.set(kind, fault);
  };
  let seen = 0;
  let isImpossible = false;
  try {
    for (let seed = 1; seen < count; seed += 1) {
      for (const item of fc.sample(source, { numRuns: Math.min(AT_ONCE, count - seen), seed })) {
        seen += 1;
        const fault = look(item);
        if (fault) keep(fault);
      }
    }
  } catch (error) {
    const reason = String(error instanceof Error ? error.message : error);
    isImpossible = reason === "no value can satisfy this type";
    if (!isImpossible) keep({ of: about.of, what: `no ${about.drawn}`, expected: "to draw", actual: reason });
  }
  return { ...about, count: seen, ms: performance.now() - startedMs, faults: [...faults.values()], isImpossible };
}

function faultOfValue(of: string, value: unknown, validate: Validator): Fault | undefined {
  if (!validate(value)) return { of, what: "valid value", expected: "accepted", actual: verdictOf(validate), value };
  const copy = JSON.parse(JSON.stringify(value) ?? "null") as Json;
  return isDeepStrictEqual(copy, value) ? undefined : { of, what: "valid value", expected: "the same as JSON text", actual: "changed by it", value };
}

function faultOfMiss(of: string, type: string, miss: NearMiss, validators: Generated["validators"]): Fault | undefined {
  const { within, keyword, path, change } = miss;
  const value: unknown = within ? JSON.parse(String((miss.value as Readonly<Record<string, unknown>>)[within.field])) : miss.value;
  const validate = validators[within?.type ?? type];
  const expected = `${keyword} at ${JSON.stringify(path)}`;
  if (!validate) return { of, what: change, expected, actual: "no validator", value };
  const actual = validate(value) ? "accepted" : verdictOf(validate);
  return actual === expected ? undefined : { of, what: change, expected, actual, value };
}

function verdictOf({ errors }: Validator): string {
  const last = errors?.at(-1);
  return last ? `${last.keyword} at ${JSON.stringify(last.instancePath)}` : "refused without a reason";
}
