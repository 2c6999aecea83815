import { describe, expect, it } from "vitest";
import { activate } from "../../src/auth/activation.ts";
import { clawchatRules } from "../../src/channel/clawchat-account.ts";
import { system } from "../../src/core/system.ts";
import { createHttp } from "../../src/rest/http.ts";
import { openJournal } from "../../src/store/journal.ts";
import { openLogins } from "../../src/store/logins.ts";
import { openClawchatFor } from "../support/clawchat-account.ts";
import { answers, cleanups, hasten, play, serve, soon } from "../support/clawchat-stage.ts";
import { createScriptedAgent, type Script } from "../support/scripted-agent.ts";

describe("an account at a ClawChat server", () => {
  it("CC-4 CC-32 logs in, answers its owner, and is told that the answer was accepted", async () => {
    const { simulator, account, journal } = await play();
    await simulator.link();
    const asked = simulator.say({ text: "deploy it please" });
    const reply = await simulator.reply(asked);
    expect(reply.text).toBe("you said: deploy it please");
    await expect.poll(() => journal.undelivered("", 0), soon).toEqual([]);
    expect(account.status()).toMatchObject({ connected: true });
    expect(simulator.violations).toEqual([]);
  });

  it.each(["legacy", "v1", "v2"] as const)("CC-44 CC-45 CC-48 answers with %s delivery what was said while nobody was there, once", async (reliable) => {
    const first = await play({ server: { reliable } });
    const { simulator } = first;
    await simulator.link();
    await simulator.reply(simulator.say({ text: "one" }));
    await first.account.stop();
    const asked = [simulator.say({ text: "two" }), simulator.say({ text: "three" })];
    const second = await play({ journal: openJournal(":memory:", { remembered: 9 }), logins: openLogins(":memory:", system) }, simulator);
    for (const id of asked) await simulator.reply(id);
    expect(second.agent.began).toEqual(asked);
    expect(simulator.violations).toEqual([]);
    if (reliable !== "legacy") await expect.poll(() => simulator.frames.filter(({ from, text }) => from === "plugin" && /message\.(sync|cursor)_ack/.test(text)).length, soon).toBeGreaterThan(0);
  });

  it("CC-48 CC-53 brings nothing twice that was on disk and not yet acknowledged when the connection was lost", async () => {
    const { simulator, agent } = await play();
    const link = await simulator.link();
    const asked = simulator.say({ text: "hello" });
    await expect.poll(() => agent.began.length, soon).toBe(1);
    simulator.drop();
    await simulator.link({ after: link });
    await simulator.reply(asked);
    await simulator.reply(simulator.say({ text: "after" }));
    expect(agent.began).toHaveLength(2);
    expect(simulator.violations).toEqual([]);
  });

  it("CC-28 CC-29 says an answer again with the same id when its acknowledgement was lost with the connection", async () => {
    const { simulator, server } = await play();
    const link = await simulator.link();
    server.fault("cut");
    const asked = simulator.say({ text: "hello" });
    await simulator.link({ after: link });
    await expect.poll(() => [...server.view.messages.values()].find(({ replyTo }) => replyTo === asked)?.writes, soon).toBe(2);
    expect([...server.view.messages.values()].filter(({ text }) => text === "you said: hello")).toHaveLength(1);
    expect(simulator.violations).toEqual([]);
  });

  it("CC-27 CC-40 tells the operator why an answer was refused, and does not say it again", async () => {
    const { simulator, server, account } = await play();
    await simulator.link();
    server.fault("error", "message_too_large");
    simulator.say({ text: "hello" });
    await expect.poll(() => account.status().lastError ?? "", soon).toContain("message_too_large");
    await simulator.reply(simulator.say({ text: "and this?" }));
    expect([...server.view.messages.values()].filter(({ text }) => text === "you said: hello")).toEqual([]);
  });

  it("CC-47 dials again when a dseq is left out, and misses nothing", async () => {
    const { simulator, server, agent } = await play();
    const link = await simulator.link();
    server.fault("gap");
    const asked = simulator.say({ text: "after the gap" });
    await simulator.link({ after: link });
    await simulator.reply(asked);
    expect(agent.began).toEqual([asked]);
    expect(simulator.violations).toEqual([]);
  });

  it("CC-54 answers a message once of which the server has made a copy", async () => {
    const { simulator, agent } = await play();
    await simulator.link();
    await simulator.reply(simulator.say({ text: "streamed", shape: "stream" }));
    await simulator.reply(simulator.say({ text: "only merged", shape: "merged" }));
    expect(agent.began).toHaveLength(2);
    expect(simulator.violations).toEqual([]);
  });

  it("CC-33 says a long answer in several messages that together are the text", async () => {
    const text = Array.from({ length: 2_500 }, (_, index) => `word${index}`).join(" ");
    const { simulator, server } = await play({ script: { answer: ({ reply }) => (reply.payload({ text }), { ended: "completed" }) } });
    await simulator.link();
    const asked = simulator.say({ text: "tell me all" });
    const said = () => [...server.view.messages.values()].filter(({ messageId }) => messageId !== asked);
    await expect.poll(() => said().map((message) => message.text).join("").length, soon).toBe(text.length);
    expect(said().map((message) => message.text).join("")).toBe(text);
    expect(said().filter(({ replyTo }) => replyTo === asked)).toHaveLength(1);
    expect(simulator.violations).toEqual([]);
  });

  it("CC-67 CC-68 CC-70 streams 20,000 characters for at most twelve times their bytes, and the receiver's checks hold", async () => {
    const text = "A sentence of forty characters, so to say. ".repeat(500).slice(0, 20_000);
    const script: Script = {
      async answer({ reply }) {
        reply.started();
        for (let end = 100; end <= text.length; end += 100) {
          reply.partial(text.slice(0, end));
          await new Promise((resolve) => void setTimeout(resolve, 5));
        }
        reply.payload({ text });
        return { ended: "completed" };
      },
    };
    const { simulator } = await play({ script, block: { streaming: true } });
    await simulator.link();
    const reply = await simulator.reply(simulator.say({ text: "stream it" }), 20_000);
    expect(reply.text).toBe(text);
    const adds = simulator.frames.filter(({ from, text: frame }) => from === "plugin" && frame.includes('"message.add"'));
    expect(adds.length).toBeGreaterThan(5);
    const bytes = adds.reduce((sum, { text: frame }) => sum + Buffer.byteLength(frame), 0);
    console.log(`20,000 characters as message.add: ${adds.length} frames, ${(bytes / Buffer.byteLength(text)).toFixed(1)} times the text`);
    expect(bytes).toBeLessThanOrEqual(12 * Buffer.byteLength(text));
    expect(simulator.violations).toEqual([]);
  });

  it("CC-57 CC-62 hears neither itself nor notices, but the outcome of what it asked for, once", async () => {
    const { simulator, server, agent } = await play();
    await simulator.link();
    await simulator.reply(simulator.say({ text: "hello" }));
    server.control("echo", "");
    server.control("permission", "approved friend.add");
    await expect.poll(() => agent.began.length, soon).toBe(2);
    simulator.duplicate();
    await simulator.reply(simulator.say({ text: "still there?" }));
    expect(agent.began).toHaveLength(3);
    expect(agent.began[1]).toContain("permission");
    expect(simulator.violations).toEqual([]);
  });
});

