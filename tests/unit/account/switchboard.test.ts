import { beforeEach, describe, expect, it } from "vitest";
import type { ResolvedAccount } from "../../../src/account/websocket/config.ts";
import type { Member } from "../../../src/account/websocket/member.ts";
import { createWebsocketSwitchboard, type WebsocketSwitchboard } from "../../../src/account/websocket/switchboard.ts";
import { createRooms } from "../../../src/edge/rooms.ts";
import { type Journal, openJournal } from "../../../src/store/journal.ts";
import { accountDefaults } from "../../support/account-config.ts";
import { createMemoryConnection } from "../../support/memory-connection.ts";
import { createScriptedAgent, type ScriptedAgent } from "../../support/scripted-agent.ts";
import { createVirtualSystem, settle, silentLog, type VirtualSystem } from "../../support/virtual.ts";

const config: ResolvedAccount = { ...accountDefaults, host: "127.0.0.1" };

let system: VirtualSystem;
let agent: ScriptedAgent;
let journal: Journal;
let switchboard: WebsocketSwitchboard;
let logged: string[];

function start(on: Journal): WebsocketSwitchboard {
  return createWebsocketSwitchboard({
    config: () => config,
    rooms: createRooms<Member>(),
    agent,
    journal: on,
    verify: async () => ({ ok: false, code: "auth_failed", log: "", why: "refused" }),
    system,
    log: { ...silentLog, warn: (line) => void logged.push(line), error: (line) => void logged.push(line) },
    changed() {},
  });
}

beforeEach(() => {
  system = createVirtualSystem();
  agent = createScriptedAgent();
  journal = openJournal(":memory:", { remembered: 200 });
  logged = [];
  switchboard = start(journal);
});

let connections = 0;
function connect(sender: string) {
  const connection = createMemoryConnection(`c${connections++}`);
  const handler = switchboard.opened(connection, { sender: { id: sender, verified: true }, speaksForOthers: false });
  return { connection, handler, say: (messageId: string, more = {}) => handler.frame(JSON.stringify({ type: "chat.send", content: "x", messageId, ...more })) };
}

async function answer(text: string): Promise<void> {
  const [turn] = agent.running;
  turn?.reply.payload({ text });
  turn?.end();
  await settle();
}

