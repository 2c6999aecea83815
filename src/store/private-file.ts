import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";

/** Makes a file for its owner alone, whatever it was before; what SQLite puts beside it takes its mode. Throws what the platform throws. */
export function makePrivate(file: string): void {
  if (file === ":memory:") return;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, "a", 0o600));
  chmodSync(file, 0o600);
}
