import { readFileSync } from "node:fs";
import type { Protocol } from "../ir.ts";
import { printArbitraries } from "./arbitraries.ts";
import { printCodec, tolerantTypes } from "./codec.ts";
import { printConfig } from "./config.ts";
import { printManifest } from "./manifest.ts";
import { type EmitContext, type Emitter, header, withHeader } from "./module.ts";
import { printSchemas } from "./schemas.ts";
import { printTables } from "./tables.ts";
import { printTypes } from "./types.ts";
import { printValidators } from "./validators.ts";
import { printVectors } from "./vectors.ts";

/** Everything that is emitted for a document. A new kind of output is one more line here. */
export const emitters: readonly Emitter[] = [
  emitTypes,
  emitValidators,
  emitCodec,
  emitTables,
  emitArbitraries,
  emitConfig,
  emitManifest,
  emitSchemas,
  emitVectors,
  emitIndex,
];

async function emitTypes(protocol: Protocol) {
  return file(protocol, "types.ts", withHeader(protocol, await printTypes(protocol.types)));
}

function emitValidators(protocol: Protocol, { strict }: { strict: boolean }) {
  const code = printValidators(protocol.types, { strict, tolerant: tolerantTypes(protocol), ...quickTypes(protocol) });
  return file(protocol, "validators.ts", `// @ts-nocheck\n${withHeader(protocol, code)}`);
}

/** A document that marks nothing as hot does not say what is checked often. */
function quickTypes({ messages, contents }: Protocol): { quick?: readonly string[] } {
  const quick = [...messages.filter(({ hot }) => hot).map(({ type }) => type), ...contents.flatMap(({ hot }) => hot)];
  return quick.length > 0 ? { quick } : {};
}

function emitCodec(protocol: Protocol) {
  return file(protocol, "codec.ts", printCodec(protocol));
}

function emitTables(protocol: Protocol) {
  return file(protocol, "tables.ts", printTables(protocol));
}

function emitArbitraries(protocol: Protocol) {
  return file(protocol, "arbitraries.ts", printArbitraries(protocol));
}

function emitConfig({ name, config }: Protocol) {
  return config ? printConfig(name, config) : new Map<string, string>();
}

function emitManifest({ name, config }: Protocol) {
  return new Map(config ? [[`${name}/manifest.json`, printManifest(config)]] : []);
}

function emitSchemas(protocol: Protocol) {
  return file(protocol, "schemas.json", printSchemas(protocol));
}

function emitVectors(protocol: Protocol, { strict }: EmitContext) {
  return file(protocol, "vectors.json", printVectors(protocol, strict));
}

function emitIndex(protocol: Protocol) {
  const modules = ["codec", ...(protocol.config ? ["config"] : []), "tables", "types"].map((name) => `export * from "./${name}.ts";\n`);
  const runtime = `export { describe, type Decoded, type ErrorDescription, type NotDecoded, type ValidationError, type Validator } from "../runtime.ts";\n`;
  return file(protocol, "index.ts", withHeader(protocol, runtime + modules.join("")));
}

/** The modules that all protocols share; they are written as they are, below a header. */
export function emitShared(): ReadonlyMap<string, string> {
  const names = ["escape.ts", "interpret.ts", "near-misses.ts", "runtime.ts", "shapes.ts", "values.ts"];
  const read = (name: string): string => readFileSync(new URL(`../runtime/${name}`, import.meta.url), "utf8");
  return new Map([
    ...names.map((name) => [name, `${header([`codegen/runtime/${name}`])}\n${read(name)}`] as const),
    ["vectors.schema.json", read("vectors.schema.json")],
  ]);
}

function file(protocol: Protocol, name: string, text: string): ReadonlyMap<string, string> {
  return new Map([[`${protocol.name}/${name}`, text]]);
}
