import { afterEach, describe, expect, it } from "vitest";
import type { RunningAccount } from "../../src/account/account.ts";
import type { ResolvedAccount } from "../../src/account/websocket/config.ts";
import { openJournal } from "../../src/store/journal.ts";
import { createScriptedAgent } from "../support/scripted-agent.ts";
import { type Changes, createEchoAgent, createStoryteller, startAccount, startVerifier, type Verifier } from "./account.ts";
import { connectClient } from "../support/client.ts";
import { describeWebsocketConformance } from "./suite.ts";

describeWebsocketConformance(
  "the websocket channel without a host",
  async () => {
    const account = await startAccount({ allowedOrigins: ["https://app.example"] }, createStoryteller());
    return { url: account.url, maxPayload: 1_048_576, allowedOrigin: "https://app.example", stop: () => account.stop() };
  },
  // It has no auth, and answers before anybody could leave.
  { unseen: ["WS-4", "WS-20"] },
);

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const part of running.splice(0).toReversed()) await part.stop();
});

async function start(changes: Changes = {}, ...rest: [agent?: ReturnType<typeof createScriptedAgent>, journal?: ReturnType<typeof openJournal>]): Promise<RunningAccount<ResolvedAccount>> {
  const account = await startAccount(changes, ...rest);
  running.push(account);
  return account;
}

async function startWithAuth(changes: Changes["auth"] = {}): Promise<{ account: RunningAccount<ResolvedAccount>; verifier: Verifier }> {
  const verifier = await startVerifier((token) => {
    if (token === "good") return { body: { success: true, data: { userId: "u_9", username: "Mara" } } };
    if (token === "yesterdays") return { body: { success: false, error: "expired", message: "secret detail" } };
    if (token === "broken") return { status: 500, body: { success: true, data: { userId: "u_9" } } };
    return { body: { success: true, data: {} } };
  });
  running.push(verifier);
  return { account: await start({ auth: { enabled: true, endpoint: verifier.endpoint, ...changes } }), verifier };
}

describe("connecting with auth", () => {
  it("WS-3 refuses a connection without a token, in the documented words", async () => {
    const { account } = await startWithAuth();
    const application = await connectClient(account.url);
    expect(await application.closed).toEqual({ code: 4401, reason: "Token required" });
    expect(application.frames).toEqual([{ type: "chat.error", error: "Token required. Connect with ?token=YOUR_TOKEN" }]);
  });

  it.each([
    ["yesterdays", "Authentication failed: expired"],
    ["broken", "Authentication failed: service_unavailable"],
    ["nobody", "Authentication failed: auth_failed"],
  ])("WS-3 refuses the token %s, in the documented words", async (token, error) => {
    const { account } = await startWithAuth();
    const application = await connectClient(account.url, { query: { token } });
    expect(await application.closed).toEqual({ code: 4401, reason: "Authentication failed" });
    expect(application.frames).toEqual([{ type: "chat.error", error }]);
  });

  it("WS-3 takes a token of the query for none where the operator refuses it, without asking the verifier", async () => {
    const { account, verifier } = await startWithAuth({ allowQueryToken: false });
    const application = await connectClient(account.url, { query: { token: "good" } });
    expect(await application.closed).toEqual({ code: 4401, reason: "Token required" });
    expect(application.frames).toEqual([{ type: "chat.error", error: "Token required. Send it as Authorization: Bearer" }]);
    expect(verifier.asked).toEqual([]);
    await (await connectClient(account.url, { token: "good", query: { token: "yesterdays" } })).close();
    expect(verifier.asked).toMatchObject([{ token: "good" }]);
  });

  it("WS-3 prefers the header to the subprotocol to the query", async () => {
    const { account, verifier } = await startWithAuth();
    const header = { Authorization: "Bearer good" };
    const protocols = ["openclaw.chat.v1", "bearer.yesterdays"];
    await (await connectClient(account.url, { headers: header, protocols, query: { token: "broken" } })).close();
    await (await connectClient(account.url, { protocols, query: { token: "good" } })).closed;
    await (await connectClient(account.url, { query: { token: "good" } })).close();
    expect(verifier.asked.map(({ token }) => token)).toEqual(["good", "yesterdays", "good"]);
  });

  it("passes on the token, its type and the sender's own words, and listed parameters only", async () => {
    const { account, verifier } = await startWithAuth({ forwardParams: ["tenant"] });
    await (await connectClient(account.url, { query: { token: "good", senderId: "me", senderName: "Me", tenant: "t1", other: "x" } })).close();
    expect(verifier.asked).toEqual([{ token: "good", tokenType: "local", senderId: "me", senderName: "Me", tenant: "t1" }]);
  });

  it("WS-4 makes a connection without a good token anonymous where none is required, under an id it cannot choose", async () => {
    const { account } = await startWithAuth({ required: false });
    const application = await connectClient(account.url, { query: { token: "yesterdays", senderId: "u_9" } });
    application.send({ type: "chat.hello", extensions: [] });
    expect((await application.waitFor(({ type }) => type === "chat.welcome"))["senderId"]).toMatch(/^anon-[0-9a-f-]{36}$/);
    application.send({ type: "chat.send", messageId: "m", content: "x", senderId: "u_9" });
    expect(await application.answer("m")).toMatchObject({ type: "chat.error", code: "forbidden" });
    await application.close();
  });

  it("WS-5 keeps frames that come while the verifier is asked, in order", async () => {
    const { account } = await startWithAuth();
    const application = await connectClient(account.url, { query: { token: "good" } });
    for (const messageId of ["1", "2", "3"]) application.send({ type: "chat.send", messageId, content: "early" });
    await application.answer("3");
    expect(application.frames.filter(({ type }) => type === "chat.response").map(({ messageId }) => messageId)).toEqual(["1", "2", "3"]);
    await application.close();
  });

  it("chat.auth renews a token for the same user, and closes for another one", async () => {
    const { account } = await startWithAuth();
    const application = await connectClient(account.url, { query: { token: "good" } });
    application.send({ type: "chat.hello", extensions: ["auth"] });
    application.send({ type: "chat.auth", token: "good" });
    await application.waitFor((frame) => frame.type === "chat.welcome" && application.frames.indexOf(frame) === 1);
    application.send({ type: "chat.auth", token: "yesterdays" });
    expect(await application.closed).toEqual({ code: 4401, reason: "Authentication failed" });
  });
});

