import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { emitShared, emitters } from "../../../codegen/emit/index.ts";
import type { Json, NamedType, Protocol } from "../../../codegen/ir.ts";
import { addMetaschema } from "../../../codegen/metaschema.ts";
import { buildNamedTypes } from "../../../codegen/named-types.ts";
import { SchemaReader } from "../../../codegen/schema.ts";
import { Sources, START } from "../../../codegen/source.ts";
import type { Validator } from "../../../generated/runtime.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const suite = path.join(root, "tests/fixtures/json-schema-test-suite");

interface Group {
  readonly description: string;
  readonly schema: Json;
  readonly tests: readonly { readonly description: string; readonly data: Json; readonly valid: boolean }[];
}

const readJson = (...steps: string[]): unknown => JSON.parse(readFileSync(path.join(suite, ...steps), "utf8"));
const cases = readdirSync(path.join(suite, "draft7")).flatMap((file) =>
  (readJson("draft7", file) as Group[]).map((group) => ({ ...group, title: `${file}: ${group.description}` })),
);
const remotes = readdirSync(path.join(suite, "remotes"), { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".json"));

/** What an object inherits under this name no JSON text can set in a validator that ajv prints. */
const known = ["properties.json: properties whose names are Javascript object property names: __proto__ not valid"];

/** Asks for a property by the name of what every object inherits, which fast-check cannot set. */
const inheritedNames = "required.json: required properties whose names are Javascript object property names";

/** Schemas that nothing satisfies. */
const empty = [
  "allOf.json: allOf with boolean schemas, all false",
  "allOf.json: allOf with boolean schemas, some false",
  "anyOf.json: anyOf with boolean schemas, all false",
  "boolean_schema.json: boolean schema 'false'",
  "if-then-else.json: else: false fails when condition does not match",
  "not.json: forbid everything with boolean schema true",
  "not.json: forbid everything with empty schema",
  "oneOf.json: oneOf with boolean schemas, all false",
  "oneOf.json: oneOf with boolean schemas, all true",
  "oneOf.json: oneOf with boolean schemas, more than one true",
  "ref.json: $ref to boolean schema false",
];

/** TypeScript has every object inherit a toString, and takes what is behind a reference for the object it is described as. */
const unassignable = [
  "properties.json: properties whose names are Javascript object property names",
  "ref.json: root pointer ref",
];

/** The named types of a schema that stands in a file of its own. */
function typesOf(schema: Json): NamedType[] {
  const sources = new Sources(false);
  addMetaschema(sources);
  for (const file of remotes) sources.add({ file, data: readJson("remotes", file) as Json, locate: () => START }, `http://localhost:1234/${file}`);
  sources.add({ file: "/case.json", data: schema, locate: () => START });
  const reader = new SchemaReader(sources);
  reader.nameSchema({ file: "/case.json", path: [] }, "Case");
  const types = buildNamedTypes(reader, sources);
  expect(sources.findings.filter(({ severity }) => severity === "error")).toEqual([]);
  return types;
}

function protocolOf(name: string, types: readonly NamedType[]): Protocol {
  const nothing = { channels: [], messages: [], contents: [], operations: [], tables: [], defaults: [], secrets: [] };
  return { name, pascal: "Case", title: name, version: "1.0.0", sources: [], types, contentFields: new Map(), ...nothing };
}

/** What only a value of the implied type says anything of: the type leaves other values out, as every author means it. */
function isMeant(node: NamedType["node"], data: Json): boolean {
  if (!node.untyped) return true;
  const kind = Array.isArray(data) ? "array" : data === null ? "null" : typeof data;
  return kind === (node.kind === "tuple" ? "array" : node.kind);
}

describe("the required tests of JSON Schema draft-07", () => {
  let folder = "";
  const built: { title: string; tests: Group["tests"]; name: string; types: NamedType[] }[] = [];
  const load = async <T>(name: string, file: string): Promise<T> => (await import(path.join(folder, name, file))) as T;

  beforeAll(async () => {
    mkdirSync(path.join(root, "dist"), { recursive: true });
    folder = mkdtempSync(path.join(root, "dist", "suite-"));
    for (const [file, text] of emitShared()) writeFileSync(path.join(folder, file), text);
    for (const [index, { title, schema, tests }] of cases.entries()) {
      const [name, types] = [`case${index}`, typesOf(schema)];
      mkdirSync(path.join(folder, name));
      for (const emitter of emitters)
        for (const [file, text] of await emitter(protocolOf(name, types), { strict: false })) writeFileSync(path.join(folder, file), text);
      built.push({ title, tests, name, types });
    }
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("are all there", () => {
    expect(cases.flatMap(({ tests }) => tests)).toHaveLength(927);
  });

  it("get the same verdict from the validators that are printed, but for one that is known", async () => {
    const wrong: string[] = [];
    for (const { title, tests, name } of built) {
      const { Case } = await load<{ Case: Validator<unknown> }>(name, "validators.ts");
      for (const { description, data, valid } of tests) if (Case(data) !== valid) wrong.push(`${title}: ${description}`);
    }
    expect(wrong).toEqual(known);
  }, 120_000);

  it("have values drawn for every schema that has any, all of which its validator accepts", async () => {
    const none: string[] = [];
    for (const { title, name } of built.filter((each) => each.title !== inheritedNames)) {
      const { Case } = await load<{ Case: Validator<unknown> }>(name, "validators.ts");
      const { arbitraries } = await load<{ arbitraries: { Case: fc.Arbitrary<unknown> } }>(name, "arbitraries.ts");
      try {
        for (const value of fc.sample(arbitraries.Case, { numRuns: 20, seed: 7 })) {
          expect(Case(value), `${title}: ${JSON.stringify(value)}`).toBe(true);
          expect(JSON.parse(JSON.stringify(value)), title).toEqual(value);
        }
      } catch (error) {
        if (!/no value can satisfy|none would do/u.test(String(error))) throw error;
        none.push(title);
      }
    }
    expect(none.sort()).toEqual(empty);
  }, 300_000);

  it("have types to which every instance that is right can be assigned", async () => {
    for (const { tests, name, types } of built) {
      const node = types.find((type) => type.name === "Case")?.node;
      const right = tests.filter(({ valid, data }) => valid && node && isMeant(node, data)).map(({ data }) => JSON.stringify(data));
      const lines = right.map((text, index) => `export const value${index}: Case = ${text};\n`).join("");
      if (lines !== "") writeFileSync(path.join(folder, name, "instances.ts"), `import type { Case } from "./types.ts";\n${lines}`);
    }
    const options = { extends: path.join(root, "tsconfig.json"), compilerOptions: { skipLibCheck: true }, include: ["*/instances.ts", "*/arbitraries.ts", "*/types.ts"], exclude: [] };
    writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify(options));
    const { stdout } = await promisify(execFile)(process.execPath, [path.join(root, "node_modules/typescript/bin/tsc"), "-p", folder]).catch((error: { stdout: string }) => error);
    // TS2353 is a guard against typing errors: the value is of the type all the same.
    const faults = stdout.split("\n").filter((line) => line.includes("error TS") && !line.includes("error TS2353"));
    const titles = faults.map((line) => built.find(({ name }) => line.includes(`/${name}/instances.ts`))?.title ?? line);
    expect([...new Set(titles)].sort()).toEqual(unassignable);
  }, 120_000);
});
