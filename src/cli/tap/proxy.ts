import { createServer, type IncomingHttpHeaders, type IncomingMessage, request as requestHttp, type Server, type ServerResponse } from "node:http";
import { request as requestHttps } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { type Duplex, pipeline } from "node:stream";
import { listen } from "../../edge/bind.ts";
import { ownHost } from "../../edge/facts.ts";
import { createReader, type Ears } from "./reader.ts";
import type { From } from "./wires.ts";

/** Hears of everything that passes. What passes waits for what it does at once, such as a write to a pipe that nobody reads. */
export interface Watcher {
  /** Somebody wants a WebSocket. */
  dialing(request: { target: string; headers: IncomingHttpHeaders }): Watched;
  /** A request that is no upgrade has passed, or has not; an upgrade that does not mean the tap has not either. */
  passed(request: { method: string; target: string; status?: number }): void;
}

/** One connection. */
export interface Watched {
  opened(): void;
  refused(status: number): void;
  /** There is no server, or what it says is no HTTP. */
  failed(error: unknown): void;
  ears(from: From): Ears;
  /** The TCP connection is gone. */
  gone(): void;
}

export interface Tap {
  /** Where to dial instead of the server. */
  url: string;
  stop(): Promise<void>;
}

/**
 * Listens on loopback and passes on what comes, byte for byte, to a server and back: the header `Host` alone is the
 * server's. What fails on one side fails on the other.
 * @throws the error of `listen`.
 */