describe("chat.auth", () => {
  it("asks the verifier what the connection was admitted with, and the new token", async () => {
    const { account, verifier } = await startWithAuth({ forwardParams: ["tenant"] });
    const application = await connectClient(account.url, { query: { token: "good", tokenType: "jwt", tenant: "t1" } });
    application.send({ type: "chat.hello", extensions: ["auth"] });
    application.send({ type: "chat.auth", token: "good" });
    await application.waitFor((frame) => frame.type === "chat.welcome" && application.frames.indexOf(frame) === 1);
    expect(verifier.asked).toEqual([
      { token: "good", tokenType: "jwt", tenant: "t1" },
      { token: "good", tokenType: "jwt", tenant: "t1" },
    ]);
    await application.close();
  });

  it("asks nobody for a connection that nobody vouched for", async () => {
    const verifier = await startVerifier(() => ({ body: { success: true, data: { userId: "ann" } } }));
    running.push(verifier);
    const account = await start({ auth: { enabled: false, endpoint: verifier.endpoint } });
    const application = await connectClient(account.url, { senderId: "ann" });
    application.send({ type: "chat.hello", extensions: ["auth"] });
    application.send({ type: "chat.auth", token: "good" });
    expect(await application.waitFor(({ type }) => type === "chat.error")).toMatchObject({ code: "unsupported" });
    expect(verifier.asked).toEqual([]);
    await application.close();
  });
});

