import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { startAccount, type Verifier } from "../conformance/account.ts";
import { connectClient } from "../support/client.ts";
import { pause } from "../support/edge-sockets.ts";
import { type HostileStage, openUpgraded, say, startHostileStage, textsOf } from "../support/hostile-stage.ts";
import { opcodes } from "../support/raw-frames.ts";

let stage: HostileStage;
const also: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await stage.stop();
  for (const part of also.splice(0)) await part.stop();
});

/** A verifier that never answers. */
async function startDeaf(): Promise<Pick<Verifier, "endpoint" | "stop">> {
  const server = createServer(() => {}).listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => void server.once("listening", resolve));
  const part = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    stop: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
  also.push(part);
  return part;
}

describe("a flood before anybody is let in", () => {
  it("WS-5 closes with 4429 at nine frames, at 65,537 bytes, and within a frame that is larger", async () => {
    stage = await startHostileStage();
    const deaf = await startDeaf();
    const account = await startAccount({ auth: { enabled: true, endpoint: deaf.endpoint } });
    also.unshift(account);
    const port = Number(new URL(account.url).port);
    const open = () => openUpgraded(port, { Authorization: "Bearer mallory" });
    const many = await open();
    for (let i = 0; i < 10_000; i += 1) say(many, { type: "chat.send", content: "x" });
    const large = await open();
    for (let i = 0; i < 2; i += 1) say(large, "x".repeat(40_000));
    const endless = await open();
    endless.socket.write(endless.bytesOf({ opcode: opcodes.text, payload: Buffer.alloc(200_000) }, 1_000_000));
    for (const peer of [many, large, endless]) expect(await peer.closed).toEqual({ code: 4429, reason: "Rate limit exceeded" });
    expect(account.status()).toMatchObject({ senders: 0 });
    await expect.poll(() => account.status().connections).toBe(0);
    await stage.holds();
  });
});

describe("a flood of somebody who was let in", () => {
  it("WS-10 WS-12 is answered with rate_limited, ten times, then closed with 4429, and passes on to his next connection", async () => {
    stage = await startHostileStage({ limits: { messagesPerMinute: 30, messageBurst: 5 } });
    const peer = await stage.intrude();
    for (let i = 0; i < 2_000; i += 1) say(peer, { type: "chat.send", messageId: `m${i}`, content: "x" });
    expect(await peer.closed).toEqual({ code: 4429, reason: "Rate limit exceeded" });
    const texts = textsOf(peer);
    expect(texts.filter(({ type }) => type === "chat.error").map(({ error }) => String(error).replace(/\d+/, "n"))).toEqual(Array(10).fill("Too many messages. Try again in n s"));
    const next = await connectClient(stage.account.url, { token: "mallory" });
    expect(await next.answer(next.say("x"))).toMatchObject({ type: "chat.error" });
    await next.close();
    await stage.holds();
  });

  it("WS-10 of frames that are none is answered ten times, then closed with 4429", async () => {
    stage = await startHostileStage();
    const peer = await stage.intrude();
    for (let i = 0; i < 5_000; i += 1) say(peer, "{");
    expect(await peer.closed).toEqual({ code: 4429, reason: "Rate limit exceeded" });
    expect(textsOf(peer)).toEqual(Array.from({ length: 10 }, () => ({ type: "chat.error", error: "Failed to parse message" })));
    await stage.holds();
  });

  it("WS-10 of greetings, joins and tokens is not cheaper than one of messages", async () => {
    stage = await startHostileStage();
    for (const frame of [{ type: "chat.hello", extensions: [] }, { type: "chat.join", groupId: "g" }, { type: "chat.directory", requestId: "r" }]) {
      const peer = await stage.intrude();
      say(peer, { type: "chat.hello", extensions: [] });
      for (let i = 0; i < 100; i += 1) say(peer, frame);
      expect(await peer.closed).toMatchObject({ code: 4429 });
    }
    await stage.holds();
  });

  it("WS-22 of messages whose answers he does not read is not read from, and costs no more than its bound", { timeout: 20_000 }, async () => {
    stage = await startHostileStage();
    const peer = await stage.intrude();
    peer.socket.pause();
    const frame = peer.bytesOf({ opcode: opcodes.text, payload: Buffer.from(JSON.stringify({ type: "chat.send", content: "x".repeat(60_000) })) });
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 600; i += 1) peer.socket.write(frame);
    await pause(1_500);
    expect(peer.socket.writableLength).toBeGreaterThan(10_000_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(400_000_000);
    peer.socket.destroy();
    await stage.holds();
  });
});
