import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TurnEnd, TurnEvent, TurnSays } from "../../../src/protocols/turn.ts";
import { openIm, playTurn, type Sent } from "../../support/im-session.ts";

type Timed = readonly [at: number, event: TurnEvent];

const words = fc.oneof(fc.string({ maxLength: 40 }), fc.constantFrom("ha", "aba", "ab", " ", "\n", '"', "工坊"));
const ends: fc.Arbitrary<TurnEvent> = fc
  .constantFrom<TurnEnd>({ ended: "completed" }, { ended: "failed", error: "Error: no\n    at /home/u/x.ts:3 token=abc" }, { ended: "cancelled" }, { ended: "timeout" })
  .map((how) => ({ on: "ended", how }));
const events: fc.Arbitrary<TurnEvent> = fc.oneof(
  words.map((text): TurnEvent => ({ on: "partial", text })),
  words.map((text): TurnEvent => ({ on: "thought", text })),
  words.map((text): TurnEvent => ({ on: "payload", payload: { text } })),
  words.map((text): TurnEvent => ({ on: "payload", payload: { text, isError: true } })),
  fc.constantFrom<TurnEvent>({ on: "started" }, { on: "next-message" }, { on: "tick" }),
  ends,
);
/** A turn with more to say after its end, as a runaway agent has. */
const turns = fc.tuple(fc.array(fc.tuple(fc.nat({ max: 120 }), events), { maxLength: 30 }), ends, fc.array(fc.tuple(fc.nat({ max: 120 }), events), { maxLength: 5 })).map(([before, end, after]) => timed([...before, [1, end], ...after]));

/** An agent whose text and thoughts only grow, and whose answer is that text. */
const growing = fc.array(fc.tuple(fc.nat({ max: 120 }), fc.constantFrom("partial", "thought"), words), { maxLength: 30 }).map((steps) => {
  const sofar = { partial: "", thought: "" };
  const list = steps.map(([wait, on, word]): [number, TurnEvent] => [wait, { on, text: (sofar[on] += word) }]);
  return { ...sofar, events: timed([...list, [1, { on: "payload", payload: { text: sofar.partial } }], [1, { on: "ended", how: { ended: "completed" } }]]) };
});

function timed(list: readonly (readonly [number, TurnEvent])[]): Timed[] {
  let at = 0;
  return list.map(([wait, event]) => [(at += wait), event]);
}

const isEnd = ({ type }: Sent) => type === "done" || type === "error";
const contents = (frames: readonly Sent[], type: Sent["type"]) => frames.filter((frame) => frame.type === type).map(({ content }) => content as string);

function reply(events: readonly Timed[], extended = false): Sent[] {
  const im = openIm();
  if (extended) im.hello("typing");
  return im.show(im.admit({ messageId: "m-1", conversationId: "c" }), playTurn(events));
}

