import { describe, expect, it } from "vitest";
import { beginTurn, stepTurn, type StreamingMode, type TurnEvent, type TurnSays } from "../../../src/protocols/turn.ts";

const bounds = { streamEveryMs: 50, answerCodePoints: 20, errorCodePoints: 80 };

/** Feeds events at given times and honours `wakeAt`, as the shell does. */
function play(events: readonly (readonly [at: number, event: TurnEvent])[]): { at: number; says: TurnSays }[] {
  let state = beginTurn();
  let wakeAt: number | undefined;
  const said: { at: number; says: TurnSays }[] = [];
  const feed = (at: number, event: TurnEvent) => {
    const step = stepTurn(state, event, at, bounds);
    state = step.state;
    if (step.wakeAt !== undefined) wakeAt ??= step.wakeAt;
    said.push(...step.says.map((says) => ({ at, says })));
  };
  for (const [at, event] of events) {
    if (wakeAt !== undefined && wakeAt <= at) {
      const due = wakeAt;
      wakeAt = undefined;
      feed(due, { on: "tick" });
    }
    feed(at, event);
  }
  return said;
}

const partial = (text: string): TurnEvent => ({ on: "partial", text });
const payload = (text: string): TurnEvent => ({ on: "payload", payload: { text } });
const completed: TurnEvent = { on: "ended", how: { ended: "completed" } };

