import type { Block } from "./block.ts";

/** Fields of the original plugins. */
export interface OlderFields {
  /** Older name to today's, which wins where both are set. */
  renamed: Readonly<Record<string, string>>;
  /** Without a meaning any more. */
  dropped: readonly string[];
}

export interface Modernized {
  block: Block;
  warnings: readonly string[];
  /** Today's name of what stands in the block under an older one. */
  written: Readonly<Record<string, string>>;
}

/** Replaces what is older and says so; values are never repeated. */
export function modernize(block: Block, { renamed, dropped }: OlderFields): Modernized {
  const fields: Record<string, unknown> = { ...block };
  const written: Record<string, string> = {};
  const warnings: string[] = [];
  for (const [older, newer] of Object.entries(renamed)) {
    if (fields[older] === undefined) continue;
    const isTaken = fields[newer] !== undefined;
    warnings.push(isTaken ? `${older} is ignored because ${newer} is set` : `${older} is an older name: write ${newer} instead`);
    if (!isTaken) {
      fields[newer] = fields[older];
      written[newer] = older;
    }
    delete fields[older];
  }
  for (const field of dropped) {
    if (fields[field] === undefined) continue;
    warnings.push(`${field} has no meaning any more and is ignored`);
    delete fields[field];
  }
  return { block: fields, warnings, written };
}
