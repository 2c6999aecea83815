import { describe, expect, it } from "vitest";
import { activate } from "../../src/auth/activation.ts";
import { system } from "../../src/core/system.ts";
import { createHttp, type HttpCall } from "../../src/rest/http.ts";
import { openJournal } from "../../src/store/journal.ts";
import { type LoginStore, openLogins } from "../../src/store/logins.ts";
import { openClawchatFor, type ClawchatParts } from "../support/clawchat-account.ts";
import { answers, cleanups, hasten, play, serve, soon } from "../support/clawchat-stage.ts";
import { recordLog } from "../support/recorded-log.ts";
import { createScriptedAgent, type Script } from "../support/scripted-agent.ts";

const sleep = (ms: number) => new Promise((r) => void setTimeout(r, ms));

async function activated() {
  const simulator = await serve();
  const { baseUrl } = simulator.config["clawchat"] as { baseUrl: string };
  const logins = openLogins(":memory:", system);
  await activate({ code: simulator.server.invite(), baseUrl }, { http: createHttp(system), store: logins, system });
  return { simulator, logins, block: { enabled: true, baseUrl, websocketUrl: simulator.url, greeting: true } };
}
function crashes(): unknown[] {
  const seen: unknown[] = [];
  const hear = (thrown: unknown) => void seen.push(String(thrown));
  const before = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", hear);
  cleanups.push(async () => {
    await sleep(20);
    process.removeAllListeners("unhandledRejection");
    for (const each of before) process.on("unhandledRejection", each);
  });
  return seen;
}

describe("greeting", () => {
  it("a full disk at the greeting does not end the process", async () => {
    const seen = crashes();
    const { simulator, logins, block } = await activated();
    const full: LoginStore = { ...logins, claimGreeting() { throw new Error("database or disk is full"); } };
    const account = await openClawchatFor({ agent: createScriptedAgent({ answer: answers }), block, hasten, journal: openJournal(":memory:", { remembered: 9 }), logins: full });
    cleanups.push(() => account.stop());
    await simulator.link();
    await sleep(300);
    expect(seen).toEqual([]);
  });
  it("a stop while the owner is greeted does not end the process", async () => {
    const seen = crashes();
    const { logins, block } = await activated();
    const agent = createScriptedAgent({ answer: answers });
    const asked = Promise.withResolvers<void>();
    const decide = Promise.withResolvers<void>();
    const { access } = agent;
    agent.access = async (inbound) => { asked.resolve(); await decide.promise; return access(inbound); };
    const account = await openClawchatFor({ agent, block, hasten, journal: openJournal(":memory:", { remembered: 9 }), logins });
    await asked.promise;
    await account.stop();
    decide.resolve();
    await sleep(50);
    expect(seen).toEqual([]);
  });
  it("a greeting that found no room is not called sent", async () => {
    const { simulator, logins, block } = await activated();
    const agent = createScriptedAgent({ answer: answers });
    let isOpen = false;
    const { access } = agent;
    agent.access = async (inbound) => (isOpen ? access(inbound) : { admitted: false, code: "rate_limited", error: "Too many" });
    const account = await openClawchatFor({ agent, block, hasten, journal: openJournal(":memory:", { remembered: 9 }), logins });
    cleanups.push(() => account.stop());
    const link = await simulator.link();
    await sleep(200);
    isOpen = true;
    simulator.drop();
    await simulator.link({ after: link });
    await expect.poll(() => agent.began.length, { timeout: 2_000 }).toBe(1);
  });
});

describe("login", () => {
  it("CC-8 without a refresh token dials no more once its token is refused, until there is another one", async () => {
    const simulator = await serve();
    const { refreshToken: _none, ...block } = simulator.config["clawchat"] as Record<string, unknown>;
    const account = await openClawchatFor({ agent: createScriptedAgent({ answer: answers }), block: { ...block, greeting: false }, hasten, journal: openJournal(":memory:", { remembered: 9 }), logins: openLogins(":memory:", system) });
    cleanups.push(() => account.stop());
    await simulator.link();
    simulator.server.expire();
    simulator.drop();
    await expect.poll(() => account.status().link?.state, soon).toBe("blocked");
    expect(account.status().login).toContain("openclaw channels add --channel clawchat --code");
  });
});