describe("a reply", () => {
  it("LI-11 ends with exactly one done or error, and says nothing afterwards", () => {
    fc.assert(
      fc.property(turns, fc.boolean(), (turn, extended) => {
        const frames = reply(turn, extended);
        expect(frames.map(isEnd)).toEqual(frames.map((_, index) => index === frames.length - 1));
        expect(frames.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  it("LI-13 LI-15 grows where the agent's text does, up to what done has", () => {
    fc.assert(
      fc.property(growing, ({ events: turn, partial }) => {
        const frames = reply(turn);
        const shown = [...contents(frames, "stream"), ...contents(frames, "done")];
        for (const [index, text] of shown.entries()) if (index > 0) expect(text.startsWith(shown[index - 1] ?? "")).toBe(true);
        expect(shown.at(-1)).toBe(partial.trim() === "" ? "" : partial);
        expect(shown.slice(0, -1).filter((text) => text.trim() === "")).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("LI-14 adds each delta to the thoughts before it, and ends with all of them", () => {
    fc.assert(
      fc.property(turns, growing, (arbitrary, grown) => {
        for (const turn of [arbitrary, grown.events]) {
          let thought = "";
          for (const frame of reply(turn).filter(({ type }) => type === "thought")) {
            expect(frame["content"]).toBe(thought + String(frame["delta"]));
            expect(frame["delta"]).not.toBe("");
            thought = String(frame["content"]);
          }
        }
        expect(reply(grown.events).at(-1)?.["thought"]).toBe(grown.thought.trim() === "" ? "" : grown.thought);
      }),
      { numRuns: 300 },
    );
  });

  it("LI-15 is what the agent delivered, repetitions included, whatever it streamed", () => {
    const said = fc.array(words, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 60 }), events.filter(({ on }) => on === "partial" || on === "thought" || on === "next-message")), { maxLength: 10 }), said, (streamed, payloads) => {
        const turn = timed([...streamed, ...payloads.map((text): [number, TurnEvent] => [1, { on: "payload", payload: { text } }]), [1, { on: "ended", how: { ended: "completed" } }]]);
        expect(reply(turn).at(-1)?.["content"]).toBe(payloads.filter((text) => text.trim() !== "").join("\n\n"));
      }),
      { examples: [[[], ["ha", "ha"]], [[[1, { on: "partial", text: "AB" }]], ["A", "B"]]] },
    );
  });

  it("LI-16 says nothing of what went wrong inside", () => {
    fc.assert(
      fc.property(turns, fc.boolean(), (turn, extended) => {
        for (const frame of reply(turn, extended).filter(({ type }) => type === "error")) {
          expect(["The agent failed to answer", "The agent took too long", "Cancelled"]).toContain(frame["error"]);
          expect(JSON.stringify(frame)).not.toMatch(/token|x\.ts|Error:/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("LI-17 has 50 ms between two texts, and the first at once", () => {
    fc.assert(
      fc.property(growing, ({ events: turn }) => {
        const at: number[] = [];
        const bounds = { streamEveryMs: 50, answerCodePoints: 1000, errorCodePoints: 300 };
        let before = 0;
        for (let length = 1; length <= turn.length; length += 1) {
          const shown = playTurn(turn.slice(0, length), bounds).filter(({ say }) => say === "stream").length;
          if (shown > before) at.push(...Array<number>(shown - before).fill(turn[length - 1]?.[0] ?? 0));
          before = shown;
        }
        const first = turn.find(([, event]) => event.on === "partial" && event.text.trim() !== "");
        if (first) expect(at[0]).toBe(first[0]);
        const last = turn.at(-1)?.[0] ?? 0;
        expect(at.length).toBeLessThanOrEqual(Math.floor((last - (at[0] ?? 0)) / 50) + 1);
      }),
    );
  });

  it("LI-26 is numbered without gaps, and only where the server said hello", () => {
    fc.assert(
      fc.property(turns, (turn) => {
        const numbered = reply(turn, true).filter(({ type }) => type !== "typing");
        expect(numbered.map(({ seq, replyTo }) => [seq, replyTo])).toEqual(numbered.map((_, index) => [index, "m-1"]));
        expect(reply(turn).filter((frame) => "seq" in frame || "replyTo" in frame || "code" in frame)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe("two replies at once", () => {
  it("LI-18 share no text and no number", () => {
    fc.assert(
      fc.property(turns, turns, fc.infiniteStream(fc.boolean()), fc.boolean(), (one, two, turns, extended) => {
        const im = openIm();
        if (extended) im.hello("typing");
        const sides = [one, two].map((turn, index) => ({ of: im.admit({ messageId: `m-${index}`, conversationId: `c-${index}` }), says: playTurn(turn), frames: [] as Sent[] }));
        for (const isFirst of turns) {
          const side = sides.find(({ says }, index) => says.length > 0 && (index === 0) === isFirst) ?? sides.find(({ says }) => says.length > 0);
          const next: TurnSays | undefined = side?.says.shift();
          if (!side || !next) break;
          side.frames.push(...im.show(side.of, [next]));
        }
        const alone = [one, two].map((turn) => reply(turn, extended));
        const strip = (frames: readonly Sent[]) => frames.map(({ conversationId: _place, replyTo: _of, ...rest }) => rest);
        expect(sides.map(({ frames }) => strip(frames))).toEqual(alone.map(strip));
      }),
    );
  });
});
