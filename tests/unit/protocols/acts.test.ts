import { describe, expect, it } from "vitest";
import { isEmoji } from "../../../src/protocols/acts.ts";

describe("an emoji of a wire", () => {
  it("is one line of some bytes, and no blank", () => {
    expect(["👍", "é", "👩‍👩‍👧"].map((text) => isEmoji(text, 18))).toEqual([true, true, true]);
    expect(["", " ", "\u00a0", "👍\n", "\u2028", "\ud83d", "\u0007"].map((text) => isEmoji(text, 18))).toEqual([false, false, false, false, false, false, false]);
    expect([isEmoji("👍", 4), isEmoji("👍", 3)]).toEqual([true, false]);
  });
});