describe("groups", () => {
  it("many signals ask for the settings few times at once", async () => {
    let open = 0;
    let most = 0;
    const real = createHttp(system);
    const http: HttpCall = async (request) => {
      const isIt = request.url.endsWith("group-settings");
      if (isIt) { open += 1; most = Math.max(most, open); await sleep(100); }
      try { return await real(request); } finally { if (isIt) open -= 1; }
    };
    const { simulator, server } = await play({ http });
    await simulator.link();
    for (let n = 0; n < 300; n += 1) server.control("notify", "agent.config.changed");
    await sleep(500);
    console.log({ most });
    expect(most).toBeLessThanOrEqual(2);
  });
  it("a muted group stays muted though the settings could not be had at once", async () => {
    const simulator = await serve();
    const { server } = simulator;
    const chat = server.world.group("team").id;
    const first = await play({}, simulator);
    await simulator.link();
    server.control("settings", JSON.stringify([{ conversation_id: chat, muted: true }]));
    await sleep(200);
    await first.account.stop();
    let n = 0;
    const real = createHttp(system);
    const http: HttpCall = async (request) => (request.url.endsWith("group-settings") && n++ === 0 ? { kind: "unclear", why: "reset" } : real(request));
    const { agent } = await play({ http, block: { groups: { "*": { batchDelaySeconds: 1 } } } }, simulator);
    await simulator.link();
    await sleep(8000);
    simulator.say({ text: "@simulator hi", user: "ann", conversation: chat });
    await sleep(1500);
    expect(agent.began).toEqual([]);
  }, 20_000);
});

describe("replay", () => {
  it("more replies than the hub may owe acknowledgements for go out after an outage, and none is given up", async () => {
    const patient: NonNullable<ClawchatParts["hasten"]> = (link) => ({ ...link, backoff: { ...link.backoff, baseMs: 500, maxMs: 2_000, floorMs: 2_000 } });
    let isHeld = true;
    const held: (() => void)[] = [];
    const answer: Script["answer"] = async (turn) => {
      if (isHeld) await new Promise<void>((resolve) => void held.push(resolve));
      return answers(turn);
    };
    const { simulator, agent, journal, log } = await play({ hasten: patient, script: { answer }, block: { limits: { messagesPerMinute: 100_000, messageBurst: 100_000, queuedPerSession: 10_000, maxConcurrent: 1_000 } } });
    const link = await simulator.link();
    const count = 1_100;
    for (let n = 0; n < count; n += 1) simulator.say({ text: `m${n}`, user: `u${n}` });
    await expect.poll(() => held.length, soon).toBe(1_000);
    await sleep(1_000);
    simulator.drop();
    isHeld = false;
    for (const go of held) go();
    await expect.poll(() => journal.undelivered("", 0).length, soon).toBe(count);
    await simulator.link({ after: link });
    await expect.poll(() => journal.undelivered("", 0).length, soon).toBe(0).catch(() => {});
    const about = (words: string) => log.lines.filter((line) => line.includes(words)).length;
    expect({ left: journal.undelivered("", 0).length, lost: about("may have arrived"), recycled: about("acknowledges nothing") }).toEqual({ left: 0, lost: 0, recycled: 0 });
    expect(agent.began).toHaveLength(count);
  }, 60_000);

  it("CC-48 a replay of more messages than there is room for loses none of them", async () => {
    const simulator = await serve();
    const first = await play({}, simulator);
    await simulator.link();
    await first.account.stop();
    const asked = Array.from({ length: 400 }, (_, n) => simulator.say({ text: `m${n}` }));
    const journal = openJournal(":memory:", { remembered: 9 });
    const { agent } = await play({ journal }, simulator);
    await expect.poll(() => simulator.server.waiting().length, soon).toBe(0);
    await expect.poll(() => agent.running.length, soon).toBe(0);
    // What the server may forget was answered, or is on disk to be answered.
    const kept = new Set([...agent.began, ...journal.unfinished().map(({ inbound }) => (JSON.parse(inbound) as { messageId: string }).messageId)]);
    expect(asked.filter((id) => !kept.has(id))).toEqual([]);
  }, 30_000);
});

describe("another login", () => {
  it("announces to the owner in the home chat of the login there is now, not where an earlier login met them", async () => {
    const simulator = await serve();
    const { ownerUserId } = simulator.config["clawchat"] as { ownerUserId: string };
    const journal = openJournal(":memory:", { remembered: 9 });
    const origin = { chatId: "cnv_of_the_login_before", chatType: "direct", answerId: "msg-01M7Z18RV7X93807FMV5V3NT4D", mentions: [], isMentioned: false, emittedAt: 1 };
    const old = { messageId: "m", origin, sender: { id: ownerUserId, verified: true }, conversation: { kind: "direct", id: ownerUserId }, content: "hi", media: [], receivedAt: 1 };
    journal.meet(JSON.stringify(["direct", "", ownerUserId]), JSON.stringify(old), Date.now());
    const { account } = await play({ journal }, simulator);
    await simulator.link();
    await expect.poll(() => account.status().connected, soon).toBe(true);
    await expect(account.send({ kind: "direct", id: ownerUserId }, { text: "wake up" })).resolves.toHaveProperty("messageId");
  });
});

