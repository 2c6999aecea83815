import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newAjv, typeId } from "../../../codegen/compile.ts";
import { printValidators } from "../../../codegen/emit/validators.ts";
import type { Json, NamedType } from "../../../codegen/ir.ts";
import { shareEqual } from "../../../codegen/share.ts";

const name: Json = { type: "string", minLength: 1, maxLength: 8, pattern: "^[a-z{}\"]*$" };
const hours: Json = { type: "object", additionalProperties: false, required: ["from"], properties: { from: { type: "integer", minimum: 0, maximum: 23 }, 'until ",params:{': { type: "integer", minimum: 0, maximum: 23 } } };
const fields: Json = { name, hours, days: { type: "array", maxItems: 2, uniqueItems: true, items: name }, who: { anyOf: [name, { type: "object", required: ["name"], properties: { name } }, { type: "null" }] } };
const typeOf = (name: string, schema: Json): NamedType => ({ name, schema, node: { kind: "any", place: { file: "", path: [] } } as unknown as NamedType["node"], place: { file: "", path: [] }, recursive: false });
const types = [typeOf("Shop", { type: "object", additionalProperties: false, properties: { ...(fields as object), branches: { type: "object", additionalProperties: { $ref: "#/definitions/Branch" } } } }), typeOf("Branch", { type: "object", additionalProperties: false, properties: fields })];

type Printed = ((value: unknown) => boolean) & { errors?: { instancePath: string; keyword: string; params: object }[] | null };

/** Which of two equal items is named first is nothing to anybody. */
function inOrder<Fault extends { keyword: string; params: object }>(fault: Fault): Fault {
  return fault.keyword === "uniqueItems" ? { ...fault, params: Object.values(fault.params as Record<string, number>).toSorted((a, b) => a - b) } : fault;
}

const part = fc.oneof(fc.constantFrom(["a", "a"], ["a", "b", "c"]), fc.constantFrom("ann", "", "Ann", "far too long", 7, null, 23, 24, 0.5), fc.record({ from: fc.constantFrom(0, 24, "8"), 'until ",params:{': fc.constantFrom(0, 1.5) }, { requiredKeys: [] }), fc.record({ name: fc.constantFrom("ann", 7) }, { requiredKeys: [] }), fc.array(fc.constantFrom("a", "b", "a", 1), { maxLength: 3 }));
const branch = fc.record({ name: part, hours: part, days: part, who: part, other: part }, { requiredKeys: [] });
const shop = fc.record({ name: part, hours: part, days: part, who: part, other: part, branches: fc.dictionary(fc.constantFrom("a/b", "x~y", "plain"), fc.oneof(branch, part)) }, { requiredKeys: [] });

describe.each([false, true])("validators as they are printed, small: %s", (small) => {
  let folder = "";
  let Shop: Printed;

  beforeAll(async () => {
    // Within the workshop, where the types of the runtime are stripped.
    folder = mkdtempSync(join(import.meta.dirname, ".printed-"));
    const file = join(folder, "validators.ts");
    writeFileSync(file, printValidators(types, { strict: true, tolerant: [], ...(small && { quick: [] }) }).replace("../runtime.ts", "../../../../codegen/runtime/runtime.ts"));
    ({ Shop } = (await import(pathToFileURL(file).href)) as { Shop: Printed });
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("find what ajv finds, and say the same of it", () => {
    const ajv = newAjv(types, { strict: true });
    const validate = ajv.getSchema(typeId("Shop"));
    const told = new Set<string>();
    fc.assert(
      fc.property(fc.oneof(shop, branch, part), (value) => {
        const expected = validate?.(value);
        const errors = validate?.errors?.map(({ instancePath, keyword, params }) => ({ instancePath, keyword, params })) ?? [];
        for (const { keyword } of errors) told.add(keyword);
        expect(Shop(value)).toBe(expected);
        expect(expected ? [] : Shop.errors?.map(inOrder)).toEqual(errors.map(inOrder));
      }),
      { numRuns: 3000, seed: 7 },
    );
    expect([...told].toSorted()).toEqual(["additionalProperties", "anyOf", "maxItems", "maxLength", "maximum", "minLength", "pattern", "required", "type", "uniqueItems"]);
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