describe("limits", () => {
  it("WS-12 answers a sender who is too fast with rate_limited", async () => {
    const account = await start({ limits: { messagesPerMinute: 60, messageBurst: 2 } });
    const application = await connectClient(account.url, { senderId: "ann" });
    for (const messageId of ["1", "2", "3"]) application.send({ type: "chat.send", messageId, content: "quick" });
    expect(await application.answer("3")).toMatchObject({ type: "chat.error", error: "Too many messages. Try again in 1 s" });
    expect(await application.answer("2")).toMatchObject({ type: "chat.response" });
    await application.close();
  });

  it("WS-19 answers a message that finds its lane full with queue_full, and lets a control command pass", async () => {
    const agent = createScriptedAgent();
    const account = await start({ limits: { queuedPerSession: 1 } }, agent);
    const application = await connectClient(account.url, { senderId: "ann" });
    for (const messageId of ["runs", "waits", "full"]) application.send({ type: "chat.send", messageId, content: "x" });
    expect(await application.answer("full")).toMatchObject({ type: "chat.error", error: "Too many messages are waiting in this conversation" });
    application.send({ type: "chat.send", messageId: "stop", content: "/stop" });
    await expect.poll(() => agent.began).toEqual(["runs", "stop"]);
    await application.close();
  });

  it("WS-32 closes one connection too many of a sender, and one too many at all, with 1013", async () => {
    const account = await start({ limits: { maxConnectionsPerSender: 1, maxConnections: 2 } });
    const first = await connectClient(account.url, { senderId: "ann" });
    const second = await connectClient(account.url, { senderId: "ann" });
    expect(await second.closed).toEqual({ code: 1013, reason: "Too many connections" });
    const other = await connectClient(account.url, { senderId: "bob" });
    const third = await connectClient(account.url, { senderId: "cy" });
    expect((await third.closed).code).toBe(1013);
    await first.close();
    await other.close();
  });

  it("WS-2 closes a sender whom the policy shuts out with 4403", async () => {
    const account = await start({ dmPolicy: "allowlist", allowFrom: ["ann"], groupPolicy: "disabled" });
    const shut = await connectClient(account.url, { senderId: "bob" });
    expect(await shut.closed).toEqual({ code: 4403, reason: "Sender not allowed" });
    await (await connectClient(account.url, { senderId: "ann" })).close();
  });

  it("WS-21 ends a turn that takes too long with timeout", async () => {
    const account = await start({ limits: { turnSeconds: 1 } }, createScriptedAgent());
    const application = await connectClient(account.url, { senderId: "ann" });
    application.send({ type: "chat.send", messageId: "m", content: "x" });
    expect(await application.answer("m")).toMatchObject({ error: "Failed to process message: the agent took too long" });
    await application.close();
  });
});

describe("conversations", () => {
  it("WS-24 brings a group's posts and answers to who joined it, and to nobody else", async () => {
    const account = await start();
    const ann = await connectClient(account.url, { senderId: "ann", query: { senderName: "Ann" } });
    const bob = await connectClient(account.url, { senderId: "bob" });
    const cy = await connectClient(account.url, { senderId: "cy" });
    for (const member of [bob, cy]) member.send({ type: "chat.hello", extensions: ["groups"] });
    bob.send({ type: "chat.join", groupId: "club" });
    await cy.waitFor(({ type }) => type === "chat.welcome");
    await bob.waitFor(({ type }) => type === "chat.welcome");
    await new Promise((resolve) => setTimeout(resolve, 50));
    ann.send({ type: "chat.send", messageId: "m", content: "hello all", chatType: "group", groupId: "club" });
    expect(await bob.answer("m")).toMatchObject({ type: "chat.response", groupId: "club" });
    expect(bob.frames.find(({ type }) => type === "chat.message")).toEqual({ type: "chat.message", messageId: "m", groupId: "club", senderId: "ann", senderName: "Ann", content: "hello all" });
    expect(await ann.answer("m")).toEqual({ type: "chat.response", messageId: "m", content: "You said: hello all", done: true });
    expect(cy.frames).toHaveLength(1);
    for (const member of [ann, bob, cy]) await member.close();
  });

  it("WS-25 looks a quoted text up in the conversation", async () => {
    const agent = createEchoAgent();
    const quotes: unknown[] = [];
    const run = agent.run.bind(agent);
    agent.run = (turn, ...rest) => {
      quotes.push(turn.inbound.quote);
      return run(turn, ...rest);
    };
    const account = await start({}, agent);
    const ann = await connectClient(account.url, { senderId: "ann" });
    ann.send({ type: "chat.send", messageId: "1", content: "tea?" });
    await ann.answer("1");
    ann.send({ type: "chat.send", messageId: "2", content: "yes", replyToMessageId: "1" });
    await ann.answer("2");
    expect(quotes).toEqual([undefined, { messageId: "1", body: "You said: tea?" }]);
    await ann.close();
  });

  it("WS-27 reaches a connected sender without being asked, and says when nobody is there", async () => {
    const account = await start();
    const ann = await connectClient(account.url, { senderId: "ann" });
    expect(await account.send({ kind: "direct", id: "ann" }, { text: "wake up" })).toEqual({ messageId: expect.stringMatching(/^srv_/) as string });
    expect(await ann.waitFor(({ type }) => type === "chat.response")).toMatchObject({ content: "wake up", done: true });
    expect(await account.send({ kind: "direct", id: "bob" }, { text: "hello?" })).toBe("away");
    await ann.close();
  });

  it("WS-29 cancels a running message, and one that waits", async () => {
    const agent = createScriptedAgent();
    const account = await start({}, agent);
    const ann = await connectClient(account.url, { senderId: "ann" });
    ann.send({ type: "chat.hello", extensions: ["cancel"] });
    for (const messageId of ["1", "2"]) ann.send({ type: "chat.send", messageId, content: "x" });
    await expect.poll(() => agent.running).toHaveLength(1);
    agent.running[0]?.reply.partial("half");
    ann.send({ type: "chat.cancel", messageId: "2" });
    ann.send({ type: "chat.cancel", messageId: "1" });
    expect(await ann.answer("1")).toMatchObject({ type: "chat.response", content: "half" });
    expect(await ann.answer("2")).toMatchObject({ type: "chat.error", code: "cancelled" });
    expect(agent.began).toEqual(["1"]);
    await ann.close();
  });
});

