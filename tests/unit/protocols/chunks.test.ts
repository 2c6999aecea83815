import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutMarkdown, cutMarkdownTexts } from "../../../src/protocols/chunks.ts";

const word = fc.constantFrom("a", "word", "é", "e\u0301", "👩‍👩‍👧", "🇩🇪", "| cell |", "<details>", "x".repeat(70));
const line = fc.array(word, { maxLength: 12 }).map((words) => words.join(" "));
const fence = fc.tuple(fc.constantFrom("```", "````", "~~~"), fc.constantFrom("", "ts", "python"), fc.array(line, { maxLength: 12 })).map(([mark, language, lines]) => [`${mark}${language}`, ...lines, mark].join("\n"));
const markdown = fc.array(fc.oneof(line, fence), { maxLength: 12 }).map((parts) => parts.join("\n"));

/** What is still open at the end of a text, by a reading of its own. */
function openFence(text: string): string | undefined {
  let open: string | undefined;
  for (const each of text.split("\n")) {
    const mark = /^(`{3,}|~{3,})/.exec(each)?.[1];
    if (mark === undefined) continue;
    if (open === undefined) open = mark;
    else if (mark.startsWith(open) && each === mark) open = undefined;
  }
  return open;
}

describe("cutting an answer", () => {
  it("CC-33 prefers the end of a line, then of a word, and cuts where there is neither", () => {
    const lines = `${"a".repeat(60)} b\n${"c".repeat(60)} d`;
    expect(cutMarkdownTexts(lines, 100)).toEqual([`${"a".repeat(60)} b\n`, `${"c".repeat(60)} d`]);
    expect(cutMarkdownTexts(`${"a".repeat(70)} ${"b".repeat(70)}`, 100)).toEqual([`${"a".repeat(70)} `, "b".repeat(70)]);
    expect(cutMarkdownTexts("a".repeat(250), 100).map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(cutMarkdownTexts("abcd", 100)).toEqual(["abcd"]);
    expect(cutMarkdownTexts("", 100)).toEqual([]);
  });

  it("CC-33 closes a code fence that is cut, and opens it again with its language", () => {
    const code = Array.from({ length: 30 }, (_, index) => `const value${index} = ${index};`);
    const pieces = cutMarkdownTexts(`Look:\n\`\`\`ts\n${code.join("\n")}\n\`\`\`\nThat is all.`, 200);
    expect(pieces.length).toBeGreaterThan(2);
    for (const piece of pieces.slice(1, -1)) expect(piece).toMatch(/^```ts\n[^`]*\n```$/);
    expect(pieces.at(-1)).toMatch(/^```ts\n[^`]*\n```\nThat is all\.$/);
    expect(pieces.join("\n").split("\n").filter((each) => each.startsWith("const"))).toEqual(code);
  });

  it("CC-33 keeps a code fence whole that has room in the next piece", () => {
    const text = `${"Words. ".repeat(10)}\n\`\`\`ts\nconst one = 1;\nconst two = 2;\nconst three = 3;\n\`\`\``;
    expect(cutMarkdownTexts(text, 100)).toEqual([`${"Words. ".repeat(10)}\n`, "```ts\nconst one = 1;\nconst two = 2;\nconst three = 3;\n```"]);
  });

  it.each(["👩‍👩‍👧", "e\u0301\u0323", "🇩🇪"])("CC-33 cuts a text of nothing but %s between two of them", (character) => {
    const pieces = cutMarkdownTexts(character.repeat(300), 101);
    expect(pieces.length).toBeGreaterThan(2);
    for (const piece of pieces) expect(piece.replaceAll(character, "")).toBe("");
  });

  it("CC-33 gives the text back, keeps to its bound, leaves no fence open and cuts no character in two", () => {
    const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
    fc.assert(
      fc.property(markdown, fc.integer({ min: 100, max: 400 }), (text, most) => {
        const pieces = cutMarkdown(text, most);
        expect(pieces.map((piece) => piece.text).join("")).toBe(text);
        let at = 0;
        for (const [index, piece] of pieces.entries()) {
          const written = piece.before + piece.text + piece.after;
          expect(Array.from(written).length).toBeLessThanOrEqual(most);
          if (index < pieces.length - 1) expect(openFence(written)).toBeUndefined();
          at += piece.text.length;
          if (at < text.length) expect(segmenter.segment(text).containing(at)?.index).toBe(at);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