describe("a group", () => {
  it("CC-58 CC-59 CC-60 answers what is said together in one turn, at once when it is mentioned, and knows what was said before", async () => {
    const seen: { content: string; earlier: readonly string[] | undefined }[] = [];
    const script: Script = {
      answer(turn) {
        const { content, earlier } = turn.request.inbound;
        seen.push({ content, earlier });
        return answers(turn);
      },
    };
    const { simulator } = await play({ script, block: { groupSessionsPerUser: false, groups: { "*": { batchDelaySeconds: 1 } } } });
    await simulator.link();
    simulator.say({ text: "first", user: "ann", conversation: "team" });
    simulator.say({ text: "second", user: "bob", conversation: "team" });
    await expect.poll(() => seen.length, soon).toBe(1);
    expect(seen[0]?.content).toMatch(/first[^]*second/);
    const asked = simulator.say({ text: "@simulator what did they say?", user: "ann", conversation: "team" });
    await simulator.reply(asked, 900);
    expect(seen).toHaveLength(2);
    expect(simulator.violations).toEqual([]);
  });

  it("CC-59 keeps what is not for it, and tells the agent of it when it is mentioned", async () => {
    const seen: (readonly string[] | undefined)[] = [];
    const { simulator, server, agent } = await play({
      script: {
        answer(turn) {
          seen.push(turn.request.inbound.earlier);
          return answers(turn);
        },
      },
    });
    await simulator.link();
    const chat = server.world.group("team").id;
    server.control("settings", JSON.stringify([{ conversation_id: chat, reply_mode: "mention" }]));
    await expect.poll(() => simulator.calls.filter(({ path }) => path.endsWith("group-settings")).length, soon).toBeGreaterThan(1);
    simulator.say({ text: "lunch at noon", user: "ann", conversation: chat });
    simulator.say({ text: "fine", user: "bob", conversation: chat });
    const asked = simulator.say({ text: "@simulator when is lunch?", user: "ann", conversation: chat });
    await simulator.reply(asked);
    expect(agent.began).toEqual([asked]);
    expect(seen).toEqual([["ann: lunch at noon", "bob: fine"]]);
    server.control("settings", JSON.stringify([{ conversation_id: chat, muted: true }]));
    await expect.poll(() => simulator.calls.filter(({ path }) => path.endsWith("group-settings")).length, soon).toBeGreaterThan(2);
    simulator.say({ text: "@simulator and now?", user: "ann", conversation: chat });
    await simulator.reply(simulator.say({ text: "here?" }));
    expect(agent.began).toHaveLength(2);
    expect(simulator.violations).toEqual([]);
  });
});

