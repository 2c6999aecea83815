/**
 * What we add to the time until an application sees the first partial text: from `chat.send` to `chat.stream` through
 * socket, decoder, session, journal on disk and lane, with an agent that speaks at once. The echo of a bare `ws`
 * server in the same run is the floor.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { WebSocket } from "ws";
import { openJournal } from "../../src/store/journal.ts";
import { createEchoAgent, startAccount } from "../conformance/account.ts";
import { textOf } from "../support/client.ts";
import { type Figure, quantile, type Tell } from "./figure.ts";
import { serve } from "./servers/bare.ts";

const ROUNDS = 300;

export async function measure(tell: Tell): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "first-partial-"));
  tell(`${ROUNDS} messages to the bare library`);
  const echo = await ask(await serve(), () => true);
  const account = await startAccount({}, createEchoAgent(), openJournal(join(folder, "journal.sqlite"), { remembered: 200 }));
  tell(`${ROUNDS} messages to an account`);
  const ours = await ask(`${account.url}?senderId=bench`, (text, round) => text.includes('"chat.stream"') && text.includes(`"m-${round}"`));
  await account.stop();
  rmSync(folder, { recursive: true });
  const bench = "First partial text, one message at a time, journal on disk";
  return [
    { bench, case: "median", unit: "ms", ours: quantile(ours, 0.5), floor: quantile(echo, 0.5) },
    { bench, case: "p95", unit: "ms", ours: quantile(ours, 0.95), floor: quantile(echo, 0.95) },
  ];
}

async function ask(url: string, isAnswer: (text: string, round: number) => boolean): Promise<number[]> {
  const socket = new WebSocket(url);
  await once(socket, "open");
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    socket.send(JSON.stringify({ type: "chat.send", messageId: `m-${round}`, content: "When does the library close?" }));
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
    await new Promise((resolve) => void setTimeout(resolve, 5));
  }
  socket.terminate();
  return times;
}
