import { connect, type Socket } from "node:net";
import { startVerifier, type Verifier } from "../conformance/account.ts";
import { clockUs } from "./servers/story.ts";

/**
 * Child process of a benchmark: a client that only counts. It speaks just enough WebSocket over plain TCP to be far
 * cheaper than any server, so that the server is what is measured.
 */
export type Order =
  | { do: "verify" }
  | { do: "open"; url: string; connections: number; isGreeted: boolean }
  | { do: "echo"; inFlight: number; ms: number; message: string }
  | { do: "stories"; updates: number; everyMs: number }
  | { do: "leave" };

/** `answers` are all that came, `perSecond` is without the time in which the server warms up. Latencies in ms. */
export type Report =
  | { did: "verify"; endpoint: string }
  | { did: "open"; open: number; ms: number }
  | { did: "echo"; perSecond: number; answers: number }
  | { did: "stories"; latencies: number[]; bytes: number }
  | { did: "leave" };

const MASK = Buffer.from([0x5a, 0x11, 0xc3, 0x7e]);
/** Connections that are opened at the same time, well below what the edge has in admission at once. */
const AT_ONCE = 32;
let sockets: Socket[] = [];
let verifier: Verifier | undefined;
let stories = 0;

process.on("message", (order: Order) => {
  void obey(order).then((report) => process.send?.(report));
});
process.on("disconnect", () => process.exit());

async function obey(order: Order): Promise<Report> {
  switch (order.do) {
    case "verify":
      verifier ??= await startVerifier((token) => ({ body: { success: true, data: { userId: token } } }));
      return { did: "verify", endpoint: verifier.endpoint };
    case "open":
      return await openAll(order);
    case "echo":
      return await echo(order);
    case "stories":
      return await listen(order);
    case "leave":
      for (const socket of sockets) socket.destroy();
      sockets = [];
      return { did: "leave" };
  }
}

async function openAll({ url, connections, isGreeted }: Extract<Order, { do: "open" }>): Promise<Report> {
  const began = performance.now();
  for (let i = 0; i < connections; i += AT_ONCE) {
    const count = Math.min(AT_ONCE, connections - i);
    sockets.push(...(await Promise.all(Array.from({ length: count }, (_, index) => open(url, `user-${sockets.length + index}`, isGreeted)))));
  }
  return { did: "open", open: sockets.length, ms: performance.now() - began };
}

async function echo({ message, inFlight, ms }: Extract<Order, { do: "echo" }>): Promise<Report> {
  const frame = maskedFrame(message);
  let answers = 0;
  let isRunning = true;
  for (const socket of sockets) {
    const count = createFrameWalker(() => (answers += 1));
    socket.on("data", (chunk: Buffer) => {
      const before = answers;
      count(chunk);
      const done = answers - before;
      if (isRunning && done > 0) socket.write(done === 1 ? frame : Buffer.concat(Array.from({ length: done }, () => frame)));
    });
    socket.write(Buffer.concat(Array.from({ length: inFlight }, () => frame)));
  }
  await pass(ms / 4);
  const [before, since] = [answers, performance.now()];
  await pass(ms);
  const perSecond = ((answers - before) / (performance.now() - since)) * 1000;
  isRunning = false;
  return { did: "echo", perSecond, answers };
}

/** Every connection has a story told, all at the same time; a frame's latency is that of the newest word in it. */
async function listen({ updates, everyMs }: Extract<Order, { do: "stories" }>): Promise<Report> {
  const latencies: number[] = [];
  let bytes = 0;
  stories += 1;
  const ended: (() => void)[] = [];
  for (const [index, socket] of sockets.entries()) {
    const walk = createFrameWalker((body) => {
      bytes += body.length;
      if (!body.includes('"chat.stream"')) return;
      const at = body.lastIndexOf("@") + 1;
      latencies.push((clockUs() - Number.parseInt(body.toString("latin1", at, at + 20), 10)) / 1000);
    });
    socket.on("data", walk);
    ended.push(() => socket.off("data", walk));
    const send = () => socket.write(maskedFrame(JSON.stringify({ type: "chat.send", messageId: `story-${stories}-${index}`, content: `story ${JSON.stringify({ updates, everyMs })}` })));
    // Spread over one update's time, as people are.
    setTimeout(send, (index / sockets.length) * everyMs);
  }
  await pass((updates + 1) * everyMs + 1_500);
  for (const end of ended) end();
  return { did: "stories", latencies, bytes };
}

function open(url: string, user: string, isGreeted: boolean): Promise<Socket> {
  const { hostname, port, pathname } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let came = "";
    const hear = (chunk: Buffer): void => {
      came += chunk.toString("latin1");
      if (!came.includes(isGreeted ? "Connected to" : "\r\n\r\n")) return;
      socket.off("data", hear);
      socket.on("data", () => {});
      resolve(socket);
    };
    socket.setNoDelay();
    socket.once("error", reject);
    socket.once("close", () => reject(new Error(`the server closed: ${came}`)));
    socket.on("data", hear);
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nAuthorization: Bearer ${user}\r\n` +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
  });
}

function maskedFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const masked = payload.map((byte, i) => byte ^ (MASK[i & 3] ?? 0));
  const head = payload.length < 126 ? [0x81, 0x80 | payload.length] : [0x81, 0xfe, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from(head), MASK, masked]);
}

/** Walks the text frames of a stream. */
function createFrameWalker(heard: (body: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const data = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let at = 0;
    while (data.length - at >= 4) {
      const short = data.readUInt8(at + 1);
      const [head, length] = short < 126 ? [2, short] : [4, data.readUInt16BE(at + 2)];
      if (data.length - at < head + length) break;
      if (data.readUInt8(at) === 0x81) heard(data.subarray(at + head, at + head + length));
      at += head + length;
    }
    rest = Buffer.from(data.subarray(at));
  };
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
