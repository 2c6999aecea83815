import { connect, type Socket } from "node:net";

/**
 * Child process of `edge.ts`: a client that only counts. It speaks just enough WebSocket over plain TCP to be far
 * cheaper than any server, so that the server is what is measured.
 */
export type Order =
  | { do: "echo"; url: string; connections: number; inFlight: number; ms: number; message: string; expect: string }
  | { do: "idle"; url: string; connections: number }
  | { do: "leave" };

/** `answers` are all that came, `perSecond` is without the time in which the server warms up. */
export type Report = { perSecond: number; answers: number } | { open: number } | { left: true };

const MASK = Buffer.from([0x5a, 0x11, 0xc3, 0x7e]);
let sockets: Socket[] = [];

process.on("message", (order: Order) => {
  void obey(order).then((report) => process.send?.(report));
});
process.on("disconnect", () => process.exit());

async function obey(order: Order): Promise<Report> {
  if (order.do === "leave") {
    for (const socket of sockets) socket.destroy();
    sockets = [];
    return { left: true };
  }
  const { url, connections } = order;
  for (let i = 0; i < connections; i += 50) {
    sockets.push(...(await Promise.all(Array.from({ length: Math.min(50, connections - i) }, () => open(url)))));
  }
  return order.do === "idle" ? { open: sockets.length } : await echo(order);
}

async function echo(order: Extract<Order, { do: "echo" }>): Promise<Report> {
  const frame = maskedFrame(order.message);
  const expected = Buffer.from(order.expect);
  let answers = 0;
  let isRunning = true;
  for (const socket of sockets) {
    const count = createFrameCounter(expected);
    socket.on("data", (chunk: Buffer) => {
      const done = count(chunk);
      answers += done;
      if (isRunning && done > 0) socket.write(done === 1 ? frame : Buffer.concat(Array.from({ length: done }, () => frame)));
    });
    socket.write(Buffer.concat(Array.from({ length: order.inFlight }, () => frame)));
  }
  await pass(order.ms / 4);
  const [before, since] = [answers, performance.now()];
  await pass(order.ms);
  const perSecond = ((answers - before) / (performance.now() - since)) * 1000;
  isRunning = false;
  return { perSecond, answers };
}

function open(url: string): Promise<Socket> {
  const { hostname, port, pathname } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.setNoDelay();
    socket.once("error", reject);
    socket.once("data", () => resolve(socket));
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
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

/** Walks the frames of a stream; counts those that contain `expected`. */
function createFrameCounter(expected: Buffer): (chunk: Buffer) => number {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const data = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let at = 0;
    let found = 0;
    while (data.length - at >= 4) {
      const short = data.readUInt8(at + 1);
      const [head, length] = short < 126 ? [2, short] : [4, data.readUInt16BE(at + 2)];
      if (data.length - at < head + length) break;
      const body = data.subarray(at + head, at + head + length);
      if (data.readUInt8(at) === 0x81 && (expected.length === 0 || body.includes(expected))) found += 1;
      at += head + length;
    }
    rest = Buffer.from(data.subarray(at));
    return found;
  };
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
