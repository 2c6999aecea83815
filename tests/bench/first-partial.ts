/**
 * What we add to the time until an application sees the first partial text: from `chat.send` to `chat.stream` through
 * socket, decoder, session, journal on disk and lane, with an agent that speaks at once. The echo of a bare `ws`
 * server in the same run is the floor.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { openJournal } from "../../src/store/journal.ts";
import { createEchoAgent, startAccount } from "../conformance/account.ts";
import { textOf } from "../support/client.ts";

const ROUNDS = 300;
const folder = mkdtempSync(join(tmpdir(), "first-partial-"));

async function measure(url: string, frame: (round: number) => string, isAnswer: (text: string, round: number) => boolean): Promise<number[]> {
  const socket = new WebSocket(url);
  await once(socket, "open");
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    socket.send(frame(round));
    await new Promise<void>((resolve) => {
      const look = (data: WebSocket.RawData) => {
        if (!isAnswer(textOf(data), round)) return;
        times.push(performance.now() - start);
        socket.off("message", look);
        resolve();
      };
      socket.on("message", look);
    });
    // The answer's terminal frame must not fall into the next round.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  socket.terminate();
  return times.toSorted((a, b) => a - b);
}

const frame = (round: number) => JSON.stringify({ type: "chat.send", messageId: `m-${round}`, content: "When does the library close?" });
const at = (times: readonly number[], share: number) => times[Math.floor(times.length * share)] ?? Number.NaN;
const print = (name: string, times: readonly number[]) => console.log(`${name.padEnd(28)} median ${at(times, 0.5).toFixed(2)} ms   p95 ${at(times, 0.95).toFixed(2)} ms`);

const bare = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
bare.on("connection", (socket) => socket.on("message", (data) => socket.send(textOf(data))));
await once(bare, "listening");
const echo = await measure(`ws://127.0.0.1:${(bare.address() as AddressInfo).port}`, frame, () => true);
bare.close();

const account = await startAccount({}, createEchoAgent(), openJournal(join(folder, "journal.sqlite"), { remembered: 200 }));
const ours = await measure(`${account.url}?senderId=bench`, frame, (text, round) => text.includes('"chat.stream"') && text.includes(`"m-${round}"`));
await account.stop();
rmSync(folder, { recursive: true });

console.log("First partial text, one message at a time");
print("bare ws echo", echo);
print("ours, agent speaks at once", ours);
console.log(`added by us: ${(at(ours, 0.5) - at(echo, 0.5)).toFixed(2)} ms median`);
