import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../src/core/limits.ts";
import { textOf } from "../support/client.ts";
import { pause, until } from "../support/edge-sockets.ts";
import { answerUpgrade, type LinkServer, openTestLink, startLinkServer, startTcpServer, type TestLink } from "../support/link-server.ts";
import { codeOf, createRawPeer, opcodes, type RawPeer } from "../support/raw-frames.ts";

const MIB = 1_048_576;
/** As links have them, but that nobody is given up because this machine is slow, and nobody is dialed again soon. */
const profile = { maxPayload: MIB, handshakeMs: 10_000, pingMs: 30_000, deadAfterMs: 90_000, backoff: { baseMs: 60_000, maxMs: 60_000, jitterMs: 1, jitter: "outside" as const } };

let honest: { server: LinkServer; link: TestLink };
let hostile: Awaited<ReturnType<typeof startTcpServer>>;
let links: TestLink[];

beforeEach(async () => {
  const server = await startLinkServer({ connected: (socket) => void socket.on("message", (data) => socket.send(textOf(data))) });
  honest = { server, link: openTestLink(server.url, { profile }) };
  links = [honest.link];
  await until(() => honest.link.heard.includes("opened"));
});
afterEach(async () => {
  await Promise.all(links.map(({ link }) => link.stop()));
  await Promise.all([honest.server.stop(), hostile.stop()]);
});

/** A link of ours to a server that does as it likes. */
async function callHostile(frame?: () => Promise<void>): Promise<{ peer: RawPeer; link: TestLink }> {
  const called = Promise.withResolvers<RawPeer>();
  hostile = await startTcpServer((socket) => answerUpgrade(socket, () => called.resolve(createRawPeer(socket, false))));
  const link = openTestLink(hostile.url, { profile, ...(frame && { handler: { frame } }) });
  links.push(link);
  return { peer: await called.promise, link };
}

/** Writes for as long as somebody takes it, up to so many bytes. @returns how many left the process. */
async function pour({ socket }: RawPeer, chunk: Buffer, most: number): Promise<number> {
  const before = socket.bytesWritten;
  let isStuck = false;
  for (let given = 0; given < most && !socket.destroyed && !isStuck; given += chunk.length) {
    if (socket.write(chunk)) continue;
    const waited = await Promise.race([new Promise((resolve) => void socket.once("drain", () => resolve("drained"))), pause(1_000)]);
    isStuck = waited !== "drained";
  }
  return socket.bytesWritten - before - socket.writableLength;
}

/** The other link is served, in time. */
async function honestIsServed(): Promise<void> {
  const { link, frames } = honest.link;
  const since = performance.now();
  link.send({ text: "still there?" });
  await until(() => frames.includes("still there?"));
  expect(performance.now() - since).toBeLessThan(2_000);
}

const held = (): number => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

describe("a server that we dial", () => {
  it("has a pong for each of 2,000 pings, fifty at a time", async () => {
    const { peer } = await callHostile();
    const ping = peer.bytesOf({ opcode: opcodes.ping, payload: Buffer.from("well?") });
    for (let sent = 50; sent <= 2_000; sent += 50) {
      peer.socket.write(Buffer.concat(Array.from({ length: 50 }, () => ping)));
      await until(() => peer.frames.length >= sent);
    }
    expect(peer.frames.every(({ opcode, payload }) => opcode === opcodes.pong && payload.toString() === "well?")).toBe(true);
    await honestIsServed();
  });

  it("and does not read the pongs of its pings is given up, at little cost", async () => {
    const { peer, link } = await callHostile();
    peer.socket.pause();
    const before = held();
    const ping = peer.bytesOf({ opcode: opcodes.ping, payload: Buffer.alloc(125, "x") });
    await pour(peer, Buffer.concat(Array.from({ length: 500 }, () => ping)), 64 * MIB);
    await until(() => link.heard.includes("closed 1006"));
    expect(held() - before).toBeLessThan(16 * MIB);
    await honestIsServed();
    // Not dialed again before the backoff allows it.
    expect(hostile.count()).toBe(1);
  });

  it("and never stops sending is not read from while its frames wait for their handler", async () => {
    let handled = 0;
    const { peer, link } = await callHostile(() => {
      handled += 1;
      return new Promise(() => {});
    });
    const before = held();
    const frame = peer.bytesOf({ opcode: opcodes.text, payload: Buffer.alloc(10_000, "x") });
    const taken = await pour(peer, frame, 64 * MIB);
    expect(handled).toBe(1);
    expect(taken).toBeLessThan(16 * MIB);
    expect(held() - before).toBeLessThan(16 * MIB);
    expect(link.heard).toEqual(["opened"]);
    await honestIsServed();
    const since = performance.now();
    await link.link.stop();
    expect(performance.now() - since).toBeLessThan(limits.linkCloseMs + 1_000);
  });

  it("and never stops sending is served as fast as it sends where its frames are handled at once, and others beside it", async () => {
    const { peer, link } = await callHostile();
    const frame = peer.bytesOf({ opcode: opcodes.text, payload: Buffer.alloc(1_000, "x") });
    const many = Buffer.concat(Array.from({ length: 64 }, () => frame));
    const pouring = pour(peer, many, 32 * MIB);
    await honestIsServed();
    await pouring;
    const sent = Math.ceil((32 * MIB) / many.length) * 64;
    await until(() => link.frames.length === sent, 4_000);
    expect(link.heard).toEqual(["opened"]);
  });

  it("and never ends a message is closed with 1008 beyond 1,024 fragments, and with 1009 beyond its bytes", async () => {
    const { peer, link } = await callHostile();
    peer.send({ opcode: opcodes.text, fin: false, payload: Buffer.from("x") });
    for (let sent = 0; sent < limits.linkFragments; sent += 1) peer.send({ opcode: opcodes.continuation, fin: false, payload: Buffer.from("x") });
    await until(() => link.heard.length === 2);
    expect(peer.frames.map(codeOf)).toEqual([1008]);
    await hostile.stop();
    const second = await callHostile();
    for (let sent = 0; sent <= 16; sent += 1) second.peer.send({ opcode: sent === 0 ? opcodes.text : opcodes.continuation, fin: false, payload: Buffer.alloc(65_536, "x") });
    await until(() => second.link.heard.length === 2);
    expect(second.peer.frames.map(codeOf)).toEqual([1009]);
    expect([...link.frames, ...second.link.frames]).toEqual([]);
    await honestIsServed();
  });
});
