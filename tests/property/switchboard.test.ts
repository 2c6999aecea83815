import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ResolvedAccount } from "../../src/account/websocket/config.ts";
import type { Member } from "../../src/account/websocket/member.ts";
import { createWebsocketSwitchboard, type WebsocketSwitchboard } from "../../src/account/websocket/switchboard.ts";
import type { ConnectionHandler } from "../../src/edge/accept.ts";
import { createRooms } from "../../src/edge/rooms.ts";
import { openJournal } from "../../src/store/journal.ts";
import { accountDefaults } from "../support/account-config.ts";
import { createMemoryConnection, type MemoryConnection } from "../support/memory-connection.ts";
import { createScriptedAgent, type ScriptedAgent } from "../support/scripted-agent.ts";
import { createVirtualSystem, settle, silentLog, type VirtualSystem } from "../support/virtual.ts";

const SENDERS = ["ann", "bob", "Ann"] as const;
type SenderId = (typeof SENDERS)[number];

interface Sent {
  messageId: string;
  sender: SenderId;
  lane: string;
}

/** What must be true, kept beside the real switchboard. */
interface Model {
  sent: Sent[];
}

interface Open {
  connection: MemoryConnection;
  handler: ConnectionHandler;
  sender: SenderId;
}

interface Real {
  system: VirtualSystem;
  agent: ScriptedAgent;
  switchboard: WebsocketSwitchboard;
  open: Open[];
  /** Everything any connection ever was, for the last check. */
  all: Open[];
}

const limits = { ...accountDefaults.limits, queuedPerSession: 1000, messagesPerMinute: 100_000, messageBurst: 100_000 };
const config: ResolvedAccount = { ...accountDefaults, host: "127.0.0.1", limits };

function createReal(): Real {
  const system = createVirtualSystem();
  const agent = createScriptedAgent();
  const switchboard = createWebsocketSwitchboard({
    config: () => config,
    rooms: createRooms<Member>(),
    agent,
    journal: openJournal(":memory:", { remembered: 200 }),
    verify: async () => ({ ok: false, code: "auth_failed", log: "", why: "refused" }),
    system,
    log: silentLog,
    changed() {},
  });
  return { system, agent, switchboard, open: [], all: [] };
}

function connect(real: Real, sender: SenderId): void {
  const connection = createMemoryConnection(`c${real.all.length}`);
  const handler = real.switchboard.opened(connection, { sender: { id: sender, verified: true }, speaksForOthers: false });
  const open = { connection, handler, sender };
  real.open.push(open);
  real.all.push(open);
}

async function drop(real: Real, index: number): Promise<void> {
  const [gone] = real.open.splice(index, 1);
  gone?.connection.drop();
  gone?.handler.closed(1006, "");
  await settle();
}

type Command = fc.AsyncCommand<Model, Real>;

const pick = <Item>(items: readonly Item[], at: number): Item | undefined => items[at % Math.max(1, items.length)];

const connects = fc.tuple(fc.constantFrom(...SENDERS), fc.boolean()).map(([sender, hello]): Command => ({
  check: () => true,
  async run(_, real) {
    connect(real, sender);
    if (hello) await real.open.at(-1)?.handler.frame(JSON.stringify({ type: "chat.hello", extensions: ["groups"] }));
    await settle();
  },
  toString: () => `${sender} connects${hello ? " with extensions" : ""}`,
}));

const sends = fc.tuple(fc.nat(), fc.constantFrom(undefined, "g", "G")).map(([at, group]): Command => ({
  check: () => true,
  async run(model, real) {
    const open = pick(real.open, at);
    if (!open) return;
    const messageId = `m${model.sent.length}`;
    const frame = { type: "chat.send", content: "x", messageId, ...(group && { chatType: "group", groupId: group }) };
    model.sent.push({ messageId, sender: open.sender, lane: group ? `group:${group}` : `direct:${open.sender}` });
    await open.handler.frame(JSON.stringify(frame));
  },
  toString: () => `connection ${at} sends ${group ?? "directly"}`,
}));

