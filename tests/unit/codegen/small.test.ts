import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newAjv, typeId } from "../../../codegen/compile.ts";
import { printValidators } from "../../../codegen/emit/validators.ts";
import type { Json, NamedType } from "../../../codegen/ir.ts";
import { quickOrSmall } from "../../../codegen/quick.ts";
import { shareEqual } from "../../../codegen/share.ts";

const name: Json = { type: "string", minLength: 1, maxLength: 8, pattern: "^[a-z{}\"]*$" };
const hours: Json = { type: "object", additionalProperties: false, required: ["from"], properties: { from: { type: "integer", minimum: 0, maximum: 23 }, 'until ",params:{': { type: "integer", minimum: 0, maximum: 23 } } };
const who: Json = { anyOf: [name, { type: "object", required: ["name"], properties: { name } }, { type: "null" }] };
const fields: Json = { name, hours, days: { type: "array", maxItems: 2, uniqueItems: true, items: name }, who };
const typeOf = (name: string, schema: Json, recursive = false): NamedType => ({ name, schema, node: { kind: "any", place: { file: "", path: [] } } as unknown as NamedType["node"], place: { file: "", path: [] }, recursive });
const types = [typeOf("Shop", { type: "object", additionalProperties: false, properties: { ...(fields as object), branches: { type: "object", additionalProperties: { $ref: "#/definitions/Branch" } } } }), typeOf("Branch", { type: "object", additionalProperties: false, properties: fields })];

/** What a fault need not be the end in, beside and inside each other, and faults after it. */
const either: Json = { oneOf: [{ type: "string", maxLength: 2 }, { type: "string", pattern: "^a" }, { type: "object", required: ["from"] }] };
const odd: Json = { if: { type: "string" }, then: { $ref: "#/definitions/Name" }, else: { allOf: [{ type: ["object", "null", "number"] }, { not: { const: 7 } }, { $ref: "#/definitions/Odd" }] } };
const loose = [
  typeOf("Name", name),
  typeOf("Odd", { not: { anyOf: [{ const: 23 }, { type: "object", required: ["from"] }] } }),
  typeOf("Shop", {
    type: "object",
    minProperties: 1,
    propertyNames: { anyOf: [{ maxLength: 5 }, { const: "branches" }] },
    dependencies: { days: ["name"], hours: { not: { required: ["who"] } } },
    patternProperties: { "^(?:name|other)$": { anyOf: [either, odd] } },
    properties: { who: odd, hours: { allOf: [odd, { $ref: "#/definitions/Odd" }] }, days: { anyOf: [{ type: "array", contains: either, items: { $ref: "#/definitions/Name" } }, { const: 23 }] }, branches: { type: "object", additionalProperties: { if: { required: ["name"] }, then: { $ref: "#/definitions/Shop" }, else: { properties: { who: either }, required: ["who"] } } } },
  }),
];

/** What is read where it is not checked often. */
const readable = [
  typeOf("Name", name),
  typeOf("Hours", { type: "object", additionalProperties: { $ref: "#/definitions/Count" }, minProperties: 1, maxProperties: 1 }),
  typeOf("Count", { type: ["integer"], minimum: 1, maximum: 23 }),
  typeOf("Part", { type: ["object", "string", "null"], if: { type: "object" }, then: { $ref: "#/definitions/Hours" }, else: { not: { const: "ann" } } }),
  typeOf("Shelf", { type: "object", minProperties: 1, properties: { name: { $ref: "#/definitions/Shelf" }, who: { $ref: "#/definitions/Name" } } }, true),
  typeOf("Shop", {
    allOf: [{ type: "object" }, { not: { required: ["other"], properties: { other: { const: null } } } }],
    type: "object",
    properties: {
      // More than one of its keywords finds a fault, each in its turn.
      who: { maximum: 7, maxLength: 8, not: { const: 23 } },
      branches: {
        type: "object",
        additionalProperties: {
          discriminator: { tag: "name", values: [["ann"], [7, null]] },
          "x-branches": [{ type: "object", additionalProperties: false, required: ["days"], properties: { days: { const: ["a", "b", "c"] }, name, who, other: { maxLength: 8 } } }, { $ref: "#/definitions/Shelf" }],
        },
      },
      other: { oneOf: [{ type: "string", format: "hostname" }, { type: "string", minLength: 4 }, { type: "number" }] },
      hours: { $ref: "#/definitions/Part", enum: ["ann", "", null, { from: 1 }, 23] },
      days: { type: "array", minItems: 1, maxItems: 2, items: who },
      name,
    },
  }),
];

interface Fault {
  instancePath: string;
  keyword: string;
  params: object;
}

type Printed = ((value: unknown) => boolean) & { errors?: Fault[] | null };

