import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectClient } from "../support/client.ts";
import { openWire, upgradeRequest } from "../support/edge-sockets.ts";
import { type HostileStage, startHostileStage } from "../support/hostile-stage.ts";
import { frameBytes, opcodes } from "../support/raw-frames.ts";

let stage: HostileStage;
beforeAll(async () => void (stage = await startHostileStage({ limits: { maxConnectionsPerSender: 3 } })));
afterAll(() => stage.stop());

describe("who takes his time", () => {
  it("WS-1 over the headers of a request is answered with 408 within 7 s, a hundred of them at once", { timeout: 20_000 }, async () => {
    const since = performance.now();
    const wires = await Promise.all(Array.from({ length: 100 }, () => openWire(stage.port)));
    for (const { socket } of wires) socket.write("GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    const drip = setInterval(() => wires.forEach(({ socket }) => socket.write("X-A: b\r\n")), 400);
    expect(await stage.honest.answer(stage.honest.say("meanwhile"))).toMatchObject({ content: "You said: meanwhile" });
    await Promise.all(wires.map(({ gone }) => gone));
    clearInterval(drip);
    expect(wires.filter(({ received }) => !received().startsWith("HTTP/1.1 408 "))).toEqual([]);
    expect(performance.now() - since).toBeLessThan(7_000);
    await stage.holds();
  });

  it("WS-1 over the body of a request is answered before it, with 426, and cut off", async () => {
    const wire = await openWire(stage.port);
    wire.socket.write("POST /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n");
    const drip = setInterval(() => wire.socket.write("x"), 50);
    await wire.gone;
    clearInterval(drip);
    expect(wire.received()).toMatch(/^HTTP\/1.1 426 /);
    await stage.holds();
  });

  it("WS-1 over the upgrade, byte by byte, is let in like anybody", async () => {
    const wire = await openWire(stage.port);
    for (const letter of upgradeRequest("/ws", { Authorization: "Bearer mallory" })) wire.socket.write(letter);
    await expect.poll(wire.received).toMatch(/^HTTP\/1.1 101 /);
    wire.socket.destroy();
    await stage.holds();
  });

  it("WS-32 over a frame that never ends holds one of his own places, and no more of them than a sender has", async () => {
    const peers = await Promise.all([stage.intrude(), stage.intrude(), stage.intrude()]);
    const frame = frameBytes({ opcode: opcodes.text, payload: Buffer.alloc(1_000, "x") }, true);
    const drip = setInterval(() => peers.forEach(({ socket }, index) => socket.write(frame.subarray(index, index + 1))), 20);
    const fourth = await connectClient(stage.account.url, { token: "mallory" });
    expect(await fourth.closed).toEqual({ code: 1013, reason: "Too many connections" });
    clearInterval(drip);
    await expect.poll(() => stage.account.status().connections).toBe(4);
    for (const { socket } of peers) socket.destroy();
    await stage.holds();
  });
});
