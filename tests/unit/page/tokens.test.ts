import type { Token } from "marked";
import { describe, expect, it } from "vitest";
import { readMarkdown } from "../../../src/page/tokens.ts";

const childrenOf = (token: Token): readonly Token[] => ("items" in token ? (token["items"] as Token[]) : "tokens" in token ? (token.tokens ?? []) : []);
const depthOf = (tokens: readonly Token[]): number => Math.max(0, ...tokens.map((token) => 1 + depthOf(childrenOf(token))));

describe("the markdown of a message", () => {
  it("is plain text where the parser gives up on it", () => {
    const text = `${">".repeat(20_000)}x`;
    expect(readMarkdown(text)).toEqual([expect.objectContaining({ type: "html", text })]);
  });

  it.each([">".repeat(300), "- ".repeat(200), "> 1. ".repeat(100), ">".repeat(2000), "> - ".repeat(1000)])("is drawn to a depth that every browser takes, and no word of the rest is lost (%#)", (start) => {
    const tokens = readMarkdown(`before\n\n${start}the end`);
    expect(tokens[0]?.raw).toMatch(/^before/);
    expect(depthOf(tokens)).toBeLessThan(40);
    expect(JSON.stringify(tokens.map((token) => deepest(token)))).toContain("the end");
  });

  it("is what it was where it is nested as people do", () => {
    expect(depthOf(readMarkdown("- a\n  - b\n    - > c **d _e_**"))).toBeGreaterThan(8);
    expect(readMarkdown("# One\n\n### Two").filter(({ type }) => type === "heading")).toMatchObject([{ depth: 3 }, { depth: 4 }]);
  });
});

function deepest(token: Token): Token {
  const last = childrenOf(token).at(-1);
  return last ? deepest(last) : token;
}
