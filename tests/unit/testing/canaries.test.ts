import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCanaries } from "../../host/canaries.ts";

const around = fc.string({ maxLength: 12 });

describe("a canary", () => {
  it.each([
    ["as it is", (text: string) => text],
    ["in JSON", (text: string) => JSON.stringify({ text })],
    ["in a URL", (text: string) => encodeURIComponent(text)],
    ["in base64", (text: string) => Buffer.from(text).toString("base64")],
    ["in the base64 of URLs", (text: string) => Buffer.from(text).toString("base64url")],
    ["in hexadecimal", (text: string) => Buffer.from(text).toString("hex")],
  ])("is seen %s, whatever stands around it", (_how, encode) => {
    fc.assert(
      fc.property(around, around, (before, after) => {
        const canaries = createCanaries();
        const secret = canaries.mint("a field");
        canaries.look("a log", encode(`${before.toWellFormed()}${secret}${after.toWellFormed()}`));
        expect([...canaries.seen]).toEqual(["a field → a log"]);
      }),
    );
  });

  it("is not seen where it is not", () => {
    const canaries = createCanaries();
    canaries.mint("a field");
    canaries.look("a log", "0123456789abcdef".repeat(1000));
    expect([...canaries.seen]).toEqual([]);
    expect(canaries.looked.get("a log")).toBe(16_000);
  });
});
