import { type Block, isBlock } from "./block.ts";
import { type ConfigFault, pathText } from "./config-fault.ts";
import type { Override } from "./environment.ts";
import type { Modernized } from "./older-fields.ts";

/** Where an account has what it is made of. */
export interface Placing {
  merged: Block;
  place: string;
  key: string;
  modern: { root: Modernized; own: Modernized };
  nested: readonly string[];
  overrides: readonly Override[];
  /** Whether the variables win over the account. */
  wins: boolean;
}

/** A fault by where the operator wrote it: in the account, in the root it inherits from, or in a variable. */
export function placed({ steps, text }: ConfigFault, { merged, place, key, modern, nested, overrides, wins }: Placing): string {
  const [field, inner] = steps;
  if (field === undefined) return `${place}: ${text}`;
  const isMerged = inner !== undefined && nested.includes(field);
  const holds = (block: Block) => {
    const value = block[field];
    return isMerged && isBlock(value) ? value[inner] !== undefined : value !== undefined;
  };
  const isOwn = holds(modern.own.block);
  const { variable } = overrides.find(({ path }) => path.every((step, index) => step === steps[index])) ?? {};
  if (variable !== undefined && (wins || !isOwn)) return `environment variable ${variable}: ${text}`;
  const isInherited = !isOwn && holds(modern.root.block);
  const { written } = isInherited ? modern.root : modern.own;
  const [, ...rest] = steps;
  const older = written[field];
  const path = older === undefined ? pathText(merged, steps) : pathText({ [older]: merged[field] }, [older, ...rest]);
  return `${isInherited ? `channels.${key}` : place}.${path}: ${text}`;
}
