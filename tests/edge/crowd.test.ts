import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { connectClient } from "../support/client.ts";
import { openWire, pause, until, upgradeRequest } from "../support/edge-sockets.ts";
import { type HostileStage, startHostileStage } from "../support/hostile-stage.ts";

const CROWD = 10_000;

let stage: HostileStage;
afterEach(() => stage.stop());

describe("a crowd from one address", () => {
  it("WS-2 WS-32 of ten thousand sockets gets 256 places in admission at most, 1013 or nothing beyond, and no seat", { timeout: 90_000 }, async () => {
    stage = await startHostileStage({ auth: { timeout: 1_000 } });
    const sockets = new Set<Socket>();
    let [crowded, refused, most] = [0, 0, 0];
    const look = () => (most = Math.max(most, stage.account.status().connections ?? 0));
    // It never answers a close frame.
    const intrude = () => {
      const socket = connect(stage.port, "127.0.0.1");
      sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => sockets.delete(socket));
      socket.on("data", (chunk) => {
        look();
        if (chunk.includes("Too many connections")) crowded += 1;
        if (chunk.includes("Authentication failed")) refused += 1;
      });
      socket.write(upgradeRequest("/ws", { Authorization: "Bearer slow" }));
    };
    for (let opened = 0; opened < CROWD; opened += 500) {
      for (let i = 0; i < 500; i += 1) intrude();
      await pause(1);
      expect(await stage.honest.answer(stage.honest.say("meanwhile"))).toMatchObject({ type: "chat.response" });
    }
    await until(() => crowded > 0 && refused > 0, 20_000);
    for (const socket of sockets) socket.destroy();
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(257);
    // The kernel goes on delivering calls that were given up; the time for headers ends them.
    await stage.holds(100);
  });

  it("WS-32 that was turned away, and does not go, takes no place of anybody", async () => {
    stage = await startHostileStage({ limits: { maxConnections: 20 } });
    const strangers = await Promise.all(Array.from({ length: 19 }, () => openWire(stage.port)));
    for (const { socket } of strangers) socket.write(upgradeRequest("/ws", { Authorization: "Bearer nobody" }));
    await until(() => strangers.every(({ received }) => received().includes("Authentication failed")));
    const next = await connectClient(stage.account.url, { token: "ann" });
    expect(await next.answer(next.say("is there a place?"))).toMatchObject({ type: "chat.response" });
    await next.close();
    for (const { socket } of strangers) socket.destroy();
    await stage.holds();
  });
});