describe("stop", () => {
  it("leaves no timer behind", async () => {
    const open = new Set<object>();
    const counting = { ...system, after(ms: number, run: () => void) { const key = { ms }; open.add(key); const c = system.after(ms, () => { open.delete(key); run(); }); return () => { open.delete(key); c(); }; } };
    const hang: HttpCall = (request) => (request.url.endsWith("group-settings") ? new Promise(() => {}) : createHttp(counting)(request));
    const { simulator, account } = await play({ system: counting, http: hang });
    await simulator.link();
    await sleep(100);
    await account.stop();
    expect([...open]).toEqual([]);
  });
});

describe("titles", () => {
  it("a title that is refused is not asked for with every message, nor does it renew the tokens", async () => {
    const simulator = await serve();
    const chat = simulator.server.world.group("team").id;
    const real = createHttp(system);
    let asked = 0;
    const http: HttpCall = async (request) => {
      if (!request.url.includes("/v1/conversations/")) return real(request);
      asked += 1;
      return { kind: "answered", status: 404, body: { code: 40401, msg: "not found" } };
    };
    const { agent } = await play({ http }, simulator);
    await simulator.link();
    for (let n = 1; n <= 5; n += 1) {
      simulator.say({ text: `@simulator ${n}`, user: "ann", conversation: chat });
      await expect.poll(() => agent.began.length, soon).toBe(n);
    }
    expect(asked).toBe(1);
  });
});

