import { inspect } from "node:util";
import type { Block } from "./account-names.ts";

/** A secret that nothing shows by accident: no log, no JSON, no inspection. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "(secret)";
  }

  toJSON(): string {
    return "(secret)";
  }

  [inspect.custom](): string {
    return "(secret)";
  }
}

/** The first of the fields that still names where its value is to be looked up. */
export function unresolvedSecret(block: Block, fields: readonly string[]): string | undefined {
  const field = fields.find((name) => typeof block[name] === "object" && block[name] !== null);
  return field === undefined ? undefined : `${field}: OpenClaw has found no value for the SecretRef`;
}

/** The secret in a field; absent where it is not set, or not looked up. */
export function secretIn(block: Block, field: string): Secret | undefined {
  const value = block[field];
  const text = typeof value === "string" ? value.trim() : "";
  return text === "" ? undefined : new Secret(text);
}
