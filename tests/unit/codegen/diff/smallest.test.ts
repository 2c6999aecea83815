import { describe, expect, it } from "vitest";
import { smallest } from "../../../../codegen/diff/smallest.ts";
import type { Json } from "../../../../codegen/ir.ts";

const field = (value: Json, name: string): Json | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, Json>>)[name] : undefined;

describe("the smallest value that still shows a fault", () => {
  it("has no field that the fault does not need", () => {
    const value = { a: 1, b: { c: true, d: [1, 2, 3] }, e: "text" };
    expect(smallest(value, (less) => field(field(less, "b") ?? null, "c") === true)).toEqual({ b: { c: true } });
  });

  it("has a text exactly as long as it must be, of plain letters", () => {
    const isLong = (less: Json): boolean => typeof less === "string" && Array.from(less).length > 4000;
    expect(smallest("\u{1f600}\"".repeat(4000), isLong)).toBe("a".repeat(4001));
  });

  it("has the number next to the bound, from above and from below", () => {
    expect(smallest(987_654_321.5, (less) => typeof less === "number" && less > 1000)).toBe(1001);
    expect(smallest(-987_654_321, (less) => typeof less === "number" && less < -1000)).toBe(-1001);
  });

  it("has as few items as may be, each as small as may be", () => {
    expect(smallest([[7, 7], [9, 9, 9], ["x"]], (less) => Array.isArray(less) && less.length >= 2)).toEqual([[], []]);
  });

  it("is the value itself where nothing can be left out", () => {
    expect(smallest({ a: null }, (less) => field(less, "a") === null)).toEqual({ a: null });
  });

  it("is found in bounded time, however large the value is", () => {
    const value = Array.from({ length: 5000 }, (_, index) => ({ index }));
    let judged = 0;
    smallest(value, () => (judged += 1) < 0);
    expect(judged).toBeLessThanOrEqual(2000);
  });
});
