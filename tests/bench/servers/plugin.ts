import { globSync, readFileSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

/** Of the modules of the package, those that a gateway with the channel loads: the entry, and what starting an account asks for. */
const LOADED = /^(?:index|gateway-(?!probe)[\w-]+|websocket-open-[\w-]+)\.js$/;

/**
 * Loads an installed plugin as a gateway does, with a compile cache and after all that it asks of the host, and says what
 * that took.
 */
export async function serve(folder: string): Promise<string> {
  enableCompileCache(join(tmpdir(), "clawwire-bench-compile-cache"));
  const files = globSync(join(folder, "dist/*.js"));
  const asked = new Set(files.flatMap((file) => [...readFileSync(file, "utf8").matchAll(/"(openclaw\/plugin-sdk\/[\w-]+)"/g)].map(([, specifier = ""]) => specifier)));
  for (const specifier of asked) await import(specifier);
  const heap = (): number => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  };
  const loaded = files.filter((file) => LOADED.test(basename(file))).toSorted((a, b) => Number(basename(b) === "index.js") - Number(basename(a) === "index.js"));
  if (loaded.length !== 3) throw new Error(`expected an entry and two modules for accounts in ${folder}, got ${loaded.map((file) => basename(file)).join(", ")}`);
  const before = heap();
  const began = performance.now();
  for (const file of loaded) await import(pathToFileURL(file).href);
  const ms = performance.now() - began;
  return JSON.stringify({ ms, heapMiB: (heap() - before) / 2 ** 20 });
}