export async function startTap({ target, port }: { target: URL; port: number }, watcher: Watcher): Promise<Tap> {
  const sockets = new Set<Duplex>();
  const keep = (socket: Duplex) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  };
  const server = createServer((request, response) => {
    if (!isForeign(request, watcher)) return passOn(target, request, response, watcher);
    response.writeHead(421, { Connection: "close", "Content-Type": "text/plain" }).end(MISDIRECTED);
  });
  server.on("connection", keep);
  server.on("upgrade", (request, socket, head) => {
    if (isForeign(request, watcher)) return void socket.end(`HTTP/1.1 421 Misdirected Request\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${MISDIRECTED.length}\r\n\r\n${MISDIRECTED}`);
    const watched = watcher.dialing({ target: request.url ?? "/", headers: request.headers });
    const outgoing = askServer(target, request);
    const stayed = onceLeft(socket, () => {
      watched.gone();
      socket.destroy();
      outgoing.destroy();
    });
    let isAnswered = false;
    outgoing.on("error", (error) => {
      // Who has left has ended it.
      if (socket.destroyed) return;
      stayed();
      if (isAnswered) return void socket.destroy();
      watched.failed(error);
      socket.end("HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    });
    outgoing.once("response", (answer) => {
      stayed();
      isAnswered = true;
      watched.refused(answer.statusCode ?? 0);
      // Node has taken the chunks apart: where they ended is told by the end of the connection.
      socket.write(headOf(answer, "transfer-encoding"));
      pipeline(answer, socket, () => {});
    });
    outgoing.once("upgrade", (answer, upstream: Socket, upstreamHead) => {
      stayed();
      isAnswered = true;
      keep(upstream);
      watched.opened();
      join({ near: socket, far: upstream, head, farHead: upstreamHead, answer, watched });
    });
    outgoing.end();
  });
  const failure = await listen(server, { host: HOST, port });
  if (failure) throw failure;
  const here = `ws://${HOST}:${(server.address() as AddressInfo).port}`;
  return {
    url: `${here}${target.pathname}${target.search}`,
    async stop() {
      const closed = closeServer(server);
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

const HOST = "127.0.0.1";
const MISDIRECTED = "The tap answers where the address has an IP address or localhost.\n";

/**
 * A name of others may be made to point at this machine (DNS rebinding). The server would see that by its header `Host`,
 * and the tap puts the server's own in its place.
 */
function isForeign({ method = "", url = "/", headers }: IncomingMessage, watcher: Watcher): boolean {
  if (ownHost(headers.host, HOST, []) !== undefined) return false;
  watcher.passed({ method, target: url, status: 421 });
  return true;
}

/** Tells when somebody who waits for the server leaves, be it by ending what they say. @returns what stops looking. */
function onceLeft(socket: Duplex, left: () => void): () => void {
  // An end that nobody reads up to is not seen; what is already said stays unread.
  const look = (): void => void socket.read(0);
  const settle = (): void => {
    stop();
    left();
  };
  const stop = (): void => void socket.off("readable", look).off("end", settle).off("close", settle);
  socket.on("readable", look).on("end", settle).on("close", settle);
  return stop;
}

interface Join {
  near: Duplex;
  far: Duplex;
  head: Buffer;
  farHead: Buffer;
  answer: IncomingMessage;
  watched: Watched;
}

/** Both ways until both have ended. */
function join({ near, far, head, farHead, answer, watched }: Join): void {
  const extensions = answer.headers["sec-websocket-extensions"];
  const readers = { client: createReader({ isFromClient: true, extensions }, watched.ears("client")), server: createReader({ isFromClient: false, extensions }, watched.ears("server")) };
  const passed = (from: Duplex, to: Duplex, read: (chunk: Buffer) => void, first: Buffer) => {
    if (first.length > 0) {
      to.write(first);
      read(first);
    }
    from.on("data", read);
    from.pipe(to);
    // Cut off, not ended: the other one has to see that, too. What it still says reaches nobody.
    from.once("close", () => (from.readableEnded ? to.end() : to.destroy()) && to.resume());
  };
  for (const socket of [near, far]) if ("setNoDelay" in socket && typeof socket.setNoDelay === "function") socket.setNoDelay(true);
  near.write(headOf(answer));
  passed(near, far, readers.client.read, head);
  passed(far, near, readers.server.read, farHead);
  let open = 2;
  for (const socket of [near, far]) {
    socket.once("close", () => {
      open -= 1;
      if (open === 0) void Promise.all([readers.client.finish(), readers.server.finish()]).then(() => watched.gone());
    });
  }
}

function askServer(target: URL, request: IncomingMessage) {
  const isSecure = target.protocol === "wss:";
  const { hostname, port } = target;
  const headers = request.rawHeaders.map((text, index) => (index % 2 === 1 && request.rawHeaders[index - 1]?.toLowerCase() === "host" ? target.host : text));
  // Who has ended may still be told something, as without the tap.
  const options = { host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? (isSecure ? 443 : 80) : Number(port), method: request.method, path: request.url, headers, agent: false as const, allowHalfOpen: true };
  return (isSecure ? requestHttps : requestHttp)(options);
}

/** Such as a health check, or the REST side of a server. */
function passOn(target: URL, request: IncomingMessage, response: ServerResponse, watcher: Watcher): void {
  const outgoing = askServer(target, request);
  const passed = once((status?: number) => watcher.passed({ method: request.method ?? "", target: request.url ?? "/", ...(status !== undefined && { status }) }));
  // Who does not want to wait any longer for the server has gone.
  response.once("close", () => outgoing.destroy());
  outgoing.once("response", (answer) => {
    const status = answer.statusCode ?? 502;
    passed(status);
    response.writeHead(status, answer.statusMessage, answer.rawHeaders);
    pipeline(answer, response, () => {});
  });
  outgoing.on("error", () => {
    passed();
    if (response.headersSent) response.destroy();
    else if (!response.destroyed) response.writeHead(502).end();
  });
  request.pipe(outgoing);
}

function once(act: (status?: number) => void): (status?: number) => void {
  let isDone = false;
  return (status) => {
    if (!isDone) act(status);
    isDone = true;
  };
}

/** As it came: names keep their case, and headers their order. */
function headOf({ statusCode = 0, statusMessage = "", rawHeaders }: IncomingMessage, without?: string): string {
  const lines = rawHeaders.flatMap((name, index) => (index % 2 === 0 && name.toLowerCase() !== without ? [`${name}: ${rawHeaders[index + 1] ?? ""}`] : []));
  return `HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join("\r\n")}\r\n\r\n`;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
