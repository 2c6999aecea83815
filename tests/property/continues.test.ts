import fc from "fast-check";
import { expect, it } from "vitest";
import { continues } from "../../generated/escape.ts";

it("a text continues what it begins with, and nothing else", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "\ud83d", "\ude00", "é"), maxLength: 12 });
  fc.assert(
    fc.property(text, text, (one, other) => {
      for (const [whole, before] of [[one, other], [one + other, one], [one, one]] as const) expect(continues(whole, before)).toBe(whole.startsWith(before));
    }),
  );
});
