import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../generated/clawchat/index.ts";
import { turnBounds } from "../../src/protocols/clawchat/profile.ts";
import { cutMarkdown } from "../../src/protocols/chunks.ts";
import { cleanStart, clean } from "../../src/protocols/clawchat/text.ts";
import { mayBeSilence, spoken } from "../../src/protocols/clawchat/silence.ts";
import type { TurnEvent } from "../../src/protocols/turn.ts";
import { playTurn } from "../support/im-session.ts";
import { fragmentsOf, openHub, payloadOf, type Sent, textOf } from "../unit/protocols/clawchat/hub.ts";

/** Any UTF-16 text, halves of characters and U+0000 included. */
const anyText = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 200, size: "max" }) },
  { weight: 1, arbitrary: fc.array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0, 0xd83d, 0xde00)), { minLength: 1, maxLength: 60, size: "max" }).map((units) => String.fromCharCode(...units)) },
);
/** A text, and where it is shown for a moment while it grows. */
const growing = fc.tuple(anyText, fc.array(fc.nat({ max: 1000 }).map((share) => share / 1000), { maxLength: 12, size: "max" })).map(([text, shares]) => ({ text, cuts: shares.map((share) => Math.floor(share * text.length)).toSorted((a, b) => a - b) }));

const addsIn = (frames: readonly Sent[]) => frames.filter(({ event }) => event === "message.add").map((frame) => ({ ...payloadOf(frame), ...fragmentsOf(frame)[0] }) as { sequence: number; text: string; delta: string });

describe("a text that is shown while it grows", () => {
  it("CC-67 CC-68 CC-30 arrives piece by piece as the text that is said in the end, whatever it is and however it is cut", () => {
    let added = 0;
    fc.assert(
      fc.property(growing, ({ text, cuts }) => {
        const hub = openHub().ready();
        const of = hub.hears();
        const frames = cuts.flatMap((cut) => hub.streams(of, text.slice(0, cut)).frames);
        frames.push(...hub.answers(of, text).frames);
        const adds = addsIn(frames);
        added += adds.length;
        let before = "";
        for (const [index, { sequence, text: whole, delta }] of adds.entries()) {
          expect(sequence).toBe(index);
          expect(before + delta).toBe(whole);
          expect(delta).not.toBe("");
          expect(delta.isWellFormed()).toBe(true);
          before = whole;
        }
        if (adds.length === 0) return;
        const reply = frames.at(-1);
        expect(frames.map(({ event }) => event)).toEqual(["message.created", ...adds.map(() => "message.add"), ...(spoken(text) === undefined ? ["message.failed"] : ["message.done", "message.reply"])]);
        expect(new Set(frames.map((frame) => payloadOf(frame)["message_id"])).size).toBe(1);
        if (spoken(text) !== undefined) expect([before, textOf(frames.at(-2)), textOf(reply)]).toEqual([clean(text), clean(text), clean(text)]);
      }),
      { numRuns: 200 },
    );
    expect(added).toBeGreaterThan(60);
  });

  it("CC-69 ends once on every connection, whatever the agent takes back and whatever is lost", () => {
    type Step = { stream: string } | { think: string } | "lose" | "stop";
    const steps = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom("a", "ab", "abc", "abcd", "b", "bc", "").map((stream): Step => ({ stream })) },
      { weight: 3, arbitrary: fc.constantFrom("x", "xy", "z").map((think): Step => ({ think })) },
      { weight: 1, arbitrary: fc.constantFrom<Step>("lose", "stop") },
    );
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 20, size: "max" }), fc.constantFrom("abcd", "b", "NO_REPLY", undefined), (walk, answer) => {
        const hub = openHub({ outputVisibility: "full" }).ready();
        const of = hub.hears({ type: "group" });
        for (const step of walk) {
          if (step === "lose") {
            hub.reconnect();
            hub.ready();
          } else if (step === "stop") hub.says({ say: "goodbye" });
          else if ("stream" in step) hub.streams(of, step.stream);
          else hub.says({ say: "thought", of, content: step.think, attempt: 1 });
        }
        if (answer === undefined) hub.fails(of);
        else hub.answers(of, answer);
        const parts = hub.sent.filter(({ event }) => event.startsWith("message.") && !event.endsWith("_ack"));
        const last = parts.at(-1)?.on;
        for (const [id, frames] of Map.groupBy(parts, (frame) => payloadOf(frame)["message_id"])) {
          const life = frames.map(({ event }) => event.replace("message.", "")).join(" ");
          const isCut = frames[0]?.on !== last || frames[0]?.on !== hub.sent.at(-1)?.on;
          expect(life, String(id)).toMatch(isCut ? /^(created( add)+( done| failed)?)?( ?(reply|send))?$/ : /^(created( add)+( done| failed))?( ?(reply|send))?$/);
          // No stream goes on where another connection began it.
          expect(new Set(frames.filter(({ event }) => event !== "message.reply" && event !== "message.send").map(({ on }) => on)).size).toBeLessThanOrEqual(1);
        }
        expect(hub.state.streams.open.size).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it("CC-68 deltas stand in message.add and nowhere else", () => {
    fc.assert(
      fc.property(growing, ({ text, cuts }) => {
        const hub = openHub().ready();
        const of = hub.hears();
        for (const cut of cuts) hub.streams(of, text.slice(0, cut));
        hub.answers(of, text);
        for (const frame of hub.sent) {
          const fragments = fragmentsOf(frame) as unknown;
          if (Array.isArray(fragments)) for (const fragment of fragments as object[]) expect("delta" in fragment).toBe(frame.event === "message.add");
        }
      }),
    );
  });

  it("CC-30 what is shown of a beginning is a beginning of the whole", () => {
    fc.assert(
      fc.property(anyText, fc.nat({ max: 200 }), (text, cut) => {
        expect(clean(text).startsWith(cleanStart(text.slice(0, cut)))).toBe(true);
      }),
    );
  });

  it("CC-34 nothing is shown of what turns out to be silence from its start", () => {
    const silences = fc.constantFrom("NO_REPLY", "NO REPLY", "[SILENT]", "SILENT", "clawchat:no-reply", "<clawchat:silent>", "**NO_REPLY**");
    fc.assert(
      fc.property(silences, fc.nat({ max: 40 }), (text, cut) => {
        expect(mayBeSilence(text.slice(0, cut))).toBe(true);
      }),
    );
  });
});

