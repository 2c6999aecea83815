import { lstatSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { codeOf } from "../../failure.ts";

export type SecretFileRead = { ok: true; value: string } | { ok: false; reason: string };

/** The host's own bound. */
const MOST_BYTES = 16_384;

/** Stands in for OpenClaw's part of the same name, as `account-id.ts` beside it does. */
export function readSecretFile(path: string): SecretFileRead {
  const refused = (reason: string): SecretFileRead => ({ ok: false, reason });
  const place = path.trim().replace(/^~(?=$|[\\/])/, homedir());
  if (place === "") return refused("invalid-path");
  try {
    const found = lstatSync(place);
    if (found.isSymbolicLink()) return refused("symlink");
    if (!found.isFile()) return refused("not-file");
    if (found.nlink > 1) return refused("hardlink");
    if (found.size > MOST_BYTES) return refused("too-large");
    const value = readFileSync(place, "utf8").trim();
    return value === "" ? refused("invalid-path") : { ok: true, value };
  } catch (cause) {
    const code = codeOf(cause);
    return refused(code === "ENOENT" || code === "ENOTDIR" ? "not-found" : "read-failed");
  }
}