describe("a turn", () => {
  it("WS-17 shows the first partial at once, then the newest text at most every 50 ms", () => {
    const said = play([[0, partial("a")], [10, partial("ab")], [20, partial("abc")], [70, partial("abcd")], [120, partial("abcde")]]);
    expect(said).toEqual([
      { at: 0, says: { say: "stream", content: "a" } },
      { at: 50, says: { say: "stream", content: "abc" } },
      { at: 100, says: { say: "stream", content: "abcd" } },
    ]);
  });

  it("WS-17 does not show blank text", () => {
    expect(play([[0, partial(" \n")]])).toEqual([]);
  });

  it("WS-15 keeps what the agent said before it began its next message", () => {
    const said = play([[0, partial("one")], [1, { on: "next-message" }], [60, partial("two")]]);
    expect(said.at(-1)?.says).toEqual({ say: "stream", content: "one\n\ntwo" });
  });

  const mode = (how: StreamingMode): TurnEvent => ({ on: "mode", mode: how });
  const shownIn = (said: ReturnType<typeof play>) => said.flatMap(({ says }) => (says.say === "stream" || says.say === "thought" ? [`${says.say} ${says.content}`] : []));
  const activity: TurnEvent = { on: "activity", activity: { id: "1", tool: "read", status: "started" } };
  const thought: TurnEvent = { on: "thought", text: "hm" };

  it("WS-34 LI-29 shows nothing before the end in the mode off, and all of it there", () => {
    const said = play([[0, mode("off")], [1, thought], [2, activity], [3, partial("a")], [60, partial("a b")], [120, payload("a b")], [121, completed]]);
    expect(said).toEqual([{ at: 121, says: { say: "terminal", terminal: { type: "response", content: "a b", thought: "hm" } } }]);
  });

  it("WS-34 LI-29 shows only blocks in the mode block, each behind what stood before it", () => {
    const block = (text: string, glue?: string): TurnEvent => ({ on: "payload", payload: { text, ...(glue !== undefined && { glue }) } });
    const said = play([[0, mode("block")], [1, partial("one")], [10, block("one")], [11, partial("one two th")], [70, block("two", " ")], [130, block("three")], [190, completed]]);
    expect(shownIn(said)).toEqual(["stream one", "stream one two", "stream one two\n\nthree"]);
    expect(said.at(-1)?.says).toEqual({ say: "terminal", terminal: { type: "response", content: "one two\n\nthree" } });
  });

  it("WS-34 LI-29 shows the work and no text in the mode progress", () => {
    const said = play([[0, mode("progress")], [1, thought], [2, activity], [60, partial("a")], [61, payload("a")], [62, completed]]);
    expect(said.map(({ says }) => says.say)).toEqual(["thought", "activity", "terminal"]);
  });

  it.each(["off", "block", "progress"] as const)("WS-29 answers with what was said until it was cancelled in the mode %s too", (how) => {
    const said = play([[0, mode(how)], [1, partial("so far")], [2, { on: "ended", how: { ended: "cancelled" } }]]);
    expect(said.at(-1)?.says).toEqual({ say: "terminal", terminal: { type: "response", content: "so far" } });
  });

  it("WS-18 joins all payloads by blank lines into one answer", () => {
    expect(play([[0, payload("one")], [1, payload("two")], [2, completed]])).toEqual([
      { at: 2, says: { say: "terminal", terminal: { type: "response", content: "one\n\ntwo" } } },
    ]);
  });

  it("WS-18 answers with nothing when the agent said nothing", () => {
    expect(play([[0, completed]])).toEqual([{ at: 0, says: { say: "terminal", terminal: { type: "response", content: "" } } }]);
  });

  it("answers with what was shown when the agent was stopped by a command and delivered nothing", () => {
    expect(play([[0, partial("half an")], [1, completed]]).at(-1)?.says).toEqual({ say: "terminal", terminal: { type: "response", content: "half an" } });
  });

  it("WS-18 collects the media of all payloads", () => {
    const said = play([
      [0, { on: "payload", payload: { text: "here", mediaUrls: ["https://a.example/1.png"] } }],
      [0, { on: "payload", payload: { mediaUrls: ["https://a.example/2.png"], replyToMessageId: "m-1" } }],
      [1, completed],
    ]);
    expect(said[0]?.says).toEqual({
      say: "terminal",
      terminal: {
        type: "response",
        content: "here",
        mediaUrls: ["https://a.example/1.png", "https://a.example/2.png"],
        replyToMessageId: "m-1",
      },
    });
  });

  it("WS-13 says nothing after its end", () => {
    expect(play([[0, completed], [1, partial("late")], [2, completed], [3, { on: "started" }]])).toHaveLength(1);
  });

  it("answers with an error when all the agent delivered was one", () => {
    const failed: TurnEvent = { on: "payload", payload: { text: "the model is asleep", isError: true } };
    expect(play([[0, failed], [1, completed]])[0]?.says).toEqual({
      say: "terminal",
      terminal: { type: "error", code: "agent_error", error: "Failed to process message: the model is asleep" },
    });
  });

  it("keeps a good answer when a later payload is an error", () => {
    const failed: TurnEvent = { on: "payload", payload: { text: "a tool failed", isError: true } };
    expect(play([[0, payload("fine")], [0, failed], [1, completed]])[0]?.says).toEqual({
      say: "terminal",
      terminal: { type: "response", content: "fine" },
    });
  });

  it("WS-29 ends a cancelled turn with the text so far", () => {
    const said = play([[0, partial("half an")], [1, { on: "ended", how: { ended: "cancelled" } }]]);
    expect(said.at(-1)?.says).toEqual({ say: "terminal", terminal: { type: "response", content: "half an" } });
  });

  it("WS-29 ends a cancelled turn that said nothing with the code cancelled", () => {
    const said = play([[1, { on: "ended", how: { ended: "cancelled" } }]]);
    expect(said.at(-1)?.says).toEqual({ say: "terminal", terminal: { type: "error", code: "cancelled", error: "Cancelled" } });
  });

  it("WS-21 ends a turn that took too long with the code timeout, whatever was shown", () => {
    const said = play([[0, partial("half an")], [1, { on: "ended", how: { ended: "timeout" } }]]);
    expect(said.at(-1)?.says).toEqual({
      say: "terminal",
      terminal: { type: "error", code: "timeout", error: "Failed to process message: the agent took too long" },
    });
  });

  it("cuts an answer that is longer than a frame may be, with a mark and no broken character", () => {
    const said = play([[0, payload("😀".repeat(21))], [1, completed]]);
    expect(said[0]?.says).toEqual({ say: "terminal", terminal: { type: "response", content: `${"😀".repeat(19)}…` } });
  });

  it("shows thoughts beside the text, each at its own pace, and keeps them with the answer", () => {
    const said = play([[0, { on: "thought", text: "hm" }], [1, partial("a")], [2, { on: "thought", text: "hm, so" }], [60, payload("a")], [61, completed]]);
    expect(said.map(({ says }) => says)).toEqual([
      { say: "thought", content: "hm" },
      { say: "stream", content: "a" },
      { say: "thought", content: "hm, so" },
      { say: "terminal", terminal: { type: "response", content: "a", thought: "hm, so" } },
    ]);
  });

  it("leaves out what would repeat a text too often, and never the first", () => {
    const grown = Array.from({ length: 2000 }, (_, index) => "x".repeat(index + 1));
    const state = { spent: 0, shown: 0, turn: beginTurn() };
    const frugal = { streamEveryMs: 0, answerCodePoints: 9999, errorCodePoints: 80, repetition: { times: 3, freeBytes: 100 } };
    for (const [at, text] of grown.entries()) {
      const step = stepTurn(state.turn, partial(text), at, frugal);
      state.turn = step.state;
      for (const says of step.says) {
        state.spent += says.say === "stream" ? says.content.length + 2 : 0;
        state.shown += 1;
        expect(state.spent).toBeLessThanOrEqual(3 * (text.length + 2) + 100);
      }
      if (at === 0) expect(state.shown).toBe(1);
    }
    expect(state.shown).toBeGreaterThan(20);
  });
});