describe("the switchboard", () => {
  it("WS-13 says nothing to the sender before the message is on disk", async () => {
    const ann = connect("ann");
    const wait = Promise.withResolvers<void>();
    agent.access = async () => {
      await wait.promise;
      return { admitted: true, lane: "l" };
    };
    const said = ann.say("m");
    await settle();
    expect(ann.connection.frames).toEqual([]);
    expect(journal.find({ sender: "ann", messageId: "m" })).toBeUndefined();
    wait.resolve();
    await said;
    expect(ann.connection.frames).toEqual([{ type: "chat.typing" }]);
    expect(journal.find({ sender: "ann", messageId: "m" })).toBeDefined();
  });

  it("tells the sender when a message cannot be stored, and runs nothing", async () => {
    const ann = connect("ann");
    await settle();
    journal.close();
    await ann.say("m");
    expect(ann.connection.frames).toEqual([{ type: "chat.error", messageId: "m", error: "Failed to process message: it could not be stored" }]);
    expect(agent.began).toEqual([]);
    expect(switchboard.activity().lastError).toMatch(/finalized|database/);
  });

  it("brings an answer that cannot be written down all the same", async () => {
    const ann = connect("ann");
    await ann.say("m");
    journal.close();
    await answer("here");
    expect(ann.connection.frames.at(-1)).toMatchObject({ type: "chat.response", content: "here" });
    expect(logged.join()).toContain("could not be written down");
  });

  it("WS-20 has noted that an answer is on its way before anything else can run", async () => {
    const ann = connect("ann");
    await ann.say("m");
    const { sendFinal } = ann.connection;
    let notedAfter = Number.NaN;
    let others = 0;
    ann.connection.sendFinal = (text) => {
      const more = (): void => void (++others < 1000 && queueMicrotask(more));
      queueMicrotask(more);
      return sendFinal(text);
    };
    const { delivered } = journal;
    journal.delivered = (key, at) => {
      notedAfter = others;
      delivered(key, at);
    };
    await answer("here");
    expect({ notedAfter, others, ...journal.find({ sender: "ann", messageId: "m" }) }).toMatchObject({ notedAfter: 0, others: 1000, wasDelivered: true });
  });

  it("WS-19 does not let a peer that takes no answer hold up its group", async () => {
    const [ann, bob] = [connect("ann"), connect("bob")];
    ann.connection.sendFinal = () => new Promise(() => {});
    await ann.say("1", { chatType: "group", groupId: "g" });
    await bob.say("2", { chatType: "group", groupId: "g" });
    await answer("one");
    expect(agent.began).toEqual(["1", "2"]);
    await answer("two");
    expect(bob.connection.frames.at(-1)).toMatchObject({ type: "chat.response", content: "two" });
  });

  it("WS-20 runs after a restart what was cut, in order, and gives up after three runs", async () => {
    const ann = connect("ann");
    await ann.say("1");
    await ann.say("2");
    await switchboard.stop(0);
    for (let run = 2; run <= 3; run++) {
      agent = createScriptedAgent();
      switchboard = start(journal);
      switchboard.resume();
      await settle();
      expect(agent.running.map(({ request }) => [request.inbound.messageId, request.attempt])).toEqual([["1", run]]);
      await switchboard.stop(0);
    }
    agent = createScriptedAgent();
    switchboard = start(journal);
    const back = connect("ann");
    switchboard.resume();
    await settle();
    expect(back.connection.frames.at(-1)).toMatchObject({ type: "chat.error", messageId: "1", error: "Failed to process message: the gateway was restarted too often while it was answered" });
    expect(agent.running.map(({ request }) => request.inbound.messageId)).toEqual(["2"]);
  });

  it("answers with an error what a restart finds after more than an hour", async () => {
    const ann = connect("ann");
    await ann.say("m");
    await switchboard.stop(0);
    await system.pass(3_600_001);
    agent = createScriptedAgent();
    switchboard = start(journal);
    switchboard.resume();
    const back = connect("ann");
    await settle();
    expect(back.connection.frames).toEqual([{ type: "chat.error", messageId: "m", error: "Failed to process message: the gateway was down for too long" }]);
    expect(agent.began).toEqual([]);
  });

  /** A journal of which these operations fail while `isBroken()`. */
  const failing = (names: readonly (keyof Journal)[], isBroken: () => boolean): Journal =>
    new Proxy(journal, {
      get: (target, name: keyof Journal) =>
        (...args: unknown[]): unknown => {
          if (names.includes(name) && isBroken()) throw new Error("database or disk is full");
          return (target[name] as (...given: unknown[]) => unknown)(...args);
        },
    });

  it("WS-13 WS-14 sends an answer again without an error behind it, and unasked once, where nothing can be written", async () => {
    let isFull = false;
    switchboard = start(failing(["delivered"], () => isFull));
    const ann = connect("ann");
    await ann.say("m");
    isFull = true;
    await answer("yes");
    await ann.say("m");
    ann.handler.closed(1006, "");
    const back = connect("ann");
    await settle();
    await back.say("m");
    const response = { type: "chat.response", messageId: "m", content: "yes", done: true };
    expect(ann.connection.frames).toEqual([{ type: "chat.typing" }, response, response]);
    expect(back.connection.frames).toEqual([response]);
    isFull = false;
    ann.handler.closed(1006, "");
    connect("ann");
    await settle();
    expect(journal.find({ sender: "ann", messageId: "m" })?.wasDelivered).toBe(true);
  });

  it("WS-20 notes that an answer was handed over as soon as it can be, so that no crash sends it again", async () => {
    let isFull = false;
    switchboard = start(failing(["delivered"], () => isFull));
    const ann = connect("ann");
    await ann.say("m");
    isFull = true;
    await answer("yes");
    switchboard.sweep();
    expect(journal.find({ sender: "ann", messageId: "m" })?.wasDelivered).toBe(false);
    isFull = false;
    switchboard.sweep();
    expect(journal.find({ sender: "ann", messageId: "m" })?.wasDelivered).toBe(true);
    expect(logged.filter((line) => line.includes("after a crash it goes out again"))).toHaveLength(1);
  });

  it("WS-20 looks again for what waits when it could not be read, without another connection", async () => {
    let isBroken = false;
    switchboard = start(failing(["undelivered"], () => isBroken));
    const ann = connect("ann");
    await ann.say("m");
    ann.connection.drop();
    ann.handler.closed(1006, "");
    await answer("late");
    isBroken = true;
    const back = connect("ann");
    await settle();
    expect(back.connection.frames).toEqual([]);
    isBroken = false;
    await system.pass(1_000);
    expect(back.connection.frames).toEqual([{ type: "chat.response", messageId: "m", content: "late", done: true }]);
  });

  it("WS-20 drops an answer nobody came for after 300 s, and says so in the log", async () => {
    const ann = connect("ann");
    await ann.say("m");
    ann.connection.drop();
    ann.handler.closed(1006, "");
    await answer("late");
    await system.pass(300_001);
    switchboard.sweep();
    expect(logged).toEqual(["1 answers were dropped: nobody took them within 300 s"]);
    const back = connect("ann");
    await settle();
    expect(back.connection.frames).toEqual([]);
  });

  it("turns a sender away with the pairing text, and with chat.pairing where that is on", async () => {
    const ann = connect("ann");
    agent.access = async () => ({ admitted: false, pairing: { code: "K7QP", text: "Ask the operator: K7QP", expiresAt: 5 } });
    await ann.say("1");
    await ann.handler.frame('{"type":"chat.hello","extensions":["pairing"]}');
    await ann.say("2");
    expect(ann.connection.frames).toEqual([
      { type: "chat.response", messageId: "1", content: "Ask the operator: K7QP", done: true },
      { type: "chat.welcome", extensions: ["pairing"], senderId: "ann" },
      { type: "chat.pairing", messageId: "2", code: "K7QP", expiresAt: 5 },
      { type: "chat.response", messageId: "2", content: "Ask the operator: K7QP", done: true },
    ]);
  });

  it("WS-10 counts what the account refuses among the rejected frames", async () => {
    const ann = connect("ann");
    agent.access = async () => ({ admitted: false, code: "forbidden", error: "Sender not allowed" });
    for (let i = 0; i < 11; i++) await ann.say(`m${i}`);
    expect(ann.connection.closedWith).toEqual({ code: 4429, reason: "Rate limit exceeded" });
  });

  it("WS-24 lets nobody follow a group they may not talk in", async () => {
    const ann = connect("ann");
    agent.mayFollow = async () => false;
    await ann.handler.frame('{"type":"chat.hello","extensions":["groups"]}');
    await ann.handler.frame('{"type":"chat.join","groupId":"g"}');
    expect(ann.connection.frames.at(-1)).toMatchObject({ type: "chat.error", code: "forbidden" });
    const bob = connect("bob");
    await bob.say("1", { chatType: "group", groupId: "g" });
    await answer("secret");
    expect(JSON.stringify(ann.connection.frames)).not.toContain("secret");
  });

  it("WS-24 lets nobody go on following a group whom the operator has shut out of it meanwhile, and says so once", async () => {
    const [ann, carl] = [connect("ann"), connect("carl")];
    for (const { handler } of [ann, carl]) {
      await handler.frame('{"type":"chat.hello","extensions":["groups"]}');
      for (const groupId of ["g", "h"]) await handler.frame(JSON.stringify({ type: "chat.join", groupId }));
    }
    agent.mayFollow = async ({ id }) => (id === "ann" ? Promise.reject(new Error("the host does not answer")) : id === "carl");
    await switchboard.review();
    expect(ann.connection.frames.filter((frame) => (frame as { code?: string }).code === "forbidden")).toHaveLength(1);
    await connect("bob").say("1", { chatType: "group", groupId: "g" });
    await answer("secret");
    expect(JSON.stringify(ann.connection.frames)).not.toContain("secret");
    expect(JSON.stringify(carl.connection.frames)).toContain("secret");
  });

  it("WS-31 takes no message while it stops, and leaves no timer behind", async () => {
    const ann = connect("ann");
    await ann.say("1");
    await switchboard.stop(1000);
    expect(system.pendingTimers()).toBe(0);
    await ann.say("2");
    expect(ann.connection.frames.at(-1)).toMatchObject({ type: "chat.error", error: "Failed to process message: the gateway is restarting" });
  });

  it("WS-25 knows in a group who quotes what the agent has answered or said unasked, also after a restart", async () => {
    const ann = connect("ann");
    const quoted: unknown[] = [];
    agent.access = async ({ quote }) => (quoted.push(quote), { admitted: true, lane: "group:pier" });
    void ann.say("asked", { chatType: "group", groupId: "pier" });
    await settle();
    await answer("At eight.");
    void ann.say("heard", { chatType: "group", groupId: "pier" });
    await settle();
    agent.running[0]?.end();
    await settle();
    switchboard = start(journal);
    const bob = connect("bob");
    for (const [messageId, replyToMessageId, groupId] of [["1", "asked", "pier"], ["2", "heard", "pier"], ["3", "asked", "quay"], ["4", "srv_1", "quay"]]) void bob.say(`q${messageId}`, { chatType: "group", groupId, replyToMessageId });
    await settle();
    const agents = { isAgents: true };
    expect(quoted.slice(2)).toEqual([{ messageId: "asked", ...agents }, { messageId: "heard" }, { messageId: "asked" }, { messageId: "srv_1", ...agents }]);
  });

  it("WS-17 lets a text that grows and grows cost no more than a few times its length (issue 7)", async () => {
    const ann = connect("ann");
    await ann.say("m-1");
    await settle();
    const contents = () => ann.connection.frames.flatMap(({ type, content }) => (type === "chat.stream" ? [String(content)] : []));
    const [turn] = agent.running;
    let text = "";
    for (let piece = 0; piece < 1000; piece += 1) {
      text += "a paragraph that the agent adds to what it has said. ".repeat(4);
      turn?.reply.partial(text);
      await system.pass(50);
    }
    const bytes = contents().reduce((sum, content) => sum + content.length + 2, 0);
    expect(bytes).toBeLessThanOrEqual(8 * text.length + 2 ** 20);
    // The first ones come as they are, and the last is not far from the end.
    expect(contents().slice(0, 50).map((content) => content.length)).toEqual(Array.from({ length: 50 }, (_, piece) => (piece + 1) * 212));
    expect(contents().at(-1)?.length).toBeGreaterThan(0.8 * text.length);
    turn?.reply.payload({ text });
    turn?.end();
    await settle();
    expect(ann.connection.frames.at(-1)).toMatchObject({ type: "chat.response", content: text });
  });
});