/** What of an error is read. Which of two equal items is named first is nothing to anybody. */
function told({ instancePath, keyword, params }: Fault): Fault {
  return { instancePath, keyword, params: keyword === "uniqueItems" ? Object.values(params as Record<string, number>).toSorted((a, b) => a - b) : params };
}

const part = fc.oneof(fc.constantFrom(["a", "a"], ["a", "b", "c"]), fc.constantFrom("ann", "", "Ann", "far too long", 7, null, 23, 24, 0.5), fc.record({ from: fc.constantFrom(0, 1, 24, "8"), 'until ",params:{': fc.constantFrom(0, 1.5) }, { requiredKeys: [] }), fc.record({ name: fc.constantFrom("ann", 7) }, { requiredKeys: [] }), fc.array(fc.constantFrom("a", "b", "a", 1), { maxLength: 3 }));
const branch = fc.record({ name: part, hours: part, days: part, who: part, other: part }, { requiredKeys: [] });
const shop = fc.record({ name: part, hours: part, days: part, who: part, other: part, branches: fc.dictionary(fc.constantFrom("a/b", "x~y", "plain"), fc.oneof(branch, part)) }, { requiredKeys: [] });

const cases = [
  // `reference`: the types as they are shared where they are small, if that changes what is said of a fault.
  { what: "each fault the end", types, reference: types, keywords: ["additionalProperties", "anyOf", "maxItems", "maxLength", "maximum", "minLength", "pattern", "required", "type", "uniqueItems"] },
  { what: "faults that need not be the end", types: loose, reference: quickOrSmall(loose, new Set()), keywords: ["anyOf", "const", "contains", "dependencies", "if", "maxLength", "minLength", "minProperties", "not", "oneOf", "pattern", "propertyNames", "required", "type"] },
  { what: "schemas that are read", types: readable, reference: readable, keywords: ["additionalProperties", "anyOf", "const", "discriminator", "enum", "format", "maxItems", "maxLength", "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum", "not", "oneOf", "pattern", "required", "type"] },
];

describe.each(cases.flatMap((each) => [false, true].map((small) => ({ ...each, small, reference: small ? each.reference : each.types }))))("validators as they are printed, $what, small: $small", ({ types, keywords, small, reference }) => {
  const isRead = small && types === readable;
  let folder = "";
  let Shop: Printed;

  beforeAll(async () => {
    // Within the workshop, where the types of the runtime are stripped.
    folder = mkdtempSync(join(import.meta.dirname, ".printed-"));
    const file = join(folder, "validators.ts");
    const code = printValidators(types, { strict: false, tolerant: [], ...(small && { quick: [] }) });
    if (code.includes("Shop = /*#__PURE__*/ $interpret(") !== isRead) throw new Error(`a schema is read ${isRead ? "nowhere" : "that is to be compiled"}`);
    writeFileSync(file, code.replaceAll(/"\.\.\/(\w+\.ts)"/gu, '"../../../../codegen/runtime/$1"'));
    ({ Shop } = (await import(pathToFileURL(file).href)) as { Shop: Printed });
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("find what ajv finds, and say the same of it", () => {
    const ajv = newAjv(reference, { strict: false, small });
    const validate = ajv.getSchema(typeId("Shop"));
    const keywordsTold = new Set<string>();
    fc.assert(
      fc.property(fc.oneof(shop, branch, part), (drawn) => {
        const value: unknown = JSON.parse(JSON.stringify(drawn));
        const expected = validate?.(value);
        // That a condition led to a fault is said by ajv alone, and of some faults only.
        const errors = validate?.errors?.filter(({ keyword }) => !isRead || keyword !== "if").map(told) ?? null;
        for (const { keyword } of errors ?? []) keywordsTold.add(keyword);
        expect([Shop(value), Shop.errors?.map(told) ?? null]).toEqual([expected, errors]);
      }),
      { numRuns: 5000, seed: 7 },
    );
    expect([...keywordsTold].filter((keyword) => keyword !== "if" || keywords.includes("if")).toSorted()).toEqual(keywords);
  });
});

describe("equal parts of types", () => {
  it("are one type of their own, those within them too, where a call is shorter than they are", () => {
    const { types: sharing, shared } = shareEqual(types);
    expect(shared.map(({ schema }) => schema)).toEqual([
      name,
      hours,
      { type: "array", maxItems: 2, uniqueItems: true, items: { $ref: "#/definitions/shared0" } },
      expect.objectContaining({ anyOf: expect.arrayContaining([{ $ref: "#/definitions/shared0" }]) as Json[] }),
    ]);
    expect(sharing.map(({ schema }) => (schema as { properties: { name: Json } }).properties.name)).toEqual([{ $ref: "#/definitions/shared0" }, { $ref: "#/definitions/shared0" }]);
  });
});
