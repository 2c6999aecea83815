import { describe, expect, it } from "vitest";
import { CEILING_MS, createGatherStage, IDLE_MS } from "../../support/gather-stage.ts";
import { settle } from "../../support/virtual.ts";

const HOUR_MS = 3_600_000;

describe("a switchboard that gathers", () => {
  it("CC-60 makes one turn of messages that follow each other, and answers the last one", async () => {
    const stage = createGatherStage();
    await stage.say("1");
    await stage.system.pass(IDLE_MS - 1);
    await stage.say("2", { sender: "bob" });
    await stage.system.pass(IDLE_MS - 1);
    expect(stage.runs).toEqual([]);
    expect(stage.life().switchboard.activity()).toMatchObject({ waiting: 2, running: 0 });
    expect(stage.system.pendingTimers()).toBe(1);
    await stage.system.pass(1);
    expect(stage.runs).toEqual([{ ids: ["1", "2"], attempt: 1 }]);
    expect(stage.life().switchboard.activity()).toMatchObject({ waiting: 0, running: 1 });
    await stage.answer();
    expect(stage.concluded).toEqual(["2: to 1 2"]);
    expect(stage.ended).toEqual([{ ids: ["1", "2"], end: "to 1 2" }]);
  });

  it("CC-60 lets a turn begin at the ceiling though more keeps coming, and at once with a mention", async () => {
    const stage = createGatherStage();
    for (const id of ["1", "2", "3", "4"]) {
      await stage.say(id);
      await stage.system.pass(CEILING_MS / 4);
    }
    expect(stage.runs).toEqual([{ ids: ["1", "2", "3", "4"], attempt: 1 }]);
    await stage.answer();
    await stage.say("5");
    await stage.say("6", { mentioned: true });
    expect(stage.runs.at(-1)).toEqual({ ids: ["5", "6"], attempt: 1 });
  });

  it("asks the agent for a single message as it came", async () => {
    const stage = createGatherStage({
      merge() {
        throw new Error("nothing to merge");
      },
    });
    await stage.say("1", { mentioned: true });
    expect(stage.life().agent.running.map(({ request }) => request.inbound)).toMatchObject([{ messageId: "1", origin: "wire" }]);
  });

  it("WS-19 runs one turn at a time, and gathers anew meanwhile", async () => {
    const stage = createGatherStage();
    await stage.say("1", { mentioned: true });
    await stage.say("2", { mentioned: true });
    await stage.say("3");
    await stage.say("4");
    await stage.system.pass(IDLE_MS);
    expect(stage.runs.map(({ ids }) => ids)).toEqual([["1"]]);
    await stage.answer();
    await stage.answer();
    expect(stage.runs.map(({ ids }) => ids)).toEqual([["1"], ["2"], ["3", "4"]]);
  });

  it("CC-61 runs what has a turn of its own after what waits in its lane, and a control command before it", async () => {
    const stage = createGatherStage();
    await stage.say("1");
    await stage.say("/stop");
    expect(stage.runs.map(({ ids }) => ids)).toEqual([["/stop"]]);
    await stage.answer();
    await stage.say("2", { group: "other" });
    await stage.say("!new");
    await stage.answer();
    await stage.answer();
    await stage.say("3");
    expect(stage.runs.map(({ ids }) => ids)).toEqual([["/stop"], ["1"], ["!new"]]);
    await stage.system.pass(IDLE_MS);
    expect(stage.runs.slice(3).map(({ ids }) => ids)).toEqual([["2"], ["3"]]);
  });

  it("runs the turn in the lane of its last message, after all that was said there", async () => {
    const stage = createGatherStage({ perMember: true });
    await stage.say("!long", { sender: "bob" });
    await stage.say("1", { sender: "ann" });
    await stage.say("2", { sender: "bob", mentioned: true });
    await stage.say("3", { sender: "ann", mentioned: true });
    expect(stage.runs.map(({ ids }) => ids)).toEqual([["!long"], ["3"]]);
    await stage.answer();
    expect(stage.runs.at(-1)?.ids).toEqual(["1", "2"]);
    expect(stage.wrong).toEqual([]);
  });

  it("WS-7 counts what waits for others as waiting in its lane, lets it go when it is as much as may wait, and refuses more", async () => {
    const stage = createGatherStage({ queuedPerSession: 3 });
    for (const id of ["1", "2", "3"]) await stage.say(id);
    expect(stage.runs.map(({ ids }) => ids)).toEqual([["1", "2", "3"]]);
    for (const id of ["4", "5", "6"]) await stage.say(id);
    expect(stage.life().switchboard.activity()).toMatchObject({ waiting: 3, running: 1 });
    await stage.say("7");
    await stage.say("!8");
    expect(stage.refused).toEqual(["7 queue_full", "!8 queue_full"]);
    await stage.answer();
    await stage.say("9");
    expect(stage.runs.map(({ ids }) => ids)).toEqual([["1", "2", "3"], ["4", "5", "6"]]);
    expect(stage.refused).toHaveLength(2);
  });

  it("takes a message that is cancelled out of those that wait", async () => {
    const stage = createGatherStage();
    for (const id of ["1", "2", "3"]) await stage.say(id);
    stage.life().switchboard.cancel(({ messageId }) => messageId === "3");
    expect(stage.life().switchboard.activity().waiting).toBe(2);
    await stage.system.pass(IDLE_MS);
    await stage.answer();
    expect(stage.concluded).toEqual(["3: Cancelled", "2: to 1 2"]);
    expect(stage.life().switchboard.activity()).toMatchObject({ waiting: 0, running: 0 });
    expect(stage.journal.unfinished()).toEqual([]);
  });

  it("ends a turn with any of its messages that is cancelled, whether it runs or not yet", async () => {
    const stage = createGatherStage();
    await stage.say("1");
    await stage.say("2", { mentioned: true });
    await stage.say("3");
    await stage.say("4", { mentioned: true });
    const { switchboard } = stage.life();
    for (const id of ["3", "1"]) switchboard.cancel(({ messageId }) => messageId === id);
    await settle();
    expect(stage.concluded).toEqual(["4: Cancelled", "2: Cancelled"]);
    expect(stage.runs.map(({ ids }) => ids)).toEqual([["1", "2"]]);
    expect(stage.journal.unfinished()).toEqual([]);
  });

  it("WS-14 knows each message of a turn when it comes again, during and after it", async () => {
    const stage = createGatherStage();
    await stage.say("1");
    await stage.say("1");
    await stage.say("2", { mentioned: true });
    await stage.say("1");
    await stage.answer();
    for (const id of ["1", "2"]) await stage.say(id);
    expect(stage.repeated).toEqual(["1 runs", "1 runs", "1 has ended", "2 has ended"]);
    expect(stage.runs).toHaveLength(1);
  });

  it("keeps what waits when the account stops, with no timer, and lets it wait on after the start", async () => {
    const stage = createGatherStage();
    await stage.say("1");
    await stage.system.pass(1_000);
    await stage.life().switchboard.stop(0);
    expect(stage.system.pendingTimers()).toBe(0);
    await stage.say("2");
    expect(stage.system.pendingTimers()).toBe(0);
    await stage.say("3", { mentioned: true });
    expect(stage.runs).toEqual([]);
    stage.plan((plan) => ({ ...plan, flush: false }));
    await stage.restart();
    await stage.system.pass(IDLE_MS - 1);
    expect(stage.runs).toEqual([]);
    await stage.system.pass(1);
    expect(stage.runs).toEqual([{ ids: ["1", "2", "3"], attempt: 1 }]);
  });

  it("does not wait after the start for a clock that was set back", async () => {
    const stage = createGatherStage();
    await stage.say("1", { receivedAt: stage.system.now() + HOUR_MS });
    stage.crash();
    await stage.restart();
    await stage.system.pass(IDLE_MS);
    expect(stage.runs).toEqual([{ ids: ["1"], attempt: 1 }]);
  });

  it("does not gather a control command that was cut before it began", async () => {
    const stage = createGatherStage();
    await stage.say("1");
    stage.crash({ write: 1, when: "after" });
    await stage.say("/stop");
    await stage.restart();
    await stage.answer();
    expect(stage.runs.map(({ ids }) => ids)).toEqual([["1"], ["/stop"]]);
  });

  it("lets go at the start what has waited long enough, as one turn", async () => {
    const stage = createGatherStage();
    for (const id of ["1", "2", "3"]) await stage.say(id);
    stage.crash();
    await stage.system.pass(HOUR_MS);
    await stage.restart();
    await stage.system.pass(0);
    expect(stage.runs).toEqual([{ ids: ["1", "2", "3"], attempt: 1 }]);
  });

  it("runs a turn that was cut as it was, counts its runs, and what came after it by itself", async () => {
    const stage = createGatherStage();
    await stage.say("1");
    await stage.say("2", { mentioned: true });
    await stage.say("3");
    for (const attempt of [2, 3]) {
      stage.crash();
      await stage.restart();
      expect(stage.runs.at(-1)).toEqual({ ids: ["1", "2"], attempt });
      stage.life().agent.running[0]?.reply.started();
      expect(stage.shown.at(-1)).toBe(`typing for 2, attempt ${attempt}`);
    }
    stage.crash();
    await stage.restart();
    await stage.system.pass(IDLE_MS);
    expect(stage.concluded).toEqual(["2: Failed to process message: the gateway was restarted too often while it was answered"]);
    expect(stage.runs.at(-1)).toEqual({ ids: ["3"], attempt: 1 });
  });

  it("goes by the last message of a turn for whether it is too late", async () => {
    const stage = createGatherStage();
    await stage.say("1", { receivedAt: stage.system.now() - HOUR_MS });
    await stage.say("2", { mentioned: true });
    stage.crash();
    await stage.system.pass(1_000);
    await stage.restart();
    expect(stage.runs.at(-1)).toEqual({ ids: ["1", "2"], attempt: 2 });
  });

  it("does not gather a single message again whose turn had begun", async () => {
    const stage = createGatherStage();
    await stage.say("1", { mentioned: true });
    await stage.say("2");
    stage.plan((plan) => ({ ...plan, flush: false }));
    stage.crash();
    await stage.restart();
    expect(stage.runs.at(-1)).toEqual({ ids: ["1"], attempt: 2 });
  });

  it("tells one message of each conversation after an hour that it is too late, not each", async () => {
    const stage = createGatherStage();
    for (const id of ["1", "2", "3"]) await stage.say(id);
    await stage.say("4", { group: "other" });
    stage.crash();
    await stage.system.pass(HOUR_MS + 1);
    await stage.restart();
    expect(stage.ended.map(({ ids }) => ids)).toEqual([["1", "2", "3"], ["4"]]);
    expect(stage.journal.unfinished()).toEqual([]);
    expect(stage.journal.undelivered("", 0).map(({ messageId }) => messageId)).toEqual(["3", "4"]);
    await stage.system.pass(IDLE_MS);
    expect(stage.runs).toEqual([]);
  });

  it("answers a turn whose messages cannot be made one with an error, and goes on", async () => {
    const stage = createGatherStage({
      merge() {
        throw new Error("broken");
      },
    });
    await stage.say("1");
    await stage.say("2", { mentioned: true });
    expect(stage.concluded).toEqual(["2: Failed to process message: it could not be stored"]);
    await stage.say("3", { mentioned: true });
    expect(stage.runs.map(({ ids }) => ids)).toEqual([["3"]]);
  });

  it("refuses a message of which the wire cannot say how it waits, before it is on disk", async () => {
    const stage = createGatherStage();
    stage.plan(() => {
      throw new Error("broken");
    });
    await stage.say("1");
    expect(stage.refused).toEqual(["1 not_stored"]);
    expect(stage.admitted).toEqual([]);
  });
});
