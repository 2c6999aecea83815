import { describe, expect, it } from "vitest";
import { answersIn, answersTo, answerTo, type Collection, type SessionText } from "../../../src/channel/resumed.ts";

const asked = (text: string, timestamp?: number): SessionText => ({ role: "user", text, ...(timestamp !== undefined && { timestamp }) });
const said = (text: string): SessionText => ({ role: "assistant", text, timestamp: 50 });

describe("what a session holds for a message that a restart cut", () => {
  it("is what stands behind it, and not the answers to messages that were answered while it waited (issue 7)", () => {
    expect(answersTo({ receivedAt: 10 }, [said("answer to the one before"), asked("mine", 10), said("answer to mine")])).toEqual([{ text: "answer to mine" }]);
  });

  it("is nothing where the host has not begun with it, whatever was answered since it came (issue 7)", () => {
    expect(answersTo({ receivedAt: 10 }, [said("answer to the one before")])).toEqual([]);
    expect(answersTo({ receivedAt: 10 }, [asked("the one before", 5), said("answer to the one before"), asked("mine", 10)])).toEqual([]);
  });

  it("is all that was said behind it", () => {
    expect(answersTo({ receivedAt: 10 }, [asked("mine", 10), said("one"), said("two")])).toEqual([{ text: "one" }, { text: "two" }]);
  });

  it("is what was said since the host was told to go on, and not the same twice (issue 7)", () => {
    expect(answersTo({ receivedAt: 10 }, [asked("mine", 10), said("one"), asked("[System] Continue.", 40), said("one")])).toEqual([{ text: "one" }]);
    expect(answersTo({ receivedAt: 10 }, [asked("mine", 10), said("one"), said("two"), asked("[System] Continue.", 40)])).toEqual([{ text: "one" }, { text: "two" }]);
  });

  it("is what answers its last run where it ran more than once", () => {
    expect(answersTo({ receivedAt: 10 }, [asked("mine", 10), said("one"), asked("mine", 10), said("two")])).toEqual([{ text: "two" }]);
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
    expect(answerTo({ receivedAt: 10 }, session, collected(own))).toEqual(own);
  });

  it("is not what answers an earlier message, which comes before it (issue 7)", () => {
    expect(answerTo({ receivedAt: 10 }, session, collected([{ text: "answer to the one before" }, { text: "answer to mine" }]))).toEqual([{ text: "answer to mine" }]);
    expect(answerTo({ receivedAt: 10 }, session, collected([{ text: "answer to the one before" }]))).toEqual([{ text: "answer to mine" }]);
    expect(answerTo({ receivedAt: 10 }, session.slice(0, 3), collected([{ text: "answer to the one before" }]))).toEqual([]);
  });

  it("stands in the session alone where others wait at the same address", () => {
    expect(answerTo({ receivedAt: 10 }, session, collected([{ text: "answer to bob" }], true))).toEqual([{ text: "answer to mine" }]);
  });

  it("is not there where the host has not begun with the message", () => {
    expect(answerTo({ receivedAt: 20 }, session, collected([{ text: "answer to the one before" }]))).toBeUndefined();
  });
});
