import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clipReason } from "../../../src/core/close-reason.ts";

describe("close reason", () => {
  it("fits into a close frame, is a beginning of what was said, and is never cut within a character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (reason) => {
        const clipped = clipReason(reason);
        expect(Buffer.byteLength(clipped)).toBeLessThanOrEqual(123);
        expect(reason.startsWith(clipped)).toBe(true);
        if (Buffer.byteLength(reason) <= 123) expect(clipped).toBe(reason);
        else expect(Buffer.byteLength(clipped)).toBeGreaterThan(123 - 4);
      }),
    );
  });

  it("keeps whole characters of four bytes", () => {
    expect(clipReason("😀".repeat(40))).toBe("😀".repeat(30));
    expect(clipReason(`${"x".repeat(123)}😀`)).toBe("x".repeat(123));
    expect(clipReason(`${"x".repeat(122)}é`)).toBe("x".repeat(122));
  });
});
