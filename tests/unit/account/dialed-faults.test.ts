import { describe, expect, it } from "vitest";
import { openJournal } from "../../../src/store/journal.ts";
import { createDialedStage } from "../../support/dialed-stage.ts";
import { createScriptedAgent } from "../../support/scripted-agent.ts";
import { settle } from "../../support/virtual.ts";

const once = () => {
  let times = 0;
  return () => times++ === 0;
};
const terminals = (lines: readonly string[]) => lines.filter((line) => line.startsWith("terminal"));

describe("a dialed account whose disk is full", () => {
  it("sends a reply a little later when it cannot note that it leaves", async () => {
    const stage = createDialedStage({ broken: { handing: once() } });
    await stage.up();
    await stage.say("1");
    await stage.answer("1");
    await stage.clock.pass(5_000);
    expect(stage.sent()).toEqual(["terminal 1 to 1"]);
  });

  it("sends no reply twice of which it could not note that it arrived, and notes it later", async () => {
    const stage = createDialedStage({ broken: { delivered: once() } });
    await stage.up();
    await stage.say("1");
    await stage.answer("1");
    await stage.clock.pass(5_000);
    await stage.say("1");
    stage.peer().end(1006);
    await stage.up();
    expect(stage.sent()).toEqual(["terminal 1 to 1", "repeated 1"]);
    expect(stage.real.find({ sender: "", messageId: "1" })).toMatchObject({ wasDelivered: true });
  });

  it("does not run again what was answered and could not be written down", async () => {
    const journal = openJournal(":memory:", { remembered: 9 });
    const first = createDialedStage({ journal, broken: { finish: () => true } });
    await first.up();
    await first.say("1");
    await first.answer("1");
    await first.clock.pass(1_000);
    expect(first.sent()).toEqual(["terminal 1 to 1"]);
    const second = createDialedStage({ journal, clock: first.clock });
    await second.up();
    expect(second.agent.began).toEqual([]);
  });

  it("looks again for what waits when it could not be read, without another link", async () => {
    let isBroken = false;
    const stage = createDialedStage({ broken: { undelivered: () => isBroken } });
    await stage.up();
    await stage.say("1");
    stage.peer().end(1006);
    await settle();
    await stage.answer("1");
    isBroken = true;
    await stage.up();
    await stage.clock.pass(500);
    expect(terminals(stage.sent())).toEqual([]);
    isBroken = false;
    await stage.clock.pass(1_000);
    expect(terminals(stage.sent())).toEqual(["terminal 1 to 1"]);
  });

  it("writes an answer down as soon as that is possible, and sends what waits for it", async () => {
    const stage = createDialedStage({ broken: { finish: once() } });
    await stage.up();
    await stage.say("1");
    stage.peer().end(1006);
    await settle();
    await stage.answer("1");
    await stage.up();
    await stage.clock.pass(61_000);
    expect(terminals(stage.sent())).toEqual(["terminal 1 to 1"]);
  });

  it("answers with an error what was admitted and cannot be begun", async () => {
    const stage = createDialedStage({ broken: { start: once() } });
    await stage.up();
    await stage.say("1");
    await stage.clock.pass(1_000);
    expect(stage.sent()).toEqual(["terminal 1 agent_error"]);
  });

  it("survives a sweep that fails, says so, and sweeps again", async () => {
    const stage = createDialedStage({ broken: { sweep: once() } });
    await stage.up();
    await expect(stage.clock.pass(125_000)).resolves.toBeUndefined();
    expect(stage.log.lines.filter((line) => line.includes("could not be swept"))).toHaveLength(1);
  });

  it("keeps its link when what waits cannot be looked through", async () => {
    const stage = createDialedStage({ broken: { lost: () => true } });
    await stage.up();
    stage.peer().pongAfterMs = undefined;
    await stage.say("1");
    await stage.answer("1");
    stage.peer().end(1006);
    await stage.up();
    await stage.clock.pass(20_000);
    expect(stage.peers).toHaveLength(2);
  });

  it("leaves no link behind when it cannot start", async () => {
    const journal = openJournal(":memory:", { remembered: 9 });
    journal.admit({ sender: "", messageId: "old", lane: "l", inbound: '{"messageId":"old"}', at: 1 });
    const stage = createDialedStage({ journal, broken: { finish: () => true } });
    const refused = stage.opening.catch((thrown: unknown) => thrown);
    await settle();
    await stage.clock.pass(60_000);
    expect(String(await refused)).toContain("disk is full");
    expect(stage.clock.pendingTimers()).toBe(0);
    expect(stage.peers).toEqual([]);
  });
});

