import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { system } from "../../src/core/system.ts";
import type { Link, LinkHandler, LinkProfile } from "../../src/link/link.ts";
import { openLink } from "../../src/link/shell.ts";
import { linkProfile } from "./fake-dial.ts";
import { recordLog, type RecordedLog } from "./recorded-log.ts";

/** A WebSocket server on loopback. */
export interface LinkServer {
  url: string;
  requests: IncomingMessage[];
  sockets: WebSocket[];
  /** Its TCP connections that are open. */
  tcp: Set<Socket>;
  got: string[];
  stop(): Promise<void>;
}

interface ServerBehaviour {
  /** Answers the upgrade with this HTTP status instead. */
  refuseWith?: number;
  connected?: (socket: WebSocket, index: number) => void;
  autoPong?: boolean;
}

export async function startLinkServer({ refuseWith, connected, autoPong = true }: ServerBehaviour = {}): Promise<LinkServer> {
  const http = createServer();
  const wss = new WebSocketServer({ noServer: true, autoPong });
  const served: LinkServer = { url: "", requests: [], sockets: [], tcp: new Set(), got: [], stop };
  http.on("connection", (socket) => {
    served.tcp.add(socket);
    socket.once("close", () => served.tcp.delete(socket));
  });
  http.on("upgrade", (request, socket, head) => {
    served.requests.push(request);
    if (refuseWith !== undefined) return void socket.end(`HTTP/1.1 ${refuseWith} No\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n`);
    wss.handleUpgrade(request, socket, head, (opened) => {
      served.sockets.push(opened);
      opened.on("error", () => {});
      opened.on("message", (data) => void served.got.push(Buffer.isBuffer(data) ? data.toString() : ""));
      connected?.(opened, served.sockets.length - 1);
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  served.url = `ws://127.0.0.1:${portOf(http)}/ws`;

  async function stop(): Promise<void> {
    for (const socket of served.tcp) socket.destroy();
    http.close();
    await once(http, "close");
  }
  return served;
}

/** A TCP server that does with each connection what it is told. */
export async function startTcpServer(connected: (socket: Socket) => void): Promise<{ url: string; tcp: Set<Socket>; count(): number; stop(): Promise<void> }> {
  const tcp = new Set<Socket>();
  let count = 0;
  const server = createTcpServer((socket) => {
    count += 1;
    tcp.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => tcp.delete(socket));
    connected(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `ws://127.0.0.1:${portOf(server)}/ws`,
    tcp,
    count: () => count,
    async stop() {
      for (const socket of tcp) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Opens a WebSocket on a bare TCP connection; what comes on it is not read after that. */
export function answerUpgrade(socket: Socket, opened: () => void): void {
  socket.once("data", (request) => {
    const key = /^sec-websocket-key: (.+)\r$/im.exec(request.toString())?.[1] ?? "";
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    opened();
    socket.resume();
  });
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

export interface TestLink {
  link: Link;
  log: RecordedLog;
  heard: string[];
  frames: string[];
}

/** Numbers that fit a test. */
export const quickProfile: LinkProfile = {
  ...linkProfile,
  backoff: { baseMs: 20, maxMs: 200, jitterMs: 20, jitter: "outside" },
  provenMs: 1_000,
  handshakeMs: 400,
  pingMs: 100,
  deadAfterMs: 400,
};

export function openTestLink(url: string, options: { profile?: Partial<LinkProfile>; handler?: Partial<LinkHandler>; headers?: Record<string, string> } = {}): TestLink {
  const log = recordLog();
  const heard: string[] = [];
  const frames: string[] = [];
  const link = openLink({
    account: "main",
    profile: { ...quickProfile, ...options.profile },
    target: () => ({ url, headers: options.headers ?? {} }),
    handler: {
      opened: () => void heard.push("opened"),
      frame: (text) => void frames.push(text),
      closed: ({ code }) => void heard.push(`closed ${code}`),
      changed() {},
      ...options.handler,
    },
    system,
    log,
  });
  return { link, log, heard, frames };
}
