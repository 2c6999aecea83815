import { readFileSync } from "node:fs";
import type { Json } from "./ir.ts";
import { type Sources, START } from "./source.ts";

/** The schema of schemas, the one document on the network that everybody may refer to. */
export const metaschemaAddress = "http://json-schema.org/draft-07/schema";

export function addMetaschema(sources: Sources): void {
  const text = readFileSync(new URL(import.meta.resolve("ajv/dist/refs/json-schema-draft-07.json")), "utf8");
  sources.add({ file: metaschemaAddress, data: JSON.parse(text) as Json, locate: () => START }, metaschemaAddress);
}