describe("a dialed account", () => {
  it("IC-21 LI-20 keeps the order of replies when one has to wait for room on the link", async () => {
    const stage = createDialedStage({ answerCodePoints: 10_000_000 });
    await stage.up();
    for (const id of ["1", "2", "3", "4"]) await stage.say(id, id);
    stage.peer().end(1006);
    await settle();
    const big = "x".repeat(6_000_000);
    for (const id of ["1", "2", "3"]) await stage.answer(id, big);
    await stage.up();
    await stage.answer("4", "short");
    await stage.clock.pass(20_000);
    expect(terminals(stage.sent()).map((line) => line.slice(0, 12))).toEqual(["terminal 1 x", "terminal 2 x", "terminal 3 x", "terminal 4 s"]);
  });

  it("LI-21 ends a turn whose agent does not hear its abort, and goes on with the next message", async () => {
    const agent = createScriptedAgent();
    const { run } = agent;
    let isDeaf = true;
    agent.run = async (request, reply, signal) => {
      if (!isDeaf) return await run(request, reply, signal);
      isDeaf = false;
      agent.began.push(request.inbound.messageId);
      return await new Promise(() => {});
    };
    const stage = createDialedStage({ agent, limits: { turnMs: 1_000 } });
    await stage.up();
    await stage.say("1");
    await stage.say("2");
    await stage.clock.pass(11_300);
    expect(stage.sent()).toEqual(["terminal 1 timeout"]);
    await stage.answer("2");
    expect(terminals(stage.sent())).toHaveLength(2);
  });

  it("turns a message away when the host does not decide on its sender, and reads on", async () => {
    const agent = createScriptedAgent();
    const { access } = agent;
    agent.access = (inbound) => (inbound.messageId === "1" ? new Promise(() => {}) : access(inbound));
    const stage = createDialedStage({ agent });
    await stage.up();
    await stage.say("1");
    await stage.say("2", "other");
    await stage.clock.pass(10_500);
    expect(stage.sent()).toEqual(["refused 1 agent_error"]);
    expect(agent.began).toEqual(["2"]);
  });

  it("keeps for the next start what comes while it stops", async () => {
    const journal = openJournal(":memory:", { remembered: 9 });
    const agent = createScriptedAgent();
    const gate = Promise.withResolvers<void>();
    const { access } = agent;
    agent.access = async (inbound) => {
      await gate.promise;
      return await access(inbound);
    };
    const stage = createDialedStage({ journal: { ...journal, close() {} }, agent });
    await stage.up();
    for (const id of ["1", "2", "3"]) await stage.say(id, id);
    const account = await stage.opening;
    const stopped = account.stop();
    gate.resolve();
    await stage.clock.pass(100);
    expect(journal.unfinished().map(({ messageId }) => messageId)).toEqual(["1", "2", "3"]);
    await stage.clock.pass(5_000);
    await stopped;
    await expect(account.stop()).resolves.toBeUndefined();
  });

  it("LI-27 answers a cancelled message that waits at once, and never runs it, in no later life either", async () => {
    const stage = createDialedStage();
    await stage.up();
    await stage.say("1");
    await stage.say("2");
    stage.peer().say(JSON.stringify({ cancel: "2" }));
    await settle();
    await stage.clock.pass(1_000);
    expect(stage.sent()).toEqual(["terminal 2 cancelled"]);
    expect(stage.real.unfinished().map(({ messageId }) => messageId)).toEqual(["1"]);
    await stage.answer("1");
    expect(stage.agent.began).toEqual(["1"]);
  });

  it("forgets no reply that waits for the link, however many ended after it", async () => {
    const stage = createDialedStage({ limits: { repeatsKept: 2 } });
    await stage.up();
    for (const id of ["1", "2", "3", "4"]) await stage.say(id, id);
    stage.peer().end(1006);
    await settle();
    for (const id of ["1", "2", "3", "4"]) await stage.answer(id);
    stage.peers.length = 0;
    await stage.clock.pass(70_000);
    await stage.up();
    await stage.clock.pass(1_000);
    expect(terminals(stage.sent())).toHaveLength(4);
  });

  it("remembers nothing for reactions that could not be said", async () => {
    const stage = createDialedStage({ reactions: true });
    await stage.up();
    await stage.say("1", "ann");
    await stage.answer("1");
    const account = await stage.opening;
    const say = async () => {
      const sent = account.send({ kind: "direct", id: "ann" }, { text: "wake up" });
      await stage.clock.pass(1_000);
      return [await sent, stage.real.posted("srv_1").length];
    };
    stage.peer().end(1006);
    await settle();
    expect(await say()).toEqual(["away", 0]);
    await stage.up();
    expect(await say()).toEqual([{ messageId: "srv_1" }, 1]);
  });

  it("finds a user who only ever wrote in sessions", async () => {
    const stage = createDialedStage();
    await stage.up();
    stage.peer().say(JSON.stringify({ id: "1", room: "s-9", scope: "conversation", content: "hello" }));
    await settle();
    await stage.answer("1");
    const account = await stage.opening;
    const sent = account.send({ kind: "direct", id: "ann", scope: "user" }, { text: "wake up" });
    await stage.clock.pass(1_000);
    expect(await sent).toMatchObject({ messageId: expect.stringMatching(/^srv_/) as string });
  });
});
