import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TurnEvent } from "../../../src/protocols/turn.ts";
import { openIm, playTurn } from "../../support/im-session.ts";

const LENGTH = 20_000;
const ids = { messageId: "5b0c35f3-7d5c-4f0a-9f0e-2f2f2a3b1c4d", conversationId: "f6cf52ac-9f9d-4abd-890e-95e55439b939", sessionId: "0d9b6d42-2b50-4a2b-8a4c-9f1a7e0f5f11" };
const bytesOf = (text: string) => Buffer.byteLength(text);

/** Texts of one kind of character after another: the costs of a character differ by six. */
const alphabets = fc.constantFrom("a", "It opens at nine. ", "工坊九点开门", "😀", '"\n\\', "\u0001", "é", '{"a": "b\\n"}\n');
const texts = fc
  .array(fc.tuple(alphabets, fc.integer({ min: 1, max: LENGTH })), { minLength: 1, maxLength: 5 })
  .map((parts) => fill(parts.map(([alphabet, length]) => alphabet.repeat(Math.ceil(length / alphabet.length))).join("")));
/** How many characters come, after how many milliseconds; over and over. */
const arrivals = fc.array(fc.tuple(fc.nat({ max: 400 }), fc.integer({ min: 1, max: 3000 })), { minLength: 1, maxLength: 20 });

function fill(text: string): string {
  return text.repeat(Math.ceil(LENGTH / text.length)).slice(0, LENGTH);
}

/** Snapshots of a growing text. */
function grow(on: "partial" | "thought", text: string, pattern: readonly (readonly [waitMs: number, characters: number])[]): [number, TurnEvent][] {
  const events: [number, TurnEvent][] = [];
  for (let at = 0, length = 0, i = 0; length < text.length; i += 1) {
    const [wait, characters] = pattern[i % pattern.length] ?? [0, 1];
    at += wait;
    length += characters;
    events.push([at, { on, text: text.slice(0, length) }]);
  }
  return events;
}

/** All that one reply costs on the wire, its end included. */
function costOf(events: readonly [number, TurnEvent][], text: string, extended: boolean): { bytes: number } {
  const im = openIm({ contentChars: LENGTH });
  if (extended) im.hello();
  const end: [number, TurnEvent][] = [[1e9, { on: "payload", payload: { text } }], [1e9, { on: "ended", how: { ended: "completed" } }]];
  im.show(im.admit(ids), playTurn([...events, ...end]));
  return { bytes: im.texts.reduce((sum, frame) => sum + bytesOf(frame), 0) };
}

const named: [string, string][] = [
  ["plain text", fill("It opens at nine. ")],
  ["Chinese", fill("工坊九点开门，明天见。")],
  ["emoji", fill("😀")],
  ["quotes and newlines", fill('"\n')],
  ["control characters first", `${"\u0001".repeat(3000)}${"a".repeat(LENGTH - 3000)}`],
  ["emoji first", `${"😀".repeat(2500)}${"a".repeat(LENGTH - 5000)}`],
];

describe("the cost of a reply", () => {
  it("LI-17 is at most twelve times its text, however it comes", () => {
    fc.assert(
      fc.property(texts, arrivals, fc.boolean(), (text, pattern, extended) => {
        const { bytes } = costOf(grow("partial", text, pattern), text, extended);
        expect(bytes / bytesOf(JSON.stringify(text))).toBeLessThanOrEqual(12);
      }),
      { numRuns: 100 },
    );
  });

  it("LI-17 is at most twelve times its text and thoughts, however they come", () => {
    fc.assert(
      fc.property(texts, texts, arrivals, (text, thought, pattern) => {
        const events = [...grow("thought", thought, pattern), ...grow("partial", text, pattern).map(([at, event]): [number, TurnEvent] => [at + 1e6, event])];
        const { bytes } = costOf(events, text, true);
        expect(bytes / (bytesOf(JSON.stringify(text)) + bytesOf(JSON.stringify(thought)))).toBeLessThanOrEqual(12);
      }),
      { numRuns: 25 },
    );
  });

  it.each(named)("LI-17 is at most twelve times its text, one character at a time: %s", (_, text) => {
    const { bytes } = costOf(grow("partial", text, [[50, 1]]), text, true);
    expect(bytes / bytesOf(JSON.stringify(text))).toBeLessThanOrEqual(12);
  });

  it("LI-17 is at most twelve times its thoughts, one character at a time", () => {
    const thought = "It opens at nine. ".repeat(LENGTH / 18);
    const { bytes } = costOf(grow("thought", thought, [[50, 1]]), "", true);
    expect(bytes / bytesOf(JSON.stringify(thought))).toBeLessThanOrEqual(12);
  });

  it("LI-17 shows the first text at once, and a short reply at the full pace", () => {
    const events = grow("partial", "x".repeat(300), [[20, 5]]);
    const shown = playTurn(events).map((says) => (says.say === "stream" ? says.content.length : -1));
    expect(shown[0]).toBe(5);
    expect(shown.length).toBeGreaterThan(20);
    expect(Math.max(...shown.slice(1).map((length, i) => length - (shown[i] ?? 0)))).toBeLessThanOrEqual(15);
  });
});
