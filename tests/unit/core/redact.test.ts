import { describe, expect, it } from "vitest";
import { forLog, jsonForLog } from "../../../src/core/redact.ts";

const obeyed = ["\u0000", "\n", "\u001b", "\u007f", "\u009b", "\u200f", "\u202e", "\u2066", "\u2028"];

describe("a peer's text in a log", () => {
  it.each(obeyed)("holds nothing that a terminal would obey, or that would turn the line around: %j", (character) => {
    expect(forLog(`a${character}b`)).toBe("a\uFFFDb");
    expect(jsonForLog({ [`k${character}`]: [`v${character}`] })).not.toContain(character);
  });

  it("is otherwise as it was", () => {
    expect(forLog("é😀 ש\u200d")).toBe("é😀 ש\u200d");
    expect(jsonForLog({ a: "é", b: [1, "\n"] })).toBe(JSON.stringify({ a: "é", b: [1, "\n"] }));
  });
});
