import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { WebSocket } from "ws";
import { system } from "../../src/core/system.ts";
import { type Connection, type Edge, type EdgeOptions, openEdge } from "../../src/edge/accept.ts";
import { edgeOptions } from "./edge-options.ts";
import { recordLog, type RecordedLog } from "./recorded-log.ts";

/** An edge on a real port, with everything its handlers were told. */
export interface TestEdge {
  edge: Edge;
  url: string;
  port: number;
  log: RecordedLog;
  /** Connections in the order in which they opened. */
  connections: Connection[];
  /** Every frame handled, of all connections. */
  frames: string[];
  /** How each opened connection ended. */
  ends: { id: string; code: number; reason: string }[];
  stop(): Promise<void>;
}

/** `frame` replaces the handler, which otherwise only records. */
export async function startEdge(
  options: Partial<EdgeOptions<string>> & { frame?: (text: string, connection: Connection) => void | Promise<void> } = {},
): Promise<TestEdge> {
  const { frame, ...rest } = options;
  const log = recordLog();
  const connections: Connection[] = [];
  const frames: string[] = [];
  const ends: TestEdge["ends"] = [];
  const edge = await openEdge(
    edgeOptions({
      closeMs: 500,
      opened(connection) {
        connections.push(connection);
        return {
          frame(text) {
            frames.push(text);
            return frame?.(text, connection);
          },
          closed: (code, reason) => void ends.push({ id: connection.id, code, reason }),
        };
      },
      ...rest,
    }),
    system,
    log,
  );
  const { port } = edge.address;
  const path = options.path ?? "/ws";
  return { edge, port, url: `ws://127.0.0.1:${port}${path}`, log, connections, frames, ends, stop: () => edge.stop() };
}

/** A client that keeps what it got. */
export interface Dialled {
  socket: WebSocket;
  got: string[];
  /** The close code and reason, `0` when the upgrade was refused. */
  closed: Promise<{ code: number; reason: string }>;
}

export interface DialOptions {
  protocols?: string[];
  headers?: Record<string, string>;
  origin?: string;
  autoPong?: boolean;
}

/** Resolves when the WebSocket is open, or has failed to. */
export async function dial(url: string, { protocols = [], ...options }: DialOptions = {}): Promise<Dialled> {
  const socket = new WebSocket(url, protocols, { perMessageDeflate: false, ...options });
  const got: string[] = [];
  const opened = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  socket.on("open", () => opened.resolve());
  socket.on("message", (data) => void got.push(Buffer.isBuffer(data) ? data.toString() : ""));
  socket.on("error", () => opened.resolve());
  socket.on("close", (code, reason) => {
    opened.resolve();
    closed.resolve({ code, reason: reason.toString() });
  });
  await opened.promise;
  return { socket, got, closed: closed.promise };
}

/** A TCP connection whose peer's bytes are kept as text. */
export interface Wire {
  socket: Socket;
  received(): string;
  /** The peer closed, or the connection broke. */
  gone: Promise<void>;
}

export async function openWire(port: number): Promise<Wire> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.on("error", () => {});
  socket.on("data", (chunk) => (text += chunk.toString("latin1")));
  const gone = new Promise<void>((resolve) => void socket.once("close", () => resolve()));
  await once(socket, "connect");
  return { socket, received: () => text, gone };
}

/** The request that every WebSocket begins with, as bytes on the wire. */
export function upgradeRequest(target: string, headers: Record<string, string> = {}): string {
  const all = {
    Host: "127.0.0.1",
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    ...headers,
  };
  return `GET ${target} HTTP/1.1\r\n${Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n`;
}

/** A masked text frame; `length` may lie about the payload, so that the frame stays unfinished. */
export function clientFrame(text: string, length = Buffer.byteLength(text)): Buffer {
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head.writeUInt8(0x81, 0);
  if (length < 126) head.writeUInt8(0x80 | length, 1);
  else if (length < 65_536) {
    head.writeUInt8(0xfe, 1);
    head.writeUInt16BE(length, 2);
  } else {
    head.writeUInt8(0xff, 1);
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, Buffer.alloc(4), Buffer.from(text)]);
}

/** Waits until something is so, for at most two seconds. */
export async function until(holds: () => boolean, ms = 2_000): Promise<void> {
  const end = Date.now() + ms;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`not so within ${ms} ms: ${holds.toString()}`);
    await pause(5);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
