import { readSecretFile } from "#host/secret-file";
import type { Block } from "./account-names.ts";

/** Fields that name a file, with the field whose value stands in it. */
export type SecretFiles = Readonly<Record<string, string>>;

const reasons: Readonly<Record<string, string>> = {
  "not-found": "there is no such file",
  "not-file": "it is no regular file",
  symlink: "it is a symbolic link, which could lead anywhere",
  "too-large": "it is too large for a secret",
  "invalid-path": "it is empty, or its path is not usable",
};

/**
 * What an account inherits, without the files of secrets that it has itself: the nearer one counts, whichever form it has.
 */
export function withoutShadowed(root: Block, own: Block, files: SecretFiles): Block {
  const shadowed = Object.entries(files).flatMap(([file, field]) => (own[field] !== undefined && own[file] === undefined ? [file] : []));
  return Object.fromEntries(Object.entries(root).filter(([name]) => !shadowed.includes(name)));
}

/**
 * Puts what stands in the files in place of the fields. Where one cannot be read its field holds a reference, as if the
 * host had found no value for it: a secret beside it is not what the operator meant.
 */
export function readSecretFiles(block: Block, files: SecretFiles): { block: Block; problem?: string } {
  const filled: Record<string, unknown> = { ...block };
  let problem: string | undefined;
  for (const [file, field] of Object.entries(files)) {
    const named = block[file];
    if (typeof named !== "string") continue;
    const read = readSecretFile(named, { field, file });
    if (read.ok) filled[field] = read.value;
    else {
      const why = reasons[read.reason] ?? `it cannot be read (${read.reason})`;
      problem ??= `${file}: ${why}`;
      filled[field] = { source: "file", provider: "file", id: file };
    }
  }
  return { block: filled, ...(problem !== undefined && { problem }) };
}
