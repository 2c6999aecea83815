import { describe, expect, it } from "vitest";
import { beginTurn, type Said, stepTurn, type StreamingMode, type Terminal, type TurnBounds, type TurnEnd, type TurnEvent, type TurnStep } from "../../../src/protocols/turn.ts";

const bounds: TurnBounds = { streamEveryMs: 50, answerCodePoints: 200, errorCodePoints: 80 };
const partial = (text: string): TurnEvent => ({ on: "partial", text });
const said = (payload: Said): TurnEvent => ({ on: "payload", payload });
const failed: TurnEnd = { ended: "failed", error: "the model is away" };

/** All steps of a turn, each event at its time. */
function run(events: readonly (readonly [at: number, event: TurnEvent])[], by: TurnBounds = bounds): TurnStep[] {
  let state = beginTurn();
  return events.map(([at, event]) => {
    const step = stepTurn(state, event, at, by);
    state = step.state;
    return step;
  });
}

const shown = (steps: readonly TurnStep[]) => steps.map(({ says }) => says.flatMap((each) => (each.say === "stream" ? [each.content] : [])).join());
function end(events: readonly TurnEvent[], how: TurnEnd = { ended: "completed" }): Terminal | undefined {
  const [last] = run([...events.map((event) => [0, event] as const), [1, { on: "ended", how }]]).at(-1)?.says ?? [];
  return last?.say === "terminal" ? last.terminal : undefined;
}

describe("a turn that goes on", () => {
  it("WS-13 types when it has started, and says nothing more of it", () => {
    expect(run([[0, { on: "started" }]])).toEqual([{ state: beginTurn(), says: [{ say: "typing" }] }]);
  });

  it("WS-17 shows nothing at a tick behind which nothing is new, and names no time", () => {
    const steps = run([[0, { on: "tick" }], [1, partial("a")], [60, { on: "tick" }]]);
    expect(steps.map(({ says, wakeAt }) => [says.length, wakeAt])).toEqual([[0, undefined], [1, undefined], [0, undefined]]);
  });

  it("WS-17 names the time at which more may be shown, and shows it then", () => {
    const steps = run([[10, partial("a")], [20, partial("ab")], [59, { on: "tick" }], [60, { on: "tick" }]]);
    expect(shown(steps)).toEqual(["a", "", "", "ab"]);
    expect(steps.map(({ wakeAt }) => wakeAt)).toEqual([undefined, 60, 60, undefined]);
  });

  it("WS-17 shows at once what comes after the clock was set back", () => {
    expect(shown(run([[1_000, partial("a")], [999, partial("ab")], [999, partial("abc")]]))).toEqual(["a", "ab", ""]);
  });

  it("WS-17 shows no blank text, nor the same one twice, and does not wait for them", () => {
    const steps = run([[0, partial(" \n")], [1, partial("a")], [60, partial("a")], [61, partial("ab")]]);
    expect(shown(steps)).toEqual(["", "a", "", "ab"]);
    expect(run([[0, { on: "thought", text: " \n" }], [1, { on: "thought", text: "hm" }]]).map(({ says }) => says)).toEqual([[], [{ say: "thought", content: "hm" }]]);
  });

  it("WS-15 begins a next message behind those that said something", () => {
    const steps = run([[0, { on: "next-message" }], [1, partial(" ")], [2, { on: "next-message" }], [3, partial("one")], [4, { on: "next-message" }], [100, partial(" ")], [200, partial("two")]]);
    expect(shown(steps)).toEqual(["", "", "", "one", "", "", "one\n\ntwo"]);
  });

  it("WS-34 shows finished blocks in the mode block alone, and no errors", () => {
    const mode = (how: StreamingMode): [number, TurnEvent] => [0, { on: "mode", mode: how }];
    expect(shown(run([mode("block"), [1, said({ text: "one" })], [60, said({ text: "a tool failed", isError: true })], [120, said({ text: "two" })]]))).toEqual(["", "one", "", "one\n\ntwo"]);
    expect(shown(run([mode("partial"), [1, partial("a")], [2, said({ text: "one" })], [60, said({ text: "two" })], [120, { on: "tick" }]]))).toEqual(["", "a", "", "", ""]);
  });

  it("CC-70 counts what stands beside a text each time it is shown", () => {
    const by = (frameBytes: number) => shown(run([[0, partial("a".repeat(10))], [50, partial("a".repeat(11))]], { ...bounds, repetition: { times: 1, freeBytes: 30, frameBytes } }));
    // 12 bytes, then 13: 25 with two frames are within 13 + 30 as long as these have 9 each.
    expect(by(9)).toEqual(["a".repeat(10), "a".repeat(11)]);
    expect(by(10)).toEqual(["a".repeat(10), ""]);
  });
});

describe("the end of a turn", () => {
  it("answers with what the agent finished, and leaves out what is blank", () => {
    expect(end([said({ text: "one" }), said({ text: " " }), said({}), said({ text: "two", glue: " " })])).toEqual({ type: "response", content: "one two" });
  });

  it("WS-18 names what comes with the answer, and nothing that does not", () => {
    const attachments = [{ kind: "image", url: "https://a.example/1.png" }] as const;
    expect(end([said({ text: "one", attachments }), said({ replyToMessageId: "m-1" }), said({ replyToMessageId: "m-2", attachments })])).toStrictEqual({ type: "response", content: "one", attachments: [...attachments, ...attachments], replyToMessageId: "m-1" });
    expect(end([said({ text: "one" })])).toStrictEqual({ type: "response", content: "one" });
  });

  it("leaves out thoughts that are blank", () => {
    expect(end([{ on: "thought", text: " \n" }, said({ text: "one" })])).toStrictEqual({ type: "response", content: "one" });
  });

  it("says of a failure what the agent said of it, or else what the host did", () => {
    expect(end([said({ text: "fine" }), said({ text: "no key", isError: true }), said({ isError: true })], failed)).toEqual({ type: "error", code: "agent_error", error: "Failed to process message: no key" });
    expect(end([said({ text: "fine" })], failed)).toEqual({ type: "error", code: "agent_error", error: "Failed to process message: the model is away" });
    expect(end([said({ text: "no key", isError: true }), said({ text: "no model", isError: true }), said({ isError: true })])).toEqual({ type: "error", code: "agent_error", error: "Failed to process message: no key\n\nno model" });
  });

  it("has what was shown for its answer where the agent finished nothing, and its messages apart", () => {
    expect(end([partial("one"), { on: "next-message" }, partial(" "), { on: "next-message" }, partial("two")])).toEqual({ type: "response", content: "one\n\ntwo" });
    expect(end([partial(" ")])).toEqual({ type: "response", content: "" });
  });

  it("has what the agent finished for its answer, whatever was shown", () => {
    expect(end([partial("half a"), said({ mediaUrls: ["https://a.example/1.png"] })])).toEqual({ type: "response", content: "", mediaUrls: ["https://a.example/1.png"] });
  });
});

describe("a turn that completes without an answer", () => {
  it("says why: all that was shown has been taken back, or what failed has no words", () => {
    const nothing = { type: "error", code: "agent_error", error: "Failed to process message: the agent said nothing that stands" };
    expect(end([partial("I think"), partial("")])).toEqual(nothing);
    expect(end([said({ text: " ", isError: true })])).toEqual(nothing);
  });
});
