import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { smallest } from "../../../codegen/diff/smallest.ts";
import type { Json } from "../../../codegen/ir.ts";
import { list, text } from "../../../codegen/runtime/values.ts";
import * as clawchat from "../../../generated/clawchat/arbitraries.ts";
import * as clawchatCodec from "../../../generated/clawchat/codec.ts";
import * as websocket from "../../../generated/websocket/arbitraries.ts";
import * as websocketCodec from "../../../generated/websocket/codec.ts";

const DRAWS = 2000;

/** How many of the draws are exactly so long. */
function countOf(arbitrary: fc.Arbitrary<string | unknown[]>, length: number): number {
  const lengthOf = (value: string | unknown[]): number => (typeof value === "string" ? Array.from(value).length : value.length);
  return fc.sample(arbitrary, { seed: 1, numRuns: DRAWS }).filter((value) => lengthOf(value) === length).length;
}

describe("what is drawn", () => {
  it.each([
    ["a short text", text({ min: 2, max: 9 }), 2, 9],
    ["a text of its own characters", text({ min: 1, max: 64, unit: fc.constantFrom("x", "y") }), 1, 64],
    ["a long text", text({ max: 4096 }), 0, 4096],
    ["a list", list(fc.boolean(), { minLength: 1, maxLength: 16 }), 1, 16],
    ["a short list", list(fc.boolean(), { maxLength: 3 }), 0, 3],
  ] as const)("as %s is often exactly as short and as long as it may be", (_, arbitrary, least, most) => {
    expect(countOf(arbitrary, least)).toBeGreaterThan(DRAWS / 100);
    expect(countOf(arbitrary, most)).toBeGreaterThan(DRAWS / 100);
  });

  it("as text has letters, everything that JSON escapes, and the last character of all", () => {
    const characters = new Set(fc.sample(text({}), { seed: 1, numRuns: DRAWS }).flatMap((drawn) => Array.from(drawn)));
    for (const character of ["a", "Z", "0", " ", '"', "\\", "\n", "\u0000", "\u{10ffff}"]) expect(characters).toContain(character);
    expect([...characters].some((character) => /\p{Surrogate}/u.test(character))).toBe(false);
  });
});

const suites = [
  ["websocket", websocket.arbitraries, websocketCodec],
  ["clawchat", clawchat.arbitraries, clawchatCodec],
] as const;

function partsOf(value: Json): number {
  return typeof value === "object" && value !== null ? Object.values(value).reduce((sum: number, part) => sum + 1 + partsOf(part), 0) : 0;
}

describe("a value that fails a test", () => {
  it.each(suites)("of %s shrinks to one with nothing that could be left out", (_, arbitraries, codec) => {
    const validators = codec as unknown as Readonly<Record<string, (value: unknown) => boolean>>;
    for (const [name, arbitrary] of Object.entries<fc.Arbitrary<unknown>>(arbitraries)) {
      const validate = validators[`validate${name}`];
      if (!validate) continue;
      const { counterexample, numShrinks } = fc.check(fc.property(arbitrary, () => false), { seed: 7 });
      const shrunk = (counterexample as readonly Json[])[0] ?? null;
      const least = smallest(shrunk, (less) => validate(less));
      expect({ name, parts: partsOf(shrunk) }).toEqual({ name, parts: partsOf(least) });
      expect(numShrinks, name).toBeLessThan(60);
    }
  }, 30_000);

  it("shrinks to the shortest text and list that show the fault, though it was found at the longest", () => {
    const isShort = (drawn: string): boolean => Array.from(drawn).length < 5;
    const hasFew = (drawn: boolean[]): boolean => drawn.length < 5;
    for (const seed of [1, 2, 3, 4, 5]) {
      expect(fc.check(fc.property(text({ max: 300 }), isShort), { seed }).counterexample).toEqual(["aaaaa"]);
      expect(fc.check(fc.property(list(fc.boolean(), { maxLength: 16 }), hasFew), { seed }).counterexample).toEqual([Array(5).fill(false)]);
    }
  });
});