describe("what the server keeps until it is done with", () => {
  it("CC-27 an answer that was refused is not said again when its message comes again", async () => {
    const { simulator, server, account, agent } = await play();
    await simulator.link();
    server.fault("error", "message_too_large");
    simulator.say({ text: "hello" });
    await expect.poll(() => account.status().lastError ?? "", soon).toContain("message_too_large");
    simulator.duplicate();
    await simulator.reply(simulator.say({ text: "and this?" }));
    expect(agent.began).toHaveLength(2);
    expect([...server.view.messages.values()].filter(({ text }) => text === "you said: hello")).toEqual([]);
  });

  it("CC-50 a message that cannot be stored is complained about once at most, however often it comes", async () => {
    const journal = openJournal(":memory:", { remembered: 9 });
    let tries = 0;
    let isFull = true;
    const full: typeof journal = {
      ...journal,
      admit(entry) {
        tries += 1;
        if (isFull) throw new Error("the disk is full");
        journal.admit(entry);
      },
      quarantine(...given) {
        if (isFull) throw new Error("the disk is full");
        journal.quarantine(...given);
      },
    };
    const { simulator, server } = await play({ journal: full });
    let link = await simulator.link();
    const asked = simulator.say({ text: "hello" });
    for (let times = 1; times <= 3; times += 1) {
      await expect.poll(() => tries, soon).toBe(times);
      if (times === 3) isFull = false;
      simulator.drop();
      link = await simulator.link({ after: link });
    }
    await expect.poll(() => [...server.view.messages.values()].some(({ text }) => text === "you said: hello"), soon).toBe(true);
    expect(asked).toBeDefined();
    expect([...server.view.messages.values()].filter(({ text }) => text.startsWith("Failed to process")).length).toBeLessThanOrEqual(1);
  });

  it("CC-24 CC-28 an answer that is not acknowledged in time has failed: its turn is over, the operator hears of it, and it is not said again", async () => {
    const { simulator, server, account } = await play({ block: { ack: { timeoutMs: 1000 } } });
    const link = await simulator.link();
    server.fault("no-ack");
    const asked = simulator.say({ text: "hello" });
    await simulator.reply(asked);
    await expect.poll(() => account.status().lastError ?? "", { timeout: 4000 }).toContain("not confirmed");
    simulator.drop();
    await simulator.link({ after: link });
    await simulator.reply(simulator.say({ text: "next" }));
    expect([...server.view.messages.values()].find(({ replyTo }) => replyTo === asked)?.writes).toBe(1);
  });

  it("CC-50 a host that cannot say who may follow a group costs neither the link nor what comes after it", async () => {
    const simulator = await serve();
    const agent = createScriptedAgent({ answer: answers });
    const log = recordLog();
    agent.mayFollow = () => Promise.reject(new Error("the host is busy"));
    const account = await openClawchatFor({ log, agent, block: { ...(simulator.config["clawchat"] as object), greeting: false }, hasten, journal: openJournal(":memory:", { remembered: 9 }), logins: openLogins(":memory:", system) });
    cleanups.push(() => account.stop());
    await simulator.link();
    const chat = simulator.server.world.group("team").id;
    simulator.server.control("settings", JSON.stringify([{ conversation_id: chat, muted: true }]));
    await expect.poll(() => simulator.calls.filter(({ path }) => path.endsWith("group-settings")).length, soon).toBeGreaterThan(1);
    simulator.say({ text: "lunch at noon", user: "ann", conversation: chat });
    await simulator.reply(simulator.say({ text: "here?" }));
    await simulator.reply(simulator.say({ text: "still here?" }));
    expect(simulator.frames.filter(({ from, text }) => from === "plugin" && text.includes('"connect"'))).toHaveLength(1);
  });

  it("CC-50 a host that never says who may follow a group does not keep everybody waiting", async () => {
    const simulator = await serve();
    const agent = createScriptedAgent({ answer: answers });
    agent.mayFollow = () => new Promise(() => {});
    const account = await openClawchatFor({ agent, block: { ...(simulator.config["clawchat"] as object), greeting: false }, hasten, journal: openJournal(":memory:", { remembered: 9 }), logins: openLogins(":memory:", system) });
    cleanups.push(() => account.stop());
    await simulator.link();
    const chat = simulator.server.world.group("team").id;
    simulator.server.control("settings", JSON.stringify([{ conversation_id: chat, muted: true }]));
    await expect.poll(() => simulator.calls.filter(({ path }) => path.endsWith("group-settings")).length, soon).toBeGreaterThan(1);
    simulator.say({ text: "lunch at noon", user: "ann", conversation: chat });
    await simulator.reply(simulator.say({ text: "here?" }), 13_000);
  }, 20_000);

  it("CC-54 a late copy does not replace what its author said, across restarts too", async () => {
    const seen: (readonly string[] | undefined)[] = [];
    const journal = openJournal(":memory:", { remembered: 9 });
    const kept = { ...journal, close: () => {} };
    const logins = openLogins(":memory:", system);
    const first = await play({ journal: kept, logins: { ...logins, close: () => {} } });
    const { simulator, server } = first;
    await simulator.link();
    const chat = server.world.group("team").id;
    server.control("settings", JSON.stringify([{ conversation_id: chat, reply_mode: "mention" }]));
    await expect.poll(() => simulator.calls.filter(({ path }) => path.endsWith("group-settings")).length, soon).toBeGreaterThan(1);
    const id = simulator.say({ text: "lunch at noon", user: "ann", conversation: chat });
    await simulator.reply(simulator.say({ text: "here?" }));
    await first.account.stop();
    simulator.say({ text: "lunch at n", messageId: id, user: "ann", conversation: chat, shape: "merged" });
    await play({ journal: kept, logins, script: { answer: (turn) => (seen.push(turn.request.inbound.earlier), answers(turn)) } }, simulator);
    // What is acknowledged has been dealt with, the copy too.
    await expect.poll(() => server.waiting(), soon).toEqual([]);
    await simulator.reply(simulator.say({ text: "@simulator when is lunch?", user: "bob", conversation: chat }));
    expect(seen).toEqual([["ann: lunch at noon"]]);
  });

  it("CC-51 a message that can never be taken in does not keep the server from bringing others", async () => {
    const script: Script = {
      answer: answers,
      access: ({ sender, conversation }) => (sender.name === "ann" || sender.id === "ann" ? { admitted: false, code: "agent_error", error: "Failed to process message: there is no agent for ann" } : { admitted: true, lane: `${conversation.kind}:${conversation.id}` }),
    };
    const { simulator } = await play({ script, server: { ackDepth: 30, replayDepth: 20 } });
    await simulator.link();
    simulator.say({ text: "poison", user: "ann" });
    for (let k = 0; k < 60; k += 1) await simulator.reply(simulator.say({ text: `hello ${k}` }), 3_000);
    expect(simulator.replies.filter(({ text }) => text.startsWith("you said: hello"))).toHaveLength(60);
  }, 20_000);
});
