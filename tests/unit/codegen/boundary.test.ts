import { describe, expect, it } from "vitest";
import { boundaryValues } from "../../../codegen/boundary.ts";
import type { Node } from "../../../codegen/ir.ts";

const place = { file: "", path: [] };

describe("the values at the edges of an object", () => {
  it("have each optional field absent, shortest and longest, wherever it stands", () => {
    const names = ["a", "b", "c", "d", "e"];
    const node: Node = {
      kind: "object",
      place,
      openness: "implicit",
      extra: { kind: "never", place },
      patterns: [],
      properties: names.map((name) => ({ name, required: false, node: { kind: "string", minLength: 2, maxLength: 7, place } })),
    };
    const values = boundaryValues("Five", 24, { types: new Map([["Five", node]]), longest: 100 }, () => true) as Readonly<Record<string, string>>[];
    const lengths = names.map((name) => [...new Set(values.map((value) => Array.from(value[name] ?? "").length))].sort((a, b) => a - b));
    expect(lengths).toEqual(names.map(() => [0, 2, 4, 7]));
  });
});
