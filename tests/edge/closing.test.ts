import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWire, pause, upgradeRequest } from "../support/edge-sockets.ts";
import { type HostileStage, openUpgraded, say, startHostileStage, textsOf } from "../support/hostile-stage.ts";
import { closePayload, opcodes, type RawPeer } from "../support/raw-frames.ts";

let stage: HostileStage;
beforeAll(async () => void (stage = await startHostileStage({ limits: { maxConnectionsPerSender: 100 } })));
afterAll(() => stage.stop());

const close = (peer: RawPeer, code = 1000) => peer.send({ opcode: opcodes.close, payload: closePayload(code) });
const message = { type: "chat.send", content: "hello" };

const races: readonly (readonly [string, (peer: RawPeer) => void | Promise<void>])[] = [
  ["resets without a word", ({ socket }) => void socket.resetAndDestroy()],
  ["closes and resets", (peer) => {
    close(peer);
    peer.socket.resetAndDestroy();
  }],
  ["asks and resets", (peer) => {
    say(peer, message);
    peer.socket.resetAndDestroy();
  }],
  ["asks, closes, asks again", (peer) => {
    say(peer, message);
    close(peer);
    say(peer, message);
  }],
  ["closes twice", (peer) => {
    close(peer);
    close(peer, 4_000);
  }],
  ["breaks the protocol and closes", (peer) => {
    peer.send({ opcode: 7, payload: Buffer.alloc(0) });
    close(peer);
  }],
  ["closes while it is closed for a flood", (peer) => {
    for (let i = 0; i < 11; i += 1) say(peer, "{");
    close(peer);
  }],
  ["leaves within a frame", ({ socket, bytesOf }) => void socket.end(bytesOf({ opcode: opcodes.text, payload: Buffer.from("{}") }, 1_000))],
  ["ends its half and listens on", async ({ socket }) => {
    socket.end();
    await pause(20);
  }],
];

describe("who leaves in an odd way", () => {
  it.each(races)("WS-20 because it %s, before or after it was let in, leaves nothing behind", async (_, race) => {
    const before = process.listenerCount("uncaughtException");
    for (let i = 0; i < 20; i += 1) {
      const peer = i % 2 === 0 ? await stage.intrude() : await openUpgraded(stage.port, { Authorization: "Bearer mallory" });
      await race(peer);
      if (i % 3 === 0) await pause(1);
    }
    await stage.holds();
    expect(process.listenerCount("uncaughtException")).toBe(before);
  });

  it("WS-3 before the verifier has answered is not let in afterwards", async () => {
    for (let i = 0; i < 30; i += 1) {
      const wire = await openWire(stage.port);
      wire.socket.write(upgradeRequest("/ws", { Authorization: "Bearer mallory" }));
      await pause(i % 5);
      wire.socket.resetAndDestroy();
    }
    await stage.holds();
    expect(stage.account.status()).toMatchObject({ connections: 1, senders: 1 });
  });

  it("has what it asked for before it closed, and nothing after its close frame", async () => {
    const peer = await stage.intrude();
    say(peer, message);
    close(peer);
    say(peer, message);
    expect(await peer.closed).toMatchObject({ code: 1000 });
    expect(textsOf(peer).filter(({ type }) => type === "chat.response").length).toBeLessThanOrEqual(1);
    await stage.holds();
  });
});
