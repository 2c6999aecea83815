import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pause, until } from "../support/edge-sockets.ts";
import { type HostileStage, startHostileStage } from "../support/hostile-stage.ts";
import { opcodes } from "../support/raw-frames.ts";

let stage: HostileStage;
beforeAll(async () => void (stage = await startHostileStage()));
afterAll(() => stage.stop());

describe("a flood of control frames", () => {
  it("WS-30 of 2,000 pings, fifty at a time, has its pongs", async () => {
    const peer = await stage.intrude();
    const ping = peer.bytesOf({ opcode: opcodes.ping, payload: Buffer.from("are you there?") });
    for (let answered = 0; answered < 2_000; answered += 50) {
      peer.socket.write(Buffer.concat(Array.from({ length: 50 }, () => ping)));
      await until(() => peer.frames.length === answered + 50);
    }
    expect(peer.frames.every(({ opcode, payload }) => opcode === opcodes.pong && payload.toString() === "are you there?")).toBe(true);
    peer.socket.destroy();
    await stage.holds();
  });

  it("WS-30 of pings that come faster than their pongs leave, or whose pongs are not read, is terminated", async () => {
    const [reading, silent] = [await stage.intrude(), await stage.intrude()];
    silent.socket.pause();
    for (const peer of [reading, silent]) {
      const ping = peer.bytesOf({ opcode: opcodes.ping, payload: Buffer.alloc(125, "x") });
      const many = Buffer.concat(Array.from({ length: 8_000 }, () => ping));
      for (let i = 0; i < 8; i += 1) peer.socket.write(many);
    }
    await until(() => stage.account.status().connections === 1);
    expect(reading.frames.length).toBeLessThan(2_000);
    silent.socket.destroy();
    await stage.holds();
  });

  it("WS-30 of pongs that nobody asked for is ignored", async () => {
    const peer = await stage.intrude();
    const pong = peer.bytesOf({ opcode: opcodes.pong, payload: Buffer.alloc(125, "x") });
    for (let i = 0; i < 20; i += 1) peer.socket.write(Buffer.concat(Array.from({ length: 1_000 }, () => pong)));
    await pause(50);
    expect(peer.frames).toEqual([]);
    expect(stage.account.status().connections).toBe(2);
    peer.socket.destroy();
    await stage.holds();
  });
});
