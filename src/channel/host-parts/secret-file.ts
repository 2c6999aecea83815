import { tryReadSecretFileSync } from "openclaw/plugin-sdk/secret-file";

/** What stands in a file, or the host's word for why nothing is read there. */
export type SecretFileRead = { ok: true; value: string } | { ok: false; reason: string };

/** `file` is the field that names it, `field` the one whose value stands in it. */
export function readSecretFile(path: string, { field, file }: { field: string; file: string }): SecretFileRead {
  const read = tryReadSecretFileSync(path, field, { rejectSymlink: true }, { configPath: file });
  return read.status === "available" ? { ok: true, value: read.value } : { ok: false, reason: read.diagnostic.reason };
}
