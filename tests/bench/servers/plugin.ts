import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Loads every module of an installed plugin where all that it asks of the host is loaded already, and says what that
 * took. More than a gateway ever loads of it, without the compile cache that a gateway has.
 */
export async function serve(folder: string): Promise<string> {
  const files = globSync(join(folder, "dist/*.js"));
  const asked = new Set(files.flatMap((file) => [...readFileSync(file, "utf8").matchAll(/"(openclaw\/plugin-sdk\/[\w-]+)"/g)].map(([, specifier = ""]) => specifier)));
  for (const specifier of asked) await import(specifier);
  const heap = (): number => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  };
  const before = heap();
  const began = performance.now();
  for (const file of files) await import(pathToFileURL(file).href);
  const ms = performance.now() - began;
  return JSON.stringify({ ms, heapMiB: (heap() - before) / 2 ** 20 });
}