describe("connections that go away", () => {
  it("WS-20 brings the answer to the sender's next connection, once", async () => {
    const agent = createScriptedAgent();
    const account = await start({}, agent);
    const gone = await connectClient(account.url, { senderId: "ann" });
    gone.send({ type: "chat.send", messageId: "m", content: "x" });
    await expect.poll(() => agent.running).toHaveLength(1);
    await gone.close();
    agent.running[0]?.reply.payload({ text: "late" });
    agent.running[0]?.end();
    const back = await connectClient(account.url, { senderId: "ann" });
    expect(await back.answer("m")).toMatchObject({ content: "late" });
    await back.close();
    const again = await connectClient(account.url, { senderId: "ann" });
    again.send({ type: "chat.hello", extensions: [] });
    await again.waitFor(({ type }) => type === "chat.welcome");
    expect(again.frames).toHaveLength(1);
    await again.close();
  });

  it("WS-20 WS-31 closes with 1001 on stop, and the next start runs what was cut", async () => {
    const path = `${process.env["TMPDIR"] ?? "/tmp"}/conformance-${process.pid}-${Date.now()}.sqlite`;
    const open = () => openJournal(path, { remembered: 200 });
    const first = await startAccount({}, createScriptedAgent(), open());
    const ann = await connectClient(first.url, { senderId: "ann" });
    for (const messageId of ["1", "2"]) ann.send({ type: "chat.send", messageId, content: "x" });
    await ann.waitFor(() => ann.frames.length === 2);
    await first.stop();
    expect(await ann.closed).toEqual({ code: 1001, reason: "Server shutting down" });
    const agent = createEchoAgent();
    const second = await start({}, agent, open());
    const back = await connectClient(second.url, { senderId: "ann" });
    await back.answer("1");
    await back.answer("2");
    expect(agent.began).toEqual(["1", "2"]);
    await back.close();
  });

  it("leaves its place free where what was cut cannot be read", async () => {
    const first = await startAccount();
    const port = Number(new URL(first.url).port);
    await first.stop();
    const broken = Object.assign(openJournal(":memory:", { remembered: 200 }), {
      unfinished: () => {
        throw new Error("disk I/O error");
      },
    });
    await expect(startAccount({ port }, createEchoAgent(), broken)).rejects.toThrow("disk I/O error");
    const second = await start({ port });
    expect(new URL(second.url).port).toBe(`${port}`);
  });

  it("WS-22 sends no partial text to a connection that does not read, and its terminal frame all the same", async () => {
    const agent = createScriptedAgent();
    const account = await start({}, agent);
    const slow = await connectClient(account.url, { senderId: "slow" });
    slow.send({ type: "chat.send", messageId: "m", content: "x" });
    await expect.poll(() => agent.running).toHaveLength(1);
    slow.socket.pause();
    const [turn] = agent.running;
    for (let size = 1; size <= 120; size++) {
      turn?.reply.partial("x".repeat(size * 2000));
      await new Promise((resolve) => setTimeout(resolve, 55));
    }
    turn?.reply.payload({ text: "the end" });
    turn?.end();
    slow.socket.resume();
    expect(await slow.answer("m")).toMatchObject({ content: "the end" });
    const streams = slow.frames.filter(({ type }) => type === "chat.stream");
    expect(streams.length).toBeLessThan(110);
    expect(slow.frames.at(-1)).toMatchObject({ type: "chat.response" });
    await slow.close();
  }, 20_000);
});