describe("a login", () => {
  it("CC-8 CC-14 CC-79 outlives its access token: the conversation goes on", async () => {
    const { simulator, server, account } = await play();
    const link = await simulator.link();
    await simulator.reply(simulator.say({ text: "before" }));
    server.expire();
    simulator.drop();
    await simulator.link({ after: link });
    await simulator.reply(simulator.say({ text: "after" }));
    expect(simulator.calls.filter(({ path }) => path === "/v1/auth/refresh")).toHaveLength(1);
    expect(account.status().login).toBeDefined();
    expect(simulator.violations).toEqual([]);
  });

  it("CC-1 CC-76 CC-84 says what to do when it is gone, and goes on by itself after a new activation", async () => {
    const { simulator, server, account, logins, log } = await play();
    const link = await simulator.link();
    server.revoke();
    simulator.drop();
    await expect.poll(() => account.status().link?.state, soon).toBe("blocked");
    expect(account.status().login).toContain("openclaw channels add --channel clawchat --code");
    const waiting = simulator.say({ text: "anybody there?" });
    const code = server.invite();
    const { baseUrl } = simulator.config["clawchat"] as { baseUrl: string };
    const activation = await activate({ code, baseUrl, as: "re-pair" }, { http: createHttp(system), store: logins, system });
    expect(activation).toMatchObject({ ok: true });
    await simulator.link({ after: link });
    await simulator.reply(waiting);
    expect(log.lines.join("\n")).not.toContain(code);
    for (const secret of server.secrets) expect(log.lines.join("\n")).not.toContain(secret);
  });

  it("CC-84 greets the owner once for each activation", async () => {
    const simulator = await serve();
    const { baseUrl } = simulator.config["clawchat"] as { baseUrl: string };
    const logins = openLogins(":memory:", system);
    const block = { enabled: true, baseUrl, websocketUrl: simulator.url, token: undefined, refreshToken: undefined, greeting: true };
    const bare = Object.fromEntries(Object.entries(block).filter(([, value]) => value !== undefined));
    const agent = createScriptedAgent({ answer: answers });
    const account = await openClawchatFor({ agent, block: bare, hasten, journal: openJournal(":memory:", { remembered: 9 }), logins });
    cleanups.push(() => account.stop());
    await expect.poll(() => account.status().link?.state, soon).toBe("blocked");
    await activate({ code: simulator.server.invite(), baseUrl }, { http: createHttp(system), store: logins, system });
    await expect.poll(() => [...simulator.server.view.messages.values()].map(({ text }) => text), soon).toEqual([expect.stringContaining("Say hello")]);
    const link = await simulator.link();
    simulator.drop();
    await simulator.link({ after: link });
    await simulator.reply(simulator.say({ text: "hi" }));
    expect(agent.began).toHaveLength(2);
    expect(simulator.violations).toEqual([]);
  });
});

