import { beforeEach, describe, expect, it } from "vitest";
import type { ActEvent } from "../../../src/account/agent.ts";
import type { Member } from "../../../src/account/websocket/member.ts";
import { createWebsocketSwitchboard } from "../../../src/account/websocket/switchboard.ts";
import { createRooms } from "../../../src/edge/rooms.ts";
import { type Journal, openJournal } from "../../../src/store/journal.ts";
import { accountDefaults } from "../../support/account-config.ts";
import { createMemoryConnection } from "../../support/memory-connection.ts";
import { createScriptedAgent, type ScriptedAgent } from "../../support/scripted-agent.ts";
import { createVirtualSystem, settle, silentLog } from "../../support/virtual.ts";

let agent: ScriptedAgent;
let journal: Journal;
let told: ActEvent[];
let connect: (sender: string) => { send(frame: object): Promise<void>; frames(): Record<string, unknown>[]; leave(): void };

beforeEach(() => {
  told = [];
  agent = Object.assign(createScriptedAgent(), { tell: (event: ActEvent) => void told.push(event) });
  journal = openJournal(":memory:", { remembered: 200 });
  const system = createVirtualSystem();
  const switchboard = createWebsocketSwitchboard({
    config: () => ({ ...accountDefaults, host: "127.0.0.1" }),
    rooms: createRooms<Member>(),
    agent,
    journal,
    verify: async () => ({ ok: false, code: "auth_failed", log: "", why: "refused" }),
    system,
    log: silentLog,
    changed() {},
  });
  let connections = 0;
  connect = (sender) => {
    const connection = createMemoryConnection(`c${connections++}`);
    const handler = switchboard.opened(connection, { sender: { id: sender, verified: true }, speaksForOthers: false });
    const send = async (frame: object) => {
      await handler.frame(JSON.stringify(frame));
      await settle();
    };
    void send({ type: "chat.hello", extensions: ["edit", "reactions"] });
    return { send, frames: () => connection.frames, leave: () => handler.closed(1006, "") };
  };
});

const say = (messageId: string, content = messageId) => ({ type: "chat.send", messageId, content });
const ended = (frames: Record<string, unknown>[], id: string) => frames.filter(({ messageId, type }) => messageId === id && (type === "chat.response" || type === "chat.error"));

describe("what an application does to its messages", () => {
  it("WS-36 runs a waiting message with the text it was given last, which is on disk before it is confirmed", async () => {
    const ann = connect("ann");
    await ann.send(say("m-1"));
    await ann.send(say("m-2", "typo"));
    await ann.send({ type: "chat.edit", messageId: "m-2", content: "right", senderId: "ann" });
    expect(ann.frames().at(-1)).toEqual({ type: "chat.edited", messageId: "m-2", content: "right", senderId: "ann" });
    expect(JSON.parse(journal.find({ sender: "ann", messageId: "m-2" })?.inbound ?? "{}")).toMatchObject({ content: "right" });
    agent.running[0]?.end();
    await settle();
    expect(agent.running.map(({ request }) => request.inbound.content)).toEqual(["right"]);
    expect(told).toEqual([]);
  });

  it("WS-36 ends a waiting message that is deleted as cancelled, once, and lets nobody else do so", async () => {
    const [ann, bob] = [connect("ann"), connect("bob")];
    await ann.send(say("m-1"));
    await ann.send(say("m-2"));
    await bob.send({ type: "chat.delete", messageId: "m-2" });
    expect(bob.frames().at(-1)).toMatchObject({ type: "chat.error", code: "invalid_field" });
    expect(bob.frames().at(-1)).not.toHaveProperty("messageId");
    await ann.send({ type: "chat.delete", messageId: "m-2" });
    expect(ended(ann.frames(), "m-2")).toMatchObject([{ code: "cancelled" }]);
    agent.running[0]?.end();
    await settle();
    expect(agent.running).toEqual([]);
  });

  it("WS-35 WS-36 tells the agent of what is done to a message that runs or is over", async () => {
    const ann = connect("ann");
    await ann.send(say("m-1"));
    await ann.send({ type: "chat.edit", messageId: "m-1", content: "late" });
    agent.running[0]?.reply.payload({ text: "answer" });
    agent.running[0]?.end();
    await settle();
    await ann.send({ type: "chat.react", messageId: "m-1", emoji: "👍", op: "add" });
    await ann.send({ type: "chat.react", messageId: "m-1", emoji: "👍", op: "add" });
    expect(told.map(({ act, isOwn }) => [act.act, isOwn])).toEqual([["edit", false], ["react", true]]);
    expect(agent.running).toEqual([]);
  });

  it("WS-20 WS-35 takes a reaction to an answer that its sender has found when he came back", async () => {
    const ann = connect("ann");
    await ann.send(say("m-1"));
    ann.leave();
    agent.running[0]?.reply.payload({ text: "answer" });
    agent.running[0]?.end();
    await settle();
    const back = connect("ann");
    await back.send({ type: "chat.react", messageId: "m-1", emoji: "👍", op: "add" });
    expect(ended(back.frames(), "m-1")).toMatchObject([{ content: "answer" }]);
    expect(told.map(({ act, isOwn }) => [act.act, isOwn])).toEqual([["react", true]]);
  });
});
