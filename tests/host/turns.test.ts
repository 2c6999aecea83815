import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startVerifier } from "../conformance/account.ts";
import { type ChatClient, connectClient } from "../support/client.ts";
import { startGateway, type TestGateway } from "./gateway.ts";

let gateway: TestGateway;
beforeAll(async () => void (gateway = await startGateway({ channel: { limits: { messagesPerMinute: 100_000, messageBurst: 1000, queuedPerSession: 100 } } })));
afterAll(() => gateway.stop());

/** What the practice model was asked by one message, over all requests. */
const timesAsked = (text: string) => gateway.model.requests.filter(({ prompt }) => prompt.text === text).length;

describe("turns at a real gateway", () => {
  it("WS-19 answers 1,000 turns of 50 interleaved senders, each to its sender, in order", async () => {
    const clients = await Promise.all(Array.from({ length: 50 }, (_, sender) => connectClient(gateway.url, { senderId: `sender-${sender}` })));
    const told = clients.map((client, sender) => Array.from({ length: 20 }, (_, turn) => client.say(`[[say ${sender}/${turn}]]`)));
    // Ten answers in one go: the queue of a lane holds them, the rate limit lets them pass.
    await Promise.all(clients.map((client, sender) => Promise.all((told[sender] ?? []).map((id) => client.answer(id, 500_000)))));
    for (const [sender, client] of clients.entries()) {
      const answers = client.frames.flatMap((frame) => (frame.type === "chat.response" ? [frame.content] : []));
      expect(answers).toEqual(Array.from({ length: 20 }, (_, turn) => `${sender}/${turn}`));
      expect(client.frames.filter(({ type }) => type === "chat.error")).toEqual([]);
    }
    await Promise.all(clients.map((client) => client.close()));
  }, 600_000);

  it("WS-20 answers a message that kill -9 cut in the middle of its turn, once, after the restart", async () => {
    const before = await connectClient(gateway.url, { senderId: "kate" });
    const cut = before.say("first [[words 200]] [[delay 50]]", { messageId: "cut-1" });
    const waits = before.say("second", { messageId: "cut-2" });
    await before.waitFor((frame) => frame.type === "chat.stream");
    await gateway.kill("SIGKILL");
    await gateway.restart();

    const after = await connectClient(gateway.url, { senderId: "kate" });
    const answers = await Promise.all(["cut-1", "cut-2"].map((id) => after.answer(id, 120_000)));
    expect(answers.map(({ type }) => type)).toEqual(["chat.response", "chat.response"]);
    expect(after.frames.filter(({ type }) => type === "chat.response")).toHaveLength(2);
    expect(timesAsked("second")).toBe(1);
    expect([cut, waits]).toHaveLength(2);
    await after.close();
  }, 240_000);

  it("WS-14 answers a repeat after a restart from the journal", async () => {
    const before = await connectClient(gateway.url, { senderId: "rita" });
    before.say("only once", { messageId: "repeat-1" });
    const first = await before.answer("repeat-1");
    await before.close();
    await gateway.restart();
    const after = await connectClient(gateway.url, { senderId: "rita" });
    after.say("only once", { messageId: "repeat-1" });
    expect(await after.answer("repeat-1")).toEqual(first);
    expect(timesAsked("only once")).toBe(1);
    await after.close();
  }, 180_000);

  it("keeps a conversation over several messages, and none of it for another sender", async () => {
    const [ann, bob] = await Promise.all(["ann", "Ann"].map((senderId) => connectClient(gateway.url, { senderId })));
    await tell(ann, "the word is plum");
    await tell(ann, "and again");
    await tell(bob, "what was the word?");
    const bodyOf = (text: string) => JSON.stringify(gateway.model.requests.find(({ prompt }) => prompt.text === text)?.body);
    expect(bodyOf("and again")).toContain("plum");
    expect(bodyOf("what was the word?")).not.toContain("plum");
    await Promise.all([ann?.close(), bob?.close()]);
  });

  it("WS-29 stops a running turn at chat.cancel, with the text so far", async () => {
    const client = await connectClient(gateway.url, { senderId: "sam" });
    client.send({ type: "chat.hello", extensions: ["cancel"] });
    const long = client.say("[[words 500]] [[delay 50]]");
    await client.waitFor((frame) => frame.type === "chat.stream");
    client.send({ type: "chat.cancel", messageId: long });
    expect(await client.answer(long, 10_000)).toMatchObject({ type: "chat.response", content: expect.stringMatching(/^word1/) as string });
    await client.close();
  });

  it("takes no command from a sender whom nobody vouches for", async () => {
    const client = await connectClient(gateway.url, { senderId: "sam" });
    expect(await client.answer(client.say("/stop"), 10_000)).toMatchObject({ type: "chat.error", error: "Commands are for verified senders whom the operator has listed" });
    await client.close();
  });

  it("keeps connections open over a change of policy, and closes them with 1001 over a change of path", async () => {
    const client = await connectClient(gateway.url, { senderId: "pam" });
    await gateway.configure((config) => withChannel(config, { allowFrom: ["pam"], requireMention: true }));
    await tell(client, "still here?");
    await gateway.configure((config) => withChannel(config, { path: "/moved" }));
    expect(await client.closed).toEqual({ code: 1001, reason: "Server shutting down" });
    const moved = await until(() => connectClient(gateway.url.replace("/ws", "/moved"), { senderId: "pam" }));
    await tell(moved, "found you");
    await moved.close();
  }, 60_000);

  it("obeys /stop from a verified sender whom the operator has listed", async () => {
    const verifier = await startVerifier(() => ({ body: { success: true, data: { userId: "vera" } } }));
    await gateway.configure((config) => withChannel(config, { path: "/verified", auth: { enabled: true, endpoint: verifier.endpoint }, allowFrom: ["vera"] }));
    const client = await until(() => connectClient(gateway.url.replace("/ws", "/verified"), { token: "any" }));
    const long = client.say("[[words 500]] [[delay 50]]");
    await client.waitFor((frame) => frame.type === "chat.stream");
    client.say("/stop");
    expect(await client.answer(long, 10_000)).toMatchObject({ type: "chat.response", content: expect.stringMatching(/^word1/) as string });
    await client.close();
    await verifier.stop();
  }, 60_000);
});

async function tell(client: ChatClient | undefined, text: string): Promise<void> {
  if (!client) throw new Error("no client");
  expect(await client.answer(client.say(text))).toMatchObject({ type: "chat.response" });
}

function withChannel(config: Record<string, unknown>, change: Record<string, unknown>): Record<string, unknown> {
  const channels = config["channels"] as { websocket: Record<string, unknown> };
  return { ...config, channels: { ...channels, websocket: { ...channels.websocket, ...change } } };
}

async function until<Value>(work: () => Promise<Value>, withinMs = 30_000): Promise<Value> {
  const end = Date.now() + withinMs;
  for (;;) {
    try {
      return await work();
    } catch (failure) {
      if (Date.now() > end) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
