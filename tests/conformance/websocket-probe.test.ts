import { describe, expect, it } from "vitest";
import { createScriptedAgent } from "../support/scripted-agent.ts";
import { connectClient } from "../support/client.ts";
import { type Changes, createEchoAgent, startAccount, startVerifier, type Verifier } from "./account.ts";

type Answers = Parameters<typeof startVerifier>[0];

async function probed(changes: Changes, withinMs = 5000) {
  const account = await startAccount(changes);
  try {
    return { found: await account.probe(withinMs), status: account.status() };
  } finally {
    await account.stop();
  }
}

async function probedWith(answers: Answers, changes: Changes = {}) {
  const verifier = await startVerifier(answers);
  const { found } = await probed({ ...changes, auth: { enabled: true, required: true, endpoint: verifier.endpoint, timeout: 1000, ...changes.auth } });
  await verifier.stop();
  return { found, verifier };
}

const denies: Answers = () => ({ body: { success: false, error: "invalid_token" } });

describe("a probe of the websocket channel", () => {
  it("comes in by the front door, makes a round trip, and leaves no connection, sender or turn", async () => {
    const { found, status } = await probed({ limits: { messagesPerMinute: 1, messageBurst: 1 } });
    expect(found).toMatchObject({ ok: true, checked: ["upgrade", "round trip", expect.stringContaining("no verifier")] });
    expect(status).toMatchObject({ senders: 0, running: 0 });
    expect(status).not.toHaveProperty("lastInboundAt");
  });

  it("is no guest of an account that has its sender, whose messages and rate are untouched", async () => {
    const account = await startAccount({ limits: { maxConnectionsPerSender: 1 } }, createEchoAgent());
    const client = await connectClient(account.url, { senderId: "ann" });
    const probes = await Promise.all([account.probe(5000), account.probe(5000)]);
    expect(probes.map(({ ok }) => ok)).toEqual([true, true]);
    expect(await client.answer(client.say("hello"))).toMatchObject({ type: "chat.response" });
    expect(account.status()).toMatchObject({ senders: 1 });
    await client.close();
    await account.stop();
  });

  it("WS-3 sees a token that nobody has refused by the verifier, and closed with 4401", async () => {
    const { found, verifier } = await probedWith(denies);
    expect(found).toMatchObject({ ok: true, checked: ["upgrade", "round trip", "the verifier refuses a token that nobody has", "the listener closes with 4401"] });
    expect(verifier.asked).toHaveLength(1);
  });

  it("asks the verifier alone where strangers are let in without a good token", async () => {
    const { found, verifier } = await probedWith(denies, { auth: { required: false } });
    expect(found).toMatchObject({ ok: true, checked: ["upgrade", "round trip", "the verifier refuses a token that nobody has"] });
    expect(verifier.asked).toHaveLength(1);
  });

  it("warns of a verifier that takes every token, and is let in by none of them", async () => {
    const verifier = await startVerifier(() => ({ body: { success: true, data: { userId: "everybody" } } }));
    let senders = 0;
    const account = await startAccount({ auth: { enabled: true, required: true, endpoint: verifier.endpoint } }, createEchoAgent(), undefined, (status) => (senders = Math.max(senders, status.senders ?? 0)));
    const found = await account.probe(5000);
    await account.stop();
    await verifier.stop();
    expect(senders).toBe(0);
    expect(found).toMatchObject({ ok: false, fault: "verifier-answer", error: expect.stringContaining("takes a token that nobody has") as string, checked: ["upgrade", "round trip"] });
  });

  it.each([
    ["answers something else", () => ({ body: { fine: true } }), "verifier-answer", /not as documented/],
    ["fails", () => ({ status: 500, body: {} }), "verifier", /HTTP 500/],
  ] satisfies [string, Answers, string, RegExp][])("tells a verifier that %s", async (_what, answers, fault, words) => {
    const { found } = await probedWith(answers);
    expect(found).toMatchObject({ ok: false, fault, error: expect.stringMatching(words) as string });
  });

  it("tells a verifier that is not there", async () => {
    const verifier: Verifier = await startVerifier(denies);
    await verifier.stop();
    const { found } = await probed({ auth: { enabled: true, required: true, endpoint: verifier.endpoint, timeout: 1000 } });
    expect(found).toMatchObject({ ok: false, fault: "verifier", error: expect.stringContaining("ECONNREFUSED") as string });
  });

  it("tells a full house", async () => {
    const account = await startAccount({ limits: { maxConnections: 1 } }, createScriptedAgent({}));
    const client = await connectClient(account.url, { senderId: "ann" });
    expect(await account.probe(5000)).toMatchObject({ ok: false, fault: "door", error: expect.stringContaining("1013") as string });
    await client.close();
    await account.stop();
  });
});
