import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import fc from "fast-check";
import type { Change } from "../../../../codegen/diff/change.ts";
import { compare } from "../../../../codegen/diff/compare.ts";
import { type Read, readDocument } from "../../../../codegen/diff/documents.ts";
import { Walk } from "../../../../codegen/diff/edits.ts";
import { isWithin } from "../../../../codegen/diff/within.ts";
import type { JsonObject, Node } from "../../../../codegen/ir.ts";
import { findDocuments } from "../../../../codegen/run.ts";
import { SchemaReader } from "../../../../codegen/schema.ts";
import { Sources, START } from "../../../../codegen/source.ts";
import { Bench, edited, lamp } from "./lamp.ts";

const repository = path.resolve(import.meta.dirname, "../../../..");
const documents = [...findDocuments(path.join(repository, "spec")), ...findDocuments(path.join(repository, "codegen/fixtures"))];

const bench = new Bench();
let base: Read;
beforeAll(async () => void (base = await bench.read(lamp)), 60_000);
afterAll(() => bench.remove());

describe("a document", () => {
  it.each(documents.map((file) => [path.basename(file), file]))("%s has not changed against itself", async (name, file) => {
    const [once, again] = [await readDocument(file, name), await readDocument(file, name)];
    if (!("protocol" in once) || !("protocol" in again)) throw new Error("the document cannot be read");
    expect(compare(once.protocol, again.protocol)).toEqual([]);
  }, 60_000);
});

/** What a change of the schema of a message says, without where it stands. */
function judgement({ path, what, was, is, verdict, direction }: Change, isTurned: boolean): string {
  const turned = isTurned ? (direction === "received" ? "sent" : "received") : direction;
  return `${turned} ${path} ${what} ${isTurned ? `${is} ${was}` : `${was} ${is}`} ${verdict}`;
}

const edits: readonly (readonly [string, string])[] = [
  ["minimum: 1, maximum: 9", "minimum: 2, maximum: 10"],
  ["enum: [red, green]", "enum: [green, blue]"],
  ["        fixed: { const: 3 }\n", ""],
  ["required: [type, level]", "required: [type, name]"],
  ["'^[a-z]+$'", "'^[a-z0-9]+$'"],
  ["{ type: string, maxLength: 2 }, { type: boolean }", "{ type: string, maxLength: 3 }"],
  ["        - $ref: '#/components/schemas/Square'\n", ""],
];

describe("a change and its opposite", () => {
  it("say the same of the other direction, for a message that travels both ways", async () => {
    const now = await bench.read(edited(lamp, ...edits));
    const forth = compare(base.protocol, now.protocol);
    const back = compare(now.protocol, base.protocol);
    expect(forth.length).toBeGreaterThan(edits.length);
    expect(forth.map((change) => judgement(change, false)).sort()).toEqual(back.map((change) => judgement(change, true)).sort());
  }, 60_000);
});

const bound = fc.option(fc.nat(6), { nil: undefined });
const leaf: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({ type: fc.constant("string"), minLength: bound, maxLength: bound }),
  fc.record({ type: fc.constantFrom("integer", "number"), minimum: bound, maximum: bound }),
  fc.record({ enum: fc.uniqueArray(fc.constantFrom("a", "b", 1, true, null), { minLength: 1 }) }),
  fc.constantFrom({ type: "boolean" }, { type: "null" }, {}),
).map((schema) => JSON.parse(JSON.stringify(schema)) as JsonObject);

const { schema: anySchema } = fc.letrec<{ schema: JsonObject }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.record({ type: fc.constant("array"), items: tie("schema") }),
    fc.record({ anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
    fc.record({
      type: fc.constant("object"),
      properties: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("schema"), { noNullPrototype: true }),
      required: fc.uniqueArray(fc.constantFrom("a", "b", "c")),
      additionalProperties: fc.oneof(fc.boolean(), tie("schema")),
    }),
  ),
}));

function nodeOf(schema: JsonObject): Node {
  const sources = new Sources(false);
  sources.add({ file: "schema", data: schema, locate: () => START });
  return new SchemaReader(sources).read(schema, { file: "schema", path: [] });
}

const pair = { from: new Map<string, Node>(), to: new Map<string, Node>() };

describe("two schemas", () => {
  it("have no difference that breaks when one is shown to lie within the other", () => {
    fc.assert(
      fc.property(anySchema, anySchema, (one, other) => {
        const [old, now] = [nodeOf(one), nodeOf(other)];
        const refused = new Walk(pair).edits(old, now, "").filter(({ refusedNow }) => refusedNow !== undefined);
        if (isWithin(old, now, pair)) expect(refused).toEqual([]);
        else expect(refused.length).toBeGreaterThan(0);
      }),
      { seed: 7, numRuns: 3000 },
    );
  });

  it("lie within each other when they are one", () => {
    fc.assert(
      fc.property(anySchema, (schema) => {
        expect(isWithin(nodeOf(schema), nodeOf(schema), pair)).toBe(true);
        expect(new Walk(pair).edits(nodeOf(schema), nodeOf(schema), "")).toEqual([]);
      }),
      { seed: 7, numRuns: 1000 },
    );
  });
});
