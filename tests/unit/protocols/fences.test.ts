import { describe, expect, it } from "vitest";
import { cutMarkdown, cutMarkdownTexts } from "../../../src/protocols/chunks.ts";

/** More than fits into a piece of 100, in lines that are no fence. */
const words = "word word word word\n".repeat(8);
/** What a piece opens and closes of its own. */
const added = (text: string) => cutMarkdown(text, 100).map(({ before, after }) => [before, after]);
const nothing = (text: string) => added(text).every(([before, after]) => before === "" && after === "");

describe("a line of an answer that is cut", () => {
  it.each([
    ["has words before its backticks", "Use ``` for code."],
    ["is indented by four, which makes it code already", "    ```"],
    ["has a backtick behind, which makes it code within the line", "```one``` and more"],
    ["has too few backticks", "``"],
    ["is too long to be repeated", `\`\`\`${"x".repeat(62)}`],
    ["has a mark too long to be repeated", "`".repeat(17)],
  ])("CC-33 opens no fence where it %s", (_, line) => {
    expect(nothing(`${line}\n${words}`)).toBe(true);
  });

  it.each([
    ["is indented by three", "   ```", "```"],
    ["has words behind its backticks", "``` ts title=one", "```"],
    ["has tildes, and a backtick behind them", "~~~ `one`", "~~~"],
    ["is as long as can be repeated", `\`\`\`${"x".repeat(61)}`, "```"],
    ["has a mark as long as can be repeated", "`".repeat(16), "`".repeat(16)],
  ])("CC-33 opens a fence where it %s", (_, line, mark) => {
    const cut = added(`${line}\n${words}`);
    expect(cut[0]).toEqual(["", mark]);
    expect(cut.slice(1).every(([before]) => before === `${line}\n`)).toBe(true);
  });

  it.each([
    ["another mark", "~~~"],
    ["a shorter mark", "```"],
    ["words behind its mark", "````ts"],
    ["a backtick behind its mark", "````ts`"],
    ["four spaces before it", "    ````"],
  ])("CC-33 does not close a fence of four backticks with %s", (_, line) => {
    expect(added(`\`\`\`\`\n${line}\n${words}`)[0]).toEqual(["", "````"]);
  });

  it.each([
    ["the same mark", "````"],
    ["a longer mark", "`````"],
    ["spaces around it", "  ````  "],
  ])("CC-33 closes a fence of four backticks with %s", (_, line) => {
    expect(nothing(`\`\`\`\`\none\n${line}\n${words}`)).toBe(true);
  });

  it("CC-33 is no fence where it is cut in the middle", () => {
    expect(cutMarkdown(`${"a".repeat(45)}\n\`\`\`${"x".repeat(60)}\nbehind it`, 100).every(({ before, after }) => before + after === "")).toBe(true);
  });

  it("CC-33 closes a fence where it is the last of a piece", () => {
    const text = `\`\`\`\n${"x".repeat(75)}\n\`\`\`\n${"y".repeat(90)}`;
    expect(cutMarkdownTexts(text, 100)).toEqual([text.slice(0, 84), "y".repeat(90)]);
  });
});

describe("a fence that is cut", () => {
  it("CC-33 is closed without a line of its own that was not there", () => {
    expect(cutMarkdownTexts(`\`\`\`\n${"x".repeat(60)}\n${"y".repeat(60)}\n\`\`\``, 100)).toEqual([`\`\`\`\n${"x".repeat(60)}\n\`\`\``, `\`\`\`\n${"y".repeat(60)}\n\`\`\``]);
  });

  it("CC-33 is closed on a line of its own, and keeps to the bound with the longest mark", () => {
    const mark = "`".repeat(16);
    const [first] = cutMarkdownTexts(`${mark}\n${"x".repeat(200)}\n${mark}`, 100);
    expect(first).toBe(`${mark}\n${"x".repeat(100 - 17 - 17)}\n${mark}`);
  });

  it("CC-33 goes to the next piece where it begins in the second half of any piece, not of the first alone", () => {
    const lines = `${"a".repeat(79)}\n`;
    const code = `\`\`\`\n${"x".repeat(70)}\n\`\`\``;
    expect(cutMarkdownTexts(`${lines}${"b".repeat(60)}\n${code}`, 100)).toEqual([lines, `${"b".repeat(60)}\n`, code]);
  });

  it("CC-33 goes on in a character that is larger than the room", () => {
    const text = `\`\`\`${"x".repeat(61)}\n${"e" + "\u0301".repeat(300)}\n\`\`\``;
    const pieces = cutMarkdown(text, 100);
    expect(pieces.map((piece) => piece.text).join("")).toBe(text);
    expect(pieces.length).toBeLessThan(40);
  });
});

describe("where an answer is cut", () => {
  it("CC-33 takes no end of a line or word that is in the first half", () => {
    expect(cutMarkdownTexts(`${"a".repeat(49)}\n${"b".repeat(100)}`, 100)).toEqual([`${"a".repeat(49)}\n${"b".repeat(50)}`, "b".repeat(50)]);
    expect(cutMarkdownTexts(`${"a".repeat(50)}\n${"b".repeat(100)}`, 100)).toEqual([`${"a".repeat(50)}\n`, "b".repeat(100)]);
  });

  it("CC-33 takes no space that has an accent", () => {
    expect(cutMarkdownTexts(`${"a".repeat(69)} \u0301${"b".repeat(60)}`, 100)[0]).toHaveLength(100);
  });

  it("CC-33 counts code points, the last of the basic plane as one unit", () => {
    expect(cutMarkdownTexts("\uffff".repeat(150), 100).map(({ length }) => length)).toEqual([100, 50]);
    expect(cutMarkdownTexts("😀".repeat(150), 100).map(({ length }) => length)).toEqual([200, 100]);
  });
});
