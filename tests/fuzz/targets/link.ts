import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { openTestLink, startTcpServer } from "../../support/link-server.ts";
import { insist, type Target } from "../target.ts";
import { bytesOf, framesAround } from "./frames.ts";
import { framesOf } from "./seeds.ts";

/** Stands for what the server has to answer to the key it was sent. */
const ACCEPT = "{accept}";
/** Stands for the answer that every client takes. */
const OPENED = "{opened}";
const ANSWER = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`;
/** ms for which a link hears its server, which it dials again meanwhile; and ms in which it has to stop. */
const HEARS = 60;
const SOON = 10_000;

type Server = Awaited<ReturnType<typeof startTcpServer>>;
let running: { server: Server; inputs: readonly string[] } | undefined;

async function serve(inputs: readonly string[]): Promise<Server> {
  running ??= { server: await startTcpServer(answer), inputs };
  running.inputs = inputs;
  return running.server;
}

function answer(socket: Socket): void {
  socket.once("data", (request) => {
    const text = request.toString("latin1");
    const index = Number(/^GET \/(\d+)/.exec(text)?.[1] ?? 0);
    const key = /^sec-websocket-key: (.+)\r$/im.exec(text)?.[1] ?? "";
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    const input = running?.inputs[index] ?? "";
    socket.write(bytesOf(input.replaceAll(OPENED, ANSWER).replaceAll(ACCEPT, accept)));
    if (input.length % 4 === 0) socket.end();
    socket.resume();
  });
}

async function play(inputs: readonly string[]): Promise<void> {
  const server = await serve(inputs);
  const links = inputs.map((_, index) => openTestLink(new URL(`/${index}`, server.url).href, { profile: { maxPayload: 65_536 } }));
  await sleep(HEARS);
  for (const { heard, frames } of links) {
    insist(frames.every((frame) => frame.isWellFormed() && frame.length <= 65_536), () => "a frame came through that is no text");
    insist(heard.length === 0 || heard[0] === "opened", () => `a link was told ${heard.join(", ")}`);
  }
  const late = Symbol("late");
  const stopping = Promise.all(links.map(({ link }) => link.stop()));
  // Of a server that stays each would wait for its end to the last.
  await sleep(5);
  for (const socket of server.tcp) socket.destroy();
  const stopped = await Promise.race([stopping, sleep(SOON, late, { ref: false })]);
  insist(stopped !== late, () => "a link does not stop");
}

export const link: Target = {
  name: "link",
  form: "bytes",
  batch: 24,
  isRepeatable: false,
  seeds() {
    const texts = framesOf("local-im", ({ direction }) => direction === "received");
    const answers = [
      ANSWER, ANSWER.replace("websocket", "h2c"), ANSWER.replace(ACCEPT, "wrong"), ANSWER.replace("101 Switching Protocols", "100 Continue"), ANSWER.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
      ANSWER.replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: other\r\n\r\n"), "HTTP/1.1 401 Unauthorized\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 429 Too Many\r\nRetry-After: 99999999999\r\n\r\n", "HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 503\r\n\r\n", "HTTP/9.9 101\r\n\r\n", "",
    ];
    return [...answers, ...framesAround(texts, false).map((frames) => `${OPENED}${frames}`)];
  },
  play,
  async stop() {
    await running?.server.stop();
    running = undefined;
  },
};