const repeats = fc.tuple(fc.nat(), fc.nat()).map(([at, which]): Command => ({
  check: () => true,
  async run(model, real) {
    const open = pick(real.open, at);
    const again = open && pick(model.sent.filter(({ sender }) => sender === open.sender), which);
    if (open && again) await open.handler.frame(JSON.stringify({ type: "chat.send", content: "x", messageId: again.messageId }));
  },
  toString: () => `connection ${at} repeats ${which}`,
}));

const speaks = fc.tuple(fc.nat(), fc.string({ minLength: 1, maxLength: 3 })).map(([at, text]): Command => ({
  check: () => true,
  async run(_, real) {
    const turn = pick(real.agent.running, at);
    turn?.reply.partial(`${turn.request.inbound.messageId}|${text}`);
    await settle();
  },
  toString: () => `turn ${at} says ${JSON.stringify(text)}`,
}));

const ends = fc.nat().map((at): Command => ({
  check: () => true,
  async run(_, real) {
    const turn = pick(real.agent.running, at);
    turn?.reply.payload({ text: `${turn.request.inbound.messageId}|end` });
    turn?.end();
    await settle();
  },
  toString: () => `turn ${at} ends`,
}));

const drops = fc.nat().map((at): Command => ({
  check: () => true,
  async run(_, real) {
    if (real.open.length > 0) await drop(real, at % real.open.length);
  },
  toString: () => `connection ${at} drops`,
}));

const passes = fc.integer({ min: 1, max: 200 }).map((ms): Command => ({
  check: () => true,
  run: async (_, real) => real.system.pass(ms),
  toString: () => `${ms} ms pass`,
}));

async function finish(real: Real): Promise<void> {
  for (const sender of SENDERS) connect(real, sender);
  await settle();
  while (real.agent.running.length > 0) {
    const [turn] = real.agent.running;
    turn?.reply.payload({ text: `${turn.request.inbound.messageId}|end` });
    turn?.end();
    await settle();
  }
  await real.system.pass(1000);
}

function checkAll(model: Model, real: Real): void {
  // WS-14: everything admitted ran exactly once.
  expect(real.agent.began.toSorted()).toEqual(model.sent.map(({ messageId }) => messageId).toSorted());
  // WS-19: one at a time, in order, per lane.
  expect(real.agent.overlapped).toEqual([]);
  for (const lane of new Set(model.sent.map((sent) => sent.lane))) {
    const inLane = model.sent.filter((sent) => sent.lane === lane).map(({ messageId }) => messageId);
    expect(real.agent.began.filter((id) => inLane.includes(id))).toEqual(inLane);
  }
  for (const { sender, messageId } of model.sent) {
    const own = real.all.filter((open) => open.sender === sender);
    const others = real.all.filter((open) => open.sender !== sender);
    const about = (open: Open) => open.connection.frames.filter((frame) => frame["messageId"] === messageId && frame["type"] !== "chat.typing");
    // WS-20: the sender got the answer.
    expect(own.flatMap(about).some((frame) => frame["type"] === "chat.response" && frame["content"] === `${messageId}|end`)).toBe(true);
    // Nobody else saw it, for nobody joined a group here.
    expect(others.flatMap(about)).toEqual([]);
    for (const open of own) {
      const frames = about(open);
      const end = frames.findIndex((frame) => frame["type"] === "chat.response");
      // WS-13: nothing but a repeat of the same terminal frame follows the first.
      if (end >= 0) for (const frame of frames.slice(end)) expect(frame).toMatchObject({ type: "chat.response", content: `${messageId}|end` });
      for (const frame of frames) expect(String(frame["content"]).startsWith(`${messageId}|`)).toBe(true);
    }
  }
}

describe("a switchboard, whatever the order of events", () => {
  it("WS-13 WS-14 WS-19 WS-20 runs each message once, in its lane's order, and answers its sender only", async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands([connects, sends, sends, repeats, speaks, ends, drops, passes], { maxCommands: 60, size: "+1" }), async (commands) => {
        const model: Model = { sent: [] };
        const real = createReal();
        await fc.asyncModelRun(() => ({ model, real }), commands);
        await finish(real);
        checkAll(model, real);
      }),
      { numRuns: 200 },
    );
  });
});
