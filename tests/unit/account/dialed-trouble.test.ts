import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { openJournal } from "../../../src/store/journal.ts";
import { createDialedStage } from "../../support/dialed-stage.ts";
import { createScriptedAgent } from "../../support/scripted-agent.ts";
import { settle } from "../../support/virtual.ts";

const terminals = (lines: readonly string[]) => lines.filter((line) => line.startsWith("terminal"));

describe("stop", () => {
  it("does not call lost at the next start a reply that never left before the stop", async () => {
    const file = join(newFolder(), "j.db");
    const first = createDialedStage({ journal: openJournal(file, { remembered: 9 }) });
    await first.up();
    await first.say("1");
    await first.clock.pass(20_000);
    first.peer().pongAfterMs = undefined;
    await first.answer("1");
    expect(terminals(first.sent())).toEqual([]);
    const stopping = (await first.opening).stop();
    await first.clock.pass(10_000);
    await stopping;
    expect(terminals(first.sent())).toEqual([]);
    const errors = first.log.lines.filter((line) => line.startsWith("error"));
    const second = createDialedStage({ journal: openJournal(file, { remembered: 9 }), clock: first.clock });
    await second.up();
    await second.clock.pass(5_000);
    expect({ errors, sent: terminals(second.sent()), timers: first.clock.pendingTimers() >= 0 }).toEqual({ errors: [], sent: ["terminal 1 to 1"], timers: true });
  });

  it("leaves no timer and no error behind when an acknowledgement is missing", async () => {
    const stage = createDialedStage({ acks: true, mostWrites: 1 });
    await stage.up();
    await stage.say("1");
    await stage.answer("1");
    const stopping = (await stage.opening).stop();
    await stage.clock.pass(1_500);
    await settle();
    await stage.clock.pass(1_490);
    await stopping;
    expect(stage.log.lines.filter((line) => line.startsWith("error"))).toEqual([]);
    expect(stage.clock.pendingTimers()).toBe(0);
  });
});

describe("hooks", () => {
  it("mayFollow that rejects does not cost the link", async () => {
    const agent = createScriptedAgent();
    agent.mayFollow = () => Promise.reject(new Error("the host is busy"));
    const stage = createDialedStage({ agent, duties: { screen: async () => "keep", complete: (i) => i } });
    const orig = stage.peer;
    await stage.up();
    // a group
    stage.peer().say(JSON.stringify({ id: "1", room: "r", content: "hi" }));
    await settle();
    await stage.clock.pass(100);
    expect(stage.peers).toHaveLength(1);
    expect(orig().readyState).toBe(1);
  });

  it("mayFollow that takes for ever does not deafen the link", async () => {
    const agent = createScriptedAgent();
    agent.mayFollow = () => new Promise(() => {});
    const stage = createDialedStage({ agent, duties: { screen: async (i) => { i.conversation = { kind: "group", id: "g", subject: "g" }; return i.messageId === "1" ? "keep" : "answer"; } } });
    await stage.up();
    await stage.say("1");
    await stage.say("2");
    await stage.clock.pass(60_000);
    expect(stage.agent.began).toEqual(["2"]);
  });

  it("mayFollow that rejects", async () => {
    const agent = createScriptedAgent();
    agent.mayFollow = () => Promise.reject(new Error("the host is busy"));
    const stage = createDialedStage({ agent, duties: { screen: async (i) => { i.conversation = { kind: "group", id: "g", subject: "g" }; return "keep"; } } });
    await stage.up();
    await stage.say("1");
    await stage.clock.pass(100);
    expect(stage.peer().readyState).toBe(1);
  });

  it("tells the agent later of a group message that found no room", async () => {
    const stage = createDialedStage({ limits: { queuedPerSession: 1 }, duties: { admitted() {}, screen: async (i) => { i.conversation = { kind: "group", id: "g", subject: "g" }; return "answer"; } } });
    await stage.up();
    for (const id of ["1", "2", "3"]) await stage.say(id);
    expect(stage.real.recent('heard ["group","g"]', 9).map(({ messageId }) => messageId)).toEqual(["1", "2", "3"]);
  });

  it("finds the text of a message that was only kept, when somebody quotes it", async () => {
    const stage = createDialedStage({ duties: { admitted() {}, screen: async (i) => (i.messageId === "1" ? "keep" : "answer"), complete: (i) => ({ ...i, quote: { messageId: "1" } }) } });
    await stage.up();
    await stage.say("1");
    await stage.say("2");
    expect(stage.agent.running[0]?.request.inbound.quote).toMatchObject({ messageId: "1", body: "ann: hello" });
  });

  it("ask answers false when a hook rejects", async () => {
    const stage = createDialedStage({ duties: { complete() { throw new Error("disk I/O error"); } } });
    await stage.up();
    const account = (await stage.opening) as unknown as { ask(i: unknown): Promise<boolean> };
    await expect(account.ask({ messageId: "g", origin: { room: "r" }, sender: { id: "a", verified: true }, conversation: { kind: "direct", id: "r" }, content: "", media: [], receivedAt: 1 })).resolves.toBe(false);
  });

  it("does not write again what the peer refused, when the message comes again", async () => {
    const stage = createDialedStage({ acks: true, mostWrites: 3 });
    await stage.up();
    await stage.say("1");
    await stage.answer("1");
    await stage.clock.pass(1000);
    stage.peer().say('{"nack":"1"}');
    await settle();
    await stage.say("1");
    await stage.clock.pass(1000);
    expect(terminals(stage.sent())).toHaveLength(1);
  });
});

describe("a journal whose migration fails", () => {
  it("is not left locked", () => {
    const file = join(newFolder(), "j.db");
    const old = new DatabaseSync(file);
    old.exec(`CREATE TABLE entry (seq INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT NOT NULL, message_id TEXT NOT NULL, lane TEXT NOT NULL, inbound TEXT NOT NULL, at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, terminal TEXT, finished_at INTEGER, delivered_at INTEGER, lost_at INTEGER, UNIQUE (sender, message_id)) STRICT; PRAGMA user_version = 1; PRAGMA journal_mode = WAL;`);
    old.close();
    expect(() => openJournal(file, { remembered: 1 })).toThrow("cannot be opened");
    const other = new DatabaseSync(file, { timeout: 50 });
    expect(() => other.exec("BEGIN IMMEDIATE; ROLLBACK;")).not.toThrow();
  });
});

/** A folder that is gone after the test. */
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "trouble-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe("an account that its server has turned away for good", () => {
  it("dials again when its own address has changed, and at no other edit", async () => {
    const stage = createDialedStage();
    const account = await stage.opening;
    await stage.up();
    stage.peer().end(4410);
    await stage.clock.pass(60_000);
    expect(stage.peers).toHaveLength(1);
    account.reconfigure("ws://one.test");
    await stage.clock.pass(60_000);
    expect(stage.peers).toHaveLength(1);
    account.reconfigure("ws://two.test");
    await stage.up();
    expect(stage.peers.map(({ target }) => target.url)).toEqual(["ws://one.test", "ws://two.test"]);
  });
});
