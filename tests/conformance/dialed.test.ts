import { afterEach, describe, expect, it } from "vitest";
import type { RunningAccount } from "../../src/account/account.ts";
import { system } from "../../src/core/system.ts";
import { type Journal, openJournal } from "../../src/store/journal.ts";
import { type Simulator, startSimulator } from "../../src/testing/simulator/simulator.ts";
import { createScriptedAgent, type ScriptedAgent } from "../support/scripted-agent.ts";
import { subjects } from "../support/subjects.ts";
import { silentLog } from "../support/virtual.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Stage {
  simulator: Simulator;
  agent: ScriptedAgent;
  account: RunningAccount<unknown>;
}

async function play(
  subject: (typeof subjects)[number],
  { agent = createScriptedAgent(), journal = openJournal(":memory:", { remembered: 9 }), hasten = true }: { agent?: ScriptedAgent; journal?: Journal; hasten?: boolean } = {},
): Promise<Stage> {
  const simulator = await startSimulator(subject.name);
  cleanups.push(() => simulator.stop());
  const account = await subject.open({
    simulator,
    address: `ws://127.0.0.1:${simulator.port}`,
    agent,
    journal,
    system,
    log: silentLog,
    hasten: (link) => (hasten ? { ...link, backoff: { ...link.backoff, baseMs: 10, jitterMs: 10, floorMs: 10 } } : link),
  });
  cleanups.push(() => account.stop());
  await simulator.link();
  return { simulator, agent, account };
}

async function running(agent: ScriptedAgent, count = 1) {
  for (;;) {
    const turn = agent.running[count - 1];
    if (turn) return turn;
    await new Promise((resolve) => void setTimeout(resolve, 5));
  }
}

describe.each(subjects)("$name", (subject) => {
  it("IC-20 LI-18 answers all of 200 messages that come at once in one conversation, in order, while a slow turn runs", async () => {
    const agent = createScriptedAgent();
    const { simulator } = await play(subject, { agent });
    const ids = Array.from({ length: 200 }, (_, index) => `burst-${String(index).padStart(3, "0")}`);
    for (const messageId of ids) subject.say(simulator, { messageId, text: `question ${messageId}`, user: "ann" });
    for (const messageId of ids) {
      const turn = await running(agent);
      expect(turn.request.inbound.messageId).toBe(messageId);
      if (messageId === ids[0]) await new Promise((resolve) => void setTimeout(resolve, 300));
      turn.reply.started();
      turn.reply.payload({ text: `answer to ${messageId}` });
      turn.end();
      await new Promise((resolve) => void setImmediate(resolve));
    }
    await simulator.reply("burst-199");
    const ends = simulator.replies.filter(({ end }) => end?.how === "completed");
    expect(ends.map(({ messageId }) => messageId)).toEqual(ids);
    expect(ends.map(({ text }) => text)).toEqual(ids.map((id) => `answer to ${id}`));
    expect(simulator.violations).toEqual([]);
  });

  it("goes on with a turn when the link drops, and sends the whole reply once when it is back", async () => {
    const { simulator, agent, account } = await play(subject);
    const messageId = simulator.say({ text: "hello", user: "ann", session: "ann" });
    const turn = await running(agent);
    turn.reply.started();
    turn.reply.partial("The first half");
    await simulator.until(() => simulator.replies.find(({ text }) => text === "The first half"), "the first half");
    const before = await simulator.link();
    simulator.drop();
    await simulator.until(() => (account.status().connected ? undefined : true), "the loss");
    turn.reply.partial("The first half and the second");
    turn.reply.payload({ text: "The first half and the second" });
    turn.end();
    await simulator.link({ after: before });
    const reply = await simulator.reply(messageId);
    expect(reply.text).toBe("The first half and the second");
    expect(simulator.replies.filter((each) => each.messageId === messageId && each.end)).toHaveLength(1);
    expect(simulator.violations).toEqual([]);
  });

  it("survives garbage of every kind and answers what comes after it", async () => {
    const { simulator, agent } = await play(subject);
    for (const kind of ["text", "json", "array", "null"]) simulator.garbage(kind);
    const messageId = simulator.say({ text: "still there?", user: "ann", session: "ann" });
    const turn = await running(agent);
    turn.reply.payload({ text: "yes" });
    turn.end();
    expect((await simulator.reply(messageId)).text).toBe("yes");
    expect(simulator.links).toHaveLength(1);
  });

  it("runs no message twice that comes twice, in whatever state the first is", async () => {
    const { simulator, agent } = await play(subject);
    const messageId = simulator.say({ text: "once", user: "ann", session: "ann" });
    const turn = await running(agent);
    simulator.duplicate();
    turn.reply.payload({ text: "one" });
    turn.end();
    await simulator.reply(messageId);
    simulator.redeliver(messageId);
    const next = simulator.say({ text: "next", user: "ann", session: "ann" });
    const second = await running(agent);
    second.reply.payload({ text: "two" });
    second.end();
    await simulator.reply(next);
    expect(agent.began).toEqual([messageId, next].map((id) => agent.began.find((began) => began === id) ?? "missing"));
    expect(simulator.replies.filter((reply) => reply.messageId === messageId && reply.end)).toHaveLength(1);
  });

  it("says what nobody asked for to whoever wrote before, and nothing to who did not", async () => {
    const { simulator, agent, account } = await play(subject);
    const messageId = simulator.say({ text: "hello", user: "ann", session: "ann" });
    const turn = await running(agent);
    const { conversation } = turn.request.inbound;
    turn.reply.payload({ text: "hello yourself" });
    turn.end();
    await simulator.reply(messageId);
    expect(await account.send(conversation, { text: "wake up" })).toEqual({ messageId: expect.stringMatching(/^(srv_|msg-)/) as string });
    expect(simulator.replies.some(({ text }) => text === "wake up")).toBe(true);
    expect(await account.send({ kind: "direct", id: "nobody" }, { text: "hello?" })).toBe("away");
    simulator.drop();
    await simulator.until(() => (account.status().connected ? undefined : true), "the loss");
    expect(await account.send(conversation, { text: "too late" })).toBe("away");
  });
});

describe("LI-17 a reply that repeats itself", () => {
  it("costs at most 12 times its text for 20,000 characters, streamed", async () => {
    const local = subjects.find(({ name }) => name === "local-im");
    if (!local) throw new Error("local-im is missing");
    const { simulator, agent } = await play(local);
    const messageId = simulator.say({ text: "tell me", user: "ann", session: "ann" });
    const turn = await running(agent);
    const text = Array.from({ length: 2_000 }, (_, index) => `word ${String(index).padStart(4, "0")} `).join("").slice(0, 20_000);
    for (let end = 10; end <= text.length; end += 10) {
      turn.reply.partial(text.slice(0, end));
      if (end % 100 === 0) await new Promise((resolve) => void setTimeout(resolve, 2));
    }
    turn.reply.payload({ text });
    turn.end();
    const reply = await simulator.reply(messageId);
    expect(reply.text).toBe(text);
    const bytes = reply.frames.reduce((sum, frame) => sum + Buffer.byteLength(frame.text), 0);
    expect(reply.frames.length).toBeGreaterThan(5);
    expect(bytes / Buffer.byteLength(text)).toBeLessThanOrEqual(12);
  });
});
