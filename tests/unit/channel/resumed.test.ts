import { describe, expect, it } from "vitest";
import { answersIn, answersTo, answerTo, type Collection, saidTo, type SessionText } from "../../../src/channel/resumed.ts";

const asked = (text: string, timestamp?: number): SessionText => ({ role: "user", text, ...(timestamp !== undefined && { timestamp }) });
const said = (text: string): SessionText => ({ role: "assistant", text, timestamp: 50 });
const mine = { receivedAt: 10, content: "mine" };

describe("what a session holds for a message that a restart cut", () => {
  it("is what stands behind it, and not the answers to messages that were answered while it waited (issue 7)", () => {
    expect(answersTo(mine, [said("answer to the one before"), asked("mine", 10), said("answer to mine")])).toEqual([{ text: "answer to mine" }]);
  });

  it("is nothing where the host has not begun with it, whatever was answered since it came (issue 7)", () => {
    expect(answersTo(mine, [said("answer to the one before")])).toEqual([]);
    expect(answersTo(mine, [asked("the one before", 5), said("answer to the one before"), asked("mine", 10)])).toEqual([]);
  });

  it("is all that was said behind it", () => {
    expect(answersTo(mine, [asked("mine", 10), said("one"), said("two")])).toEqual([{ text: "one" }, { text: "two" }]);
  });

  it("is what was said since the host was told to go on, and not the same twice (issue 7)", () => {
    expect(answersTo(mine, [asked("mine", 10), said("one"), asked("[System] Continue.", 40), said("one")])).toEqual([{ text: "one" }]);
    expect(answersTo(mine, [asked("mine", 10), said("one"), said("two"), asked("[System] Continue.", 40)])).toEqual([{ text: "one" }, { text: "two" }]);
  });

  it("is what answers its last run where it ran more than once", () => {
    expect(answersTo(mine, [asked("mine", 10), said("one"), asked("mine", 10), said("two")])).toEqual([{ text: "two" }]);
  });
});

it("a session's answers are those of the agent", () => {
  expect(answersIn([asked("one", 1), said("two"), asked("three")])).toEqual([{ text: "two" }]);
});

describe("what answers a message, of all that was said to its address", () => {
  const collected = (pieces: Collection["pieces"], isShared = false): Collection => ({ pieces, isShared, release() {} });
  const session = [asked("the one before", 5), said("answer to the one before"), asked("mine", 10), said("answer to mine")];

  it("is what the host said there, with its files", () => {
    const own = [{ text: "answer to mine", mediaUrls: ["a.png"] }];
    expect(answerTo(mine, session, collected(own))).toEqual(own);
  });

  it("is not what answers an earlier message, which comes before it (issue 7)", () => {
    expect(answerTo(mine, session, collected([{ text: "answer to the one before" }, { text: "answer to mine" }]))).toEqual([{ text: "answer to mine" }]);
    expect(answerTo(mine, session, collected([{ text: "answer to the one before" }]))).toEqual([{ text: "answer to mine" }]);
    expect(answerTo(mine, session.slice(0, 3), collected([{ text: "answer to the one before" }]))).toEqual([]);
  });

  it("stands in the session alone where others wait at the same address", () => {
    expect(answerTo(mine, session, collected([{ text: "answer to bob" }], true))).toEqual([{ text: "answer to mine" }]);
  });

  it("is not there where the host has not begun with the message", () => {
    expect(answerTo({ receivedAt: 20, content: "later" }, session, collected([{ text: "answer to the one before" }]))).toBeUndefined();
  });

  it("is found by its words where the host gave it to the agent at another time, with others or within a turn", () => {
    const gathered = [asked("the one before", 5), said("answer to the one before"), asked("[Queued while the agent was busy]\nmine\nthe next one", 30), said("answer to mine")];
    expect(answerTo(mine, gathered, collected([{ text: "answer to the one before" }]))).toEqual([{ text: "answer to mine" }]);
    expect(answerTo(mine, [asked("mine", 5), said("answer to the one before"), asked("this is not mine", 30)], collected([]))).toBeUndefined();
    expect(answerTo({ receivedAt: 10, content: " " }, [asked("words ", 30)], collected([]))).toBeUndefined();
  });

  it("is not an error of a run that is over, while the host has not begun with the message (issue 7)", () => {
    const failed = "⚠️ Agent run failed.";
    expect(saidTo(mine, [asked("the one before", 5), said(failed)], collected([{ text: failed }]))).toEqual([]);
    expect(saidTo(mine, [asked("the one before", 5), said(failed)], collected([{ text: "answer to mine" }]))).toEqual([{ text: "answer to mine" }]);
  });
});
