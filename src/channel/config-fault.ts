import { faultOf, follow, type ValidationError } from "../../generated/runtime.ts";

/** What is wrong with a block: where, and in words that never repeat what stands there. */
export interface ConfigFault {
  /** From the block; none where it is about all of it. */
  steps: readonly string[];
  text: string;
}

/** The expectation of the field and the type of what came. */
export function describeFault(errors: readonly ValidationError[] | null | undefined, block: unknown, expectations: Readonly<Record<string, string>>): ConfigFault {
  const fault = faultOf(errors);
  if (!fault) return { steps: [], text: "expected something else" };
  const { error, steps } = fault;
  if (error.keyword === "additionalProperties") return { steps, text: "there is no field of this name" };
  return { steps, text: expected(expectationAt(steps, expectations) ?? "something else", follow(block, steps).value) };
}

export function expected(words: string, came: unknown): string {
  return `expected ${words}, got ${typeName(came)}`;
}

/** A way from the block as people write it: `groups.team.requireMention`, `allowFrom[2]`. */
export function pathText(block: unknown, steps: readonly string[]): string {
  return follow(block, steps).path;
}

function expectationAt(steps: readonly string[], expectations: Readonly<Record<string, string>>): string | undefined {
  const isOf = (path: string) => {
    const parts = path.split(".");
    return parts.length === steps.length && parts.every((part, index) => part === "*" || part === steps[index]);
  };
  return Object.entries(expectations).find(([path]) => isOf(path))?.[1];
}

function typeName(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
