import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Read } from "../../../../codegen/diff/documents.ts";
import type { Direction } from "../../../../codegen/ir.ts";
import { Bench, edited, lamp } from "./lamp.ts";

/** `seen` and `unseen` are breaking, and say what the experiment sees; `fine` is compatible; `none` is no change. */
type Outcome = "seen" | "unseen" | "untried" | "fine" | "note" | "none";

interface Row {
  readonly edit: string;
  readonly from: string;
  readonly to: string;
  readonly path: string;
  readonly received: Outcome;
  readonly sent: Outcome;
  /** Why no value can show what is said to be breaking. */
  readonly because?: string;
}

const unnamed = "nobody draws fields that an open object leaves unsaid";

const rows: readonly Row[] = [
  { edit: "a description", from: "How the lamp is.", to: "How it is.", path: "", received: "none", sent: "none" },
  { edit: "the order of properties", from: "required: [type, level]", to: "required: [level, type]", path: "", received: "none", sent: "none" },
  { edit: "a lower minimum", from: "minimum: 1, maximum: 9", to: "minimum: 0, maximum: 9", path: "/level", received: "fine", sent: "seen" },
  { edit: "a higher minimum", from: "minimum: 1, maximum: 9", to: "minimum: 2, maximum: 9", path: "/level", received: "seen", sent: "fine" },
  { edit: "a higher maximum", from: "minimum: 1, maximum: 9", to: "minimum: 1, maximum: 10", path: "/level", received: "fine", sent: "seen" },
  { edit: "a lower maximum", from: "minimum: 1, maximum: 9", to: "minimum: 1, maximum: 8", path: "/level", received: "seen", sent: "fine" },
  { edit: "no maximum", from: "minimum: 1, maximum: 9", to: "minimum: 1", path: "/level", received: "fine", sent: "seen" },
  { edit: "an excluded minimum", from: "minimum: 1, maximum: 9", to: "exclusiveMinimum: 1, maximum: 9", path: "/level", received: "seen", sent: "fine" },
  { edit: "an included minimum", from: "exclusiveMinimum: 0", to: "minimum: 0", path: "/share", received: "fine", sent: "seen" },
  { edit: "fractions", from: "level: { type: integer", to: "level: { type: number", path: "/level", received: "fine", sent: "seen" },
  { edit: "whole numbers only", from: "share: { type: number", to: "share: { type: integer", path: "/share", received: "seen", sent: "fine" },
  { edit: "a coarser multiple", from: "multipleOf: 2", to: "multipleOf: 4", path: "/even", received: "seen", sent: "fine" },
  { edit: "a finer multiple", from: "multipleOf: 2", to: "multipleOf: 1", path: "/even", received: "fine", sent: "seen" },
  { edit: "another type", from: "share: { type: number, exclusiveMinimum: 0 }", to: "share: { type: string }", path: "/share", received: "seen", sent: "seen" },
  { edit: "longer text", from: "maxLength: 6", to: "maxLength: 7", path: "/name", received: "fine", sent: "seen" },
  { edit: "shorter text", from: "maxLength: 6", to: "maxLength: 5", path: "/name", received: "seen", sent: "fine" },
  { edit: "a long text that is less long", from: "maxLength: 3000", to: "maxLength: 2999", path: "/note", received: "seen", sent: "fine" },
  { edit: "a longer long text", from: "maxLength: 5000", to: "maxLength: 5001", path: "/remark", received: "fine", sent: "seen" },
  { edit: "a lower minLength", from: "minLength: 2", to: "minLength: 1", path: "/name", received: "fine", sent: "seen" },
  { edit: "a higher minLength", from: "minLength: 2", to: "minLength: 3", path: "/name", received: "seen", sent: "fine" },
  { edit: "a wider class", from: "'^[a-z]+$'", to: "'^[a-z0-9]+$'", path: "/name", received: "fine", sent: "seen" },
  { edit: "a narrower class", from: "'^[a-z]+$'", to: "'^[a-y]+$'", path: "/name", received: "seen", sent: "fine" },
  { edit: "another pattern", from: "'^(on|off)!?$'", to: "'^(on|out)!?$'", path: "/word", received: "seen", sent: "seen" },
  { edit: "no pattern", from: ", pattern: '^(on|off)!?$'", to: "", path: "/word", received: "fine", sent: "seen" },
  { edit: "another format", from: "format: date", to: "format: date-time", path: "/since", received: "seen", sent: "seen" },
  {
    edit: "a format that nobody checks here",
    from: "since: { type: string, format: date }",
    to: "since: { type: string, format: binary }",
    path: "/since",
    received: "fine",
    sent: "seen",
  },
  { edit: "no format", from: ", format: date", to: "", path: "/since", received: "fine", sent: "seen" },
  { edit: "a new value", from: "enum: [red, green]", to: "enum: [red, green, blue]", path: "/colour", received: "fine", sent: "seen" },
  { edit: "one value less", from: "enum: [red, green]", to: "enum: [red]", path: "/colour", received: "seen", sent: "fine" },
  { edit: "any text for values", from: "type: string, enum: [red, green]", to: "type: string", path: "/colour", received: "fine", sent: "seen" },
  { edit: "another constant", from: "fixed: { const: 3 }", to: "fixed: { const: 4 }", path: "/fixed", received: "seen", sent: "seen" },
  { edit: "another tag", from: "{ const: state }", to: "{ const: stated }", path: "/type", received: "seen", sent: "seen" },
  { edit: "an optional property", from: "fixed: { const: 3 }", to: "fixed: { const: 3 }\n        more: { type: boolean }", path: "/more", received: "fine", sent: "seen" },
  { edit: "an optional property of an open object", from: "{ a: { type: boolean } }", to: "{ a: { type: boolean }, b: { type: integer } }", path: "/open/b", received: "fine", sent: "fine" },
  { edit: "a required property", from: "required: [a]\n      properties: { a: { type: boolean } }", to: "required: [a, b]\n      properties: { a: { type: boolean }, b: { type: integer } }", path: "/open/b", received: "seen", sent: "fine" },
  { edit: "an optional property less", from: "        fixed: { const: 3 }\n", to: "", path: "/fixed", received: "seen", sent: "fine" },
  { edit: "a required property less", from: "required: [a]\n      properties: { a: { type: boolean } }", to: "properties: {}", path: "/open/a", received: "fine", sent: "seen" },
  { edit: "an optional property made required", from: "required: [type, level]", to: "required: [type, level, name]", path: "/name", received: "seen", sent: "fine" },
  { edit: "a required property made optional", from: "required: [type, level]", to: "required: [type]", path: "/level", received: "fine", sent: "seen" },
  { edit: "an object that is closed", from: "required: [a]\n", to: "required: [a]\n      additionalProperties: false\n", path: "/open/*", received: "unseen", sent: "fine", because: unnamed },
  { edit: "an object that is opened", from: "additionalProperties: false\n      properties:\n        type", to: "properties:\n        type", path: "/*", received: "fine", sent: "unseen", because: unnamed },
  { edit: "narrower unnamed fields", from: "additionalProperties: { type: integer, minimum: 0, maximum: 9 }", to: "additionalProperties: { type: integer, minimum: 0, maximum: 4 }", path: "/free/*", received: "seen", sent: "fine" },
  { edit: "no unnamed fields", from: "additionalProperties: { type: integer, minimum: 0, maximum: 9 }", to: "additionalProperties: false", path: "/free/*", received: "seen", sent: "fine" },
  { edit: "a named field among the unnamed", from: "free: { type: object,", to: "free: { type: object, properties: { shade: { type: boolean } },", path: "/free/shade", received: "unseen", sent: "seen", because: "a name that is drawn is hardly ever this one" },
  { edit: "fields by another pattern", from: "'^x-'", to: "'^y-'", path: "/coded/*", received: "seen", sent: "seen" },
  { edit: "fewer fields at least", from: "minProperties: 1", to: "minProperties: 0", path: "/few", received: "fine", sent: "seen" },
  { edit: "fewer fields at most", from: "maxProperties: 3", to: "maxProperties: 1", path: "/few", received: "seen", sent: "fine" },
  { edit: "more items", from: "minItems: 1, maxItems: 3", to: "minItems: 1, maxItems: 4", path: "/steps", received: "fine", sent: "seen" },
  { edit: "more items at least", from: "minItems: 1, maxItems: 3", to: "minItems: 2, maxItems: 3", path: "/steps", received: "seen", sent: "fine" },
  { edit: "narrower items", from: "minimum: 0, maximum: 5", to: "minimum: 0, maximum: 4", path: "/steps/*", received: "seen", sent: "fine" },
  { edit: "items that may repeat", from: "uniqueItems: true, ", to: "", path: "/marks", received: "fine", sent: "seen" },
  { edit: "a narrower first item", from: "{ type: string, maxLength: 3 }", to: "{ type: string, maxLength: 2 }", path: "/pair/0", received: "seen", sent: "fine" },
  { edit: "a third item with a type", from: "{ type: boolean }] }", to: "{ type: boolean }, { type: integer }] }", path: "/pair/2", received: "seen", sent: "fine" },
  { edit: "null no more", from: "type: [string, 'null']", to: "type: string", path: "/id", received: "seen", sent: "fine" },
  { edit: "one more type", from: "type: [string, 'null']", to: "type: [string, integer, 'null']", path: "/id", received: "fine", sent: "seen" },
  { edit: "a branch less", from: "{ type: string, maxLength: 2 }, { type: boolean }", to: "{ type: string, maxLength: 2 }", path: "/either", received: "seen", sent: "fine" },
  { edit: "a wider branch", from: "{ type: string, maxLength: 2 }, { type: boolean }", to: "{ type: string, maxLength: 3 }, { type: boolean }", path: "/either", received: "fine", sent: "seen" },
  { edit: "a tagged branch less", from: "        - $ref: '#/components/schemas/Square'\n", to: "", path: "/shape", received: "seen", sent: "fine" },
  { edit: "another tag of a branch", from: "{ const: round }", to: "{ const: ball }", path: "/shape", received: "seen", sent: "seen" },
  { edit: "a bound in a branch", from: "minimum: 1, maximum: 5", to: "minimum: 1, maximum: 6", path: "/shape/radius", received: "fine", sent: "seen" },
  { edit: "less depth", from: "maxItems: 2, items: { $ref", to: "maxItems: 1, items: { $ref", path: "/parts", received: "seen", sent: "fine" },
  { edit: "another condition", from: "then: { required: [fuse] }", to: "then: { required: [fuse], properties: { fuse: { minimum: 3 } } }", path: "/plug", received: "seen", sent: "unseen", because: "a condition that differs is not looked into, and this one is only tighter" },
  { edit: "no condition", from: "\n          if: { properties: { kind: { const: uk } }, required: [kind] }\n          then: { required: [fuse] }", to: "", path: "/plug", received: "fine", sent: "seen" },
];

