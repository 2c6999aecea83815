import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type fc from "fast-check";
import { printArbitraries } from "../emit/arbitraries.ts";
import { printCodec, tolerantTypes } from "../emit/codec.ts";
import { emitShared } from "../emit/index.ts";
import { printValidators } from "../emit/validators.ts";
import type { Json, Protocol } from "../ir.ts";

export type Arbitraries = Readonly<Record<string, fc.Arbitrary<Json>>>;

const modules = path.resolve(import.meta.dirname, "../../node_modules");

/** The generated arbitraries of a document, as they would be written for it, loaded from a folder that is nobody's. */
export async function loadArbitraries(protocol: Protocol, folder: string): Promise<Arbitraries> {
  const home = path.join(folder, protocol.name);
  mkdirSync(home, { recursive: true });
  // What is generated finds fast-check where it always does: in a folder above.
  symlinkSync(modules, path.join(folder, "node_modules"), "junction");
  writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }\n');
  for (const [name, text] of emitShared()) writeFileSync(path.join(folder, name), text);
  const validators = printValidators(protocol.types, { strict: false, tolerant: tolerantTypes(protocol) });
  writeFileSync(path.join(home, "validators.ts"), validators);
  writeFileSync(path.join(home, "codec.ts"), printCodec(protocol));
  const file = path.join(home, "arbitraries.ts");
  writeFileSync(file, printArbitraries(protocol));
  const loaded = (await import(pathToFileURL(file).href)) as { readonly arbitraries: Arbitraries };
  return loaded.arbitraries;
}
