import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { connectClient } from "../support/client.ts";
import { openWire, pause } from "../support/edge-sockets.ts";
import { openUpgraded, say, startHostileStage } from "../support/hostile-stage.ts";
import { opcodes } from "../support/raw-frames.ts";

const KIB = 1_024;
const CONNECTIONS = 300;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

async function held(): Promise<number> {
  for (let i = 0; i < 3; i += 1) {
    collect();
    await pause(20);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

it("the memory of hostile connections is given back, the third time as the second", { timeout: 30_000 }, async () => {
  const stage = await startHostileStage({ auth: { recheckSeconds: 60 }, limits: { maxConnectionsPerSender: 100 } });
  let visits = 0;
  /** Each its own way; what it leaves open is cut off. */
  const visit = async (): Promise<void> => {
    const way = (visits += 1) % 6;
    const name = `user${visits}`;
    if (way === 0) return void (await (await connectClient(stage.account.url, { token: "nobody" })).closed);
    if (way === 1) {
      const { socket } = await openWire(stage.port);
      socket.write("GET /ws HTTP/1.1\r\nHost: x\r\nX-Slow: ");
      return void socket.destroy();
    }
    stage.verifier.ends.set(name, Date.now() / 1000 + 3_600);
    const peer = await openUpgraded(stage.port, { Authorization: `Bearer ${name}` });
    if (way === 2) for (let i = 0; i < 12; i += 1) say(peer, "{");
    if (way === 3) peer.send({ opcode: opcodes.text, fin: false, payload: Buffer.alloc(32_768, "x") });
    if (way === 4) for (let i = 0; i < 20; i += 1) peer.send({ opcode: opcodes.ping, payload: Buffer.alloc(125, "x") });
    if (way === 5) say(peer, { type: "chat.send", content: "x".repeat(1_000), customData: { a: "y".repeat(2_000) } });
    await pause(5);
    peer.socket.destroy();
    stage.verifier.ends.delete(name);
  };
  const rounds: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    for (let i = 0; i < CONNECTIONS; i += 50) await Promise.all(Array.from({ length: 50 }, visit));
    stage.verifier.asked.length = 0;
    await stage.holds();
    rounds.push(await held());
  }
  const [, second = 0, third = 0] = rounds;
  // What was said is remembered for a while, within its bounds; a connection that stays would cost more than this.
  expect(third - second).toBeLessThan(1_024 * KIB);
  await stage.stop();
});