const bench = new Bench();
let base: Read;
beforeAll(async () => void (base = await bench.read(lamp)), 60_000);
afterAll(() => bench.remove());

describe("a change of a schema", () => {
  it.each(rows)("$edit: $received where it is received, $sent where it is sent", async ({ from, to, path, received, sent }) => {
    const comparison = await bench.compare(base, await bench.read(edited(lamp, [from, to])));
    const { changes, confirmations, unexplained } = comparison;
    const outcome = (direction: Direction): Outcome => {
      const found = changes.filter((change) => change.direction === direction && change.message === "state" && change.path === path);
      const breaking = found.filter(({ verdict }) => verdict === "breaking");
      if (breaking.some((change) => confirmations.get(change)?.seen === "yes")) return "seen";
      if (breaking.length > 0) return "unseen";
      return found.length > 0 ? "fine" : "none";
    };
    expect(unexplained.map(({ direction, paths, detail }) => ({ direction, paths, detail }))).toEqual([]);
    expect({ received: outcome("received"), sent: outcome("sent"), changes: changes.map((change) => `${change.path} ${change.what}`) }).toMatchObject({ received, sent });
  }, 60_000);

  it("is shown with nothing in the value that it does not need", async () => {
    const { confirmations } = await bench.compare(base, await bench.read(edited(lamp, ["maxLength: 3000", "maxLength: 2000"])));
    const seen = [...confirmations.values()].map((confirmation) => (confirmation.seen === "yes" ? confirmation.sighting.value : confirmation));
    expect(seen).toEqual([{ type: "state", level: 1, note: "a".repeat(2001) }]);
  }, 60_000);

  it("is in a table of more than thirty, with a reason wherever no value shows a break", () => {
    expect(rows.length).toBeGreaterThan(30);
    expect(rows.filter(({ received, sent, because }) => (received === "unseen" || sent === "unseen") !== (because !== undefined)).map(({ edit }) => edit)).toEqual([]);
  });
});
