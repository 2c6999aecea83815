import { afterEach, describe, expect, it } from "vitest";
import { activate } from "../../src/auth/activation.ts";
import { system } from "../../src/core/system.ts";
import { createHttp, type HttpCall } from "../../src/rest/http.ts";
import { openJournal } from "../../src/store/journal.ts";
import { type LoginStore, openLogins } from "../../src/store/logins.ts";
import type { ClawchatOptions } from "../../src/testing/simulator/clawchat/options.ts";
import { startSimulator } from "../../src/testing/simulator/simulator.ts";
import { openClawchatFor, type ClawchatParts } from "../support/clawchat-account.ts";
import { recordLog } from "../support/recorded-log.ts";
import { createScriptedAgent, type Script } from "../support/scripted-agent.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});
const answers: NonNullable<Script["answer"]> = ({ request: { inbound }, reply }) => {
  reply.started();
  reply.payload({ text: `you said: ${inbound.content}` });
  return { ended: "completed" };
};
const hasten: NonNullable<ClawchatParts["hasten"]> = (link) => ({ ...link, backoff: { ...link.backoff, baseMs: 10, maxMs: 200, floorMs: 20 } });
interface Setting extends Partial<Omit<ClawchatParts, "block" | "agent">> {
  server?: ClawchatOptions;
  block?: Record<string, unknown>;
  script?: Script;
}
async function serve(server: ClawchatOptions = {}) {
  const simulator = await startSimulator("clawchat", { server });
  cleanups.push(() => simulator.stop());
  return simulator;
}
async function play({ server, block = {}, script = { answer: answers }, ...parts }: Setting = {}, simulator?: Awaited<ReturnType<typeof serve>>) {
  simulator ??= await serve(server);
  const agent = createScriptedAgent(script);
  const journal = parts.journal ?? openJournal(":memory:", { remembered: 100 });
  const logins = parts.logins ?? openLogins(":memory:", system);
  const log = recordLog();
  const account = await openClawchatFor({ log, hasten, ...parts, agent, block: { ...(simulator.config["clawchat"] as object), greeting: false, ...block }, journal, logins });
  cleanups.push(() => account.stop());
  return { simulator, server: simulator.server, agent, journal, logins, log, account };
}
const soon = { timeout: 10_000, interval: 20 };
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
    const patient: NonNullable<ClawchatParts["hasten"]> = (link) => ({ ...link, backoff: { ...link.backoff, baseMs: 2_000, maxMs: 2_000, floorMs: 2_000 } });
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