describe("a text that is said", () => {
  it("CC-33 comes in pieces that add up to it, none over the limit and none with half a character", () => {
    const texts = fc.oneof(anyText, fc.array(fc.constantFrom("a", "😀", " ", "\n", "word ", "工坊"), { maxLength: 300 }).map((parts) => parts.join("")));
    fc.assert(
      fc.property(texts, fc.integer({ min: 100, max: 150 }), (text, most) => {
        const pieces = cutMarkdown(clean(text), most);
        expect(pieces.map((piece) => piece.text).join("")).toBe(clean(text));
        for (const piece of pieces.map(({ before, text: own, after }) => before + own + after)) {
          expect(piece.isWellFormed()).toBe(true);
          expect(Array.from(piece).length).toBeGreaterThan(0);
          expect(Array.from(piece).length).toBeLessThanOrEqual(most);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("CC-21 CC-33 is never over the limit of a frame, and is the whole text, however costly", () => {
    const alphabets = fc.constantFrom("a", "😀", '"\n\\', "\u0001", "é", "{}");
    fc.assert(
      fc.property(alphabets, fc.integer({ min: 1, max: 300_000 }), fc.boolean(), (alphabet, length, isShown) => {
        const text = alphabet.repeat(Math.ceil(length / alphabet.length)).slice(0, 262_144);
        const hub = openHub().ready();
        const of = hub.hears();
        if (isShown) hub.streams(of, text.slice(0, 200));
        // The hub itself refuses what is over the limit.
        const { messages } = hub.answers(of, text);
        expect(messages.map(textOf).join("") === clean(text)).toBe(true);
        expect(new Set(messages.map((frame) => payloadOf(frame)["message_id"])).size).toBe(messages.length);
      }),
      { numRuns: 15 },
    );
  });
});

describe("the cost of a reply", () => {
  it.each([60, 200, 400, 1600, 3200].flatMap((length) => [1, 2, 4].map((per) => [length, per] as const)))("CC-70 holds for a short answer too: %i characters, %i at a time", (length, per) => {
    const text = "It opens at nine. ".repeat(400).slice(0, length);
    const hub = openHub().ready();
    const of = hub.hears();
    const events: [number, TurnEvent][] = [[0, { on: "started" }]];
    for (let end = per, at = 0; end <= length; end += per, at += 50) events.push([at, { on: "partial", text: text.slice(0, end) }]);
    events.push([1e9, { on: "payload", payload: { text } }], [1e9, { on: "ended", how: { ended: "completed" } }]);
    for (const says of playTurn(events, turnBounds)) hub.says(says.say === "terminal" ? { ...says, of, isRepeat: false } : says.say === "typing" ? { ...says, of } : { ...says, of, attempt: 1 });
    const adds = hub.sent.filter(({ event }) => event === "message.add").reduce((bytes, frame) => bytes + bytesOf(frame.text), 0);
    expect(adds).toBeLessThanOrEqual(limits.repetitionTimes * length + limits.repetitionBytes);
  });

  const LENGTH = 20_000;
  const fill = (text: string) => text.repeat(Math.ceil(LENGTH / text.length)).slice(0, LENGTH);
  const bytesOf = (text: string) => Buffer.byteLength(text);
  const texts = fc
    .array(fc.tuple(fc.constantFrom("a", "It opens at nine. ", "工坊九点开门", "😀", '"\n\\', "\u0001", "é"), fc.integer({ min: 1, max: LENGTH })), { minLength: 1, maxLength: 5 })
    .map((parts) => fill(parts.map(([alphabet, length]) => alphabet.repeat(Math.ceil(length / alphabet.length))).join("")));
  const arrivals = fc.array(fc.tuple(fc.nat({ max: 400 }), fc.integer({ min: 1, max: 3000 })), { minLength: 1, maxLength: 20 });

  /** All that a reply costs on the wire, and what of it are adds. */
  function costOf(text: string, pattern: readonly (readonly [number, number])[]): { all: number; adds: number } {
    const hub = openHub().ready();
    const of = hub.hears();
    const events: [number, TurnEvent][] = [];
    for (let at = 0, length = 0, i = 0; length < text.length; i += 1) {
      const [wait, characters] = pattern[i % pattern.length] ?? [0, 1];
      at += wait;
      length += characters;
      events.push([at, { on: "partial", text: text.slice(0, length) }]);
    }
    events.push([1e9, { on: "payload", payload: { text } }], [1e9, { on: "ended", how: { ended: "completed" } }]);
    const before = hub.sent.length;
    for (const says of playTurn(events, turnBounds)) hub.says(says.say === "terminal" ? { ...says, of, isRepeat: false } : says.say === "typing" ? { ...says, of } : { ...says, of, attempt: 1 });
    const frames = hub.sent.slice(before);
    expect(textOf(frames.at(-1))).toBe(clean(text));
    const sum = (list: readonly Sent[]) => list.reduce((bytes, frame) => bytes + bytesOf(frame.text), 0);
    return { all: sum(frames), adds: sum(frames.filter(({ event }) => event === "message.add")) };
  }

  it("CC-70 is at most twelve times its text, however it comes", () => {
    fc.assert(
      fc.property(texts, arrivals, (text, pattern) => {
        const { all, adds } = costOf(text, pattern);
        const own = bytesOf(JSON.stringify(clean(text)));
        expect(all / own).toBeLessThanOrEqual(12);
        expect(adds).toBeLessThanOrEqual(limits.repetitionTimes * own + limits.repetitionBytes);
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ["plain text", "It opens at nine. "],
    ["Chinese", "工坊九点开门，明天见。"],
    ["emoji", "😀"],
    ["quotes and newlines", '"\n'],
  ])("CC-70 is at most twelve times its text, one character at a time: %s", (_, text) => {
    const { all } = costOf(fill(text), [[50, 1]]);
    expect(all / bytesOf(JSON.stringify(clean(fill(text))))).toBeLessThanOrEqual(12);
  });
});