describe("who an account is", () => {
  it("CC-86 is what the service says where the configuration is wrong: it does not answer itself, and the operator hears of it", async () => {
    const { simulator, server, agent, log } = await play({ block: { userId: "usr_01K5N8Q2R4S6T8V0W2X4Y6Z8D3" } });
    await simulator.link();
    await expect.poll(() => log.lines.join("\n"), soon).toContain("the server's word counts");
    await simulator.reply(simulator.say({ text: "hello" }));
    server.control("echo", "");
    await simulator.reply(simulator.say({ text: "still there?" }));
    expect(agent.began).toHaveLength(2);
  });

  it("CC-86 stays what it is where the service cannot be asked", async () => {
    const simulator = await serve();
    simulator.server.spoilCall("me", "503", 5);
    await play({}, simulator);
    await simulator.link();
    await simulator.reply(simulator.say({ text: "hello" }));
    expect(simulator.violations).toEqual([]);
  });
});

describe("a file", () => {
  it("CC-87 is uploaded and shown with its message; one that cannot be uploaded is an error", async () => {
    const { simulator, server, account } = await play();
    await simulator.link();
    const bytes = new Uint8Array(Buffer.from("png"));
    const attachment = await account.upload?.({ bytes, name: "plan.png", mimeType: "image/png" });
    expect(attachment).toMatchObject({ kind: "image", name: "plan.png", mimeType: "image/png", size: 3 });
    const { ownerUserId } = simulator.config["clawchat"] as { ownerUserId: string };
    expect(await account.send({ kind: "direct", id: ownerUserId }, { text: "the plan", attachments: attachment ? [attachment] : [] })).toHaveProperty("messageId");
    expect([...server.view.messages.values()].at(-1)?.fragments).toMatchObject([{ kind: "text", text: "the plan" }, { kind: "image", url: attachment?.url }]);
    server.spoilCall("upload", "503");
    await expect(account.upload?.({ bytes })).rejects.toThrow("could not be uploaded");
    expect(simulator.violations).toEqual([]);
  });
});

describe("what the owner allows", () => {
  it("CC-64 CC-89 is told to the operator, and again when it has changed", async () => {
    const { simulator, server, log } = await play();
    await simulator.link();
    const told = () => log.lines.filter((line) => line.includes("the owner's permissions"));
    await expect.poll(told, soon).toHaveLength(1);
    const before = simulator.calls.filter(({ path }) => path.endsWith("/permissions")).length;
    server.control("notify", "agent.permission.changed");
    await expect.poll(() => simulator.calls.filter(({ path }) => path.endsWith("/permissions")).length, soon).toBeGreaterThan(before);
    expect(told()).toHaveLength(1);
    server.signals.setPermissions({ "friend.add": "ask", "moment.create": "deny" });
    await expect.poll(() => told().at(-1), soon).toBe("info the owner's permissions: friend.add ask, moment.create deny");
    expect(simulator.violations).toEqual([]);
  });
});

describe("a server that moves while the account runs", () => {
  it("CC-87 CC-88 is sent files where it is now, and none where it was", async () => {
    const urls: string[] = [];
    const block = { baseUrl: "http://127.0.0.1:9", websocketUrl: "ws://127.0.0.1:9/ws", token: "t", userId: "usr_A", ownerUserId: "usr_O", greeting: false };
    const account = await openClawchatFor({
      block,
      agent: createScriptedAgent({}),
      journal: openJournal(":memory:", { remembered: 1 }),
      logins: openLogins(":memory:", system),
      async http({ url }) {
        urls.push(url);
        return { kind: "answered", status: 200, body: { code: 0, data: { kind: "file", url: "https://files.example/1", name: "n", mime: "text/plain", size: 1 } } };
      },
    });
    cleanups.push(() => account.stop());
    const moved = { ...block, websocketUrl: "ws://127.0.0.1:10/ws" };
    account.reconfigure(clawchatRules.complete(moved, { accountId: "default", own: moved, root: moved }));
    await account.upload?.({ bytes: new Uint8Array([1]), name: "n" });
    expect(urls.filter((url) => url.endsWith("/media/upload"))).toEqual(["http://127.0.0.1:10/media/upload"]);
  });
});
