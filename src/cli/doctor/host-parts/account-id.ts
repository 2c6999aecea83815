/**
 * Stands in for OpenClaw's part of the same name where no OpenClaw is: `#host/*` leads here in the published kit, and to
 * the host's own in everything that OpenClaw loads. A test holds the two together.
 */
export const DEFAULT_ACCOUNT_ID = "default";

const plain = /^[a-z0-9][a-z0-9_-]{0,63}$/i;
/** What would reach into the prototype of an object whose key it is. */
const forbidden = new Set(["__proto__", "prototype", "constructor"]);

export function normalizeAccountId(value: string | undefined | null): string {
  const trimmed = (value ?? "").trim();
  const lower = trimmed.toLowerCase();
  const id = plain.test(trimmed) ? lower : lower.replace(/[^a-z0-9_-]+/g, "-").replace(/^-+/, "").replace(/-+$/, "").slice(0, 64);
  return id === "" || forbidden.has(id) ? DEFAULT_ACCOUNT_ID : id;
}
