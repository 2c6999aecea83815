/** A JSON object as it is written into OpenClaw's configuration. */
export type Block = { readonly [key: string]: unknown };

export function isBlock(value: unknown): value is Block {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Lays `upper` over `lower`: objects are merged key by key, anything else replaces. */
export function overlay(lower: Block, upper: Block): Block {
  const merged: Record<string, unknown> = { ...lower };
  for (const [key, value] of Object.entries(upper)) {
    const below = merged[key];
    merged[key] = isBlock(below) && isBlock(value) ? overlay(below, value) : value;
  }
  return merged;
}

/** The object under a key; an empty one where there is none. */
export function blockAt(block: Block, key: string): Block {
  const value = block[key];
  return isBlock(value) ? value : {};
}

export function without(block: Block, ...keys: readonly string[]): Block {
  return Object.fromEntries(Object.entries(block).filter(([key]) => !keys.includes(key)));
}
