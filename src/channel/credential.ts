import type { Block } from "./account-names.ts";
import type { Override } from "./environment.ts";
import type { SecretFiles } from "./secret-files.ts";

/** Where what an account proves itself with comes from, and whether it can be used; in the host's words. */
export interface Credential {
  tokenSource: "env" | "config" | "secretRef" | "tokenFile";
  tokenStatus: "available" | "configured_unavailable";
}

/** Looks at one field, without its value, as it is after its file was read; absent where nothing stands there. */
export function credentialIn(field: string, block: Block, overrides: readonly Override[], files: SecretFiles): Credential | undefined {
  const value = block[field];
  if (value === undefined || value === null || value === "") return undefined;
  if (Object.keys(files).some((file) => files[file] === field && block[file] !== undefined)) return { tokenSource: "tokenFile", tokenStatus: typeof value === "string" ? "available" : "configured_unavailable" };
  if (typeof value === "object") return { tokenSource: "secretRef", tokenStatus: "configured_unavailable" };
  const isOverridden = overrides.some(({ path, value: other }) => path.length === 1 && path[0] === field && other === value);
  return { tokenSource: isOverridden ? "env" : "config", tokenStatus: "available" };
}
