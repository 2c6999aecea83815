export type Block = Readonly<Record<string, unknown>>;

export function isBlock(value: unknown): value is Block {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The named accounts as they are written. */
export function accountsOf(block: Block | undefined): Block {
  const accounts = block?.["accounts"];
  return isBlock(accounts) ? accounts : {};
}
