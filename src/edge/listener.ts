import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { ClawwireError } from "../core/errors.ts";
import { bracketed } from "../core/host-names.ts";
import { limits } from "../core/limits.ts";
import type { Log, System } from "../core/ports.ts";
import { forLog } from "../core/redact.ts";
import { explainBindFailure, holdPort, isHeldByUs, listen } from "./bind.ts";
import { splitTarget } from "./facts.ts";
import { type Page, redirect } from "./page.ts";

/** One path of a listener and who takes its upgrades. */
export interface Route {
  readonly account: string;
  readonly path: string;
  readonly maxConnections: number;
  /** For people who open the address in a browser. */
  readonly page?: Page;
  /** `connectedAt` is when the TCP connection came. */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer, connectedAt: number): void;
}

export interface Attachment {
  readonly address: { readonly host: string; readonly port: number };
  /**
   * No further upgrade reaches the route. Of the last route of a listener the promise resolves when every socket is
   * closed and the port is free.
   */
  detach(): Promise<void>;
}

interface Listener {
  readonly host: string;
  readonly port: number;
  readonly server: Server;
  readonly routes: Map<string, Route>;
}

/** One HTTP listener per host and port, shared by the accounts whose paths differ. */
const listeners = new Map<string, Promise<Listener>>();

/** @throws ClawwireError `path-taken`, `port-taken` or `config-invalid`, with what to do about it. */
export async function attachRoute(where: { host: string; port: number }, route: Route, system: System, log: Log): Promise<Attachment> {
  const { host, port } = where;
  const key = `${host.toLowerCase()} ${port}`;
  // Everybody gets a port of their own for 0.
  const found = port === 0 ? undefined : listeners.get(key);
  const opening = found ?? openListener(where, route.account, system, log);
  if (!found && port !== 0) listeners.set(key, opening);
  let listener: Listener;
  try {
    listener = await opening;
  } catch (thrown) {
    if (listeners.get(key) === opening) listeners.delete(key);
    // Somebody else's failure; ours may be another, and names us.
    if (found) return await attachRoute(where, route, system, log);
    throw thrown;
  }
  // The last of the others may have left while we waited.
  if (found && listener.routes.size === 0 && listeners.get(key) !== opening) return await attachRoute(where, route, system, log);
  const taken = listener.routes.get(route.path);
  if (taken) {
    throw new ClawwireError(
      "path-taken",
      `Accounts "${taken.account}" and "${route.account}" both want path ${route.path} on ${bracketed(host)}:${port}. Give one of them another path or port.`,
      { account: route.account },
    );
  }
  listener.routes.set(route.path, route);
  countSockets(listener);

  return {
    address: { host, port: listener.port },
    async detach() {
      if (listener.routes.get(route.path) !== route) return;
      listener.routes.delete(route.path);
      countSockets(listener);
      if (listener.routes.size > 0) return;
      if (listeners.get(key) === opening) listeners.delete(key);
      await closeServer(listener.server);
    },
  };
}

async function openListener(where: { host: string; port: number }, account: string, system: System, log: Log): Promise<Listener> {
  const routes = new Map<string, Route>();
  const connectedAt = new WeakMap<Duplex, number>();
  const server = createServer({
    headersTimeout: limits.edgeHeadersMs,
    requestTimeout: limits.edgeRequestMs,
    connectionsCheckingInterval: limits.edgeCheckMs,
    maxHeaderSize: limits.edgeHeaderBytes,
    keepAlive: false,
  });
  server.on("connection", (socket) => connectedAt.set(socket, system.now()));
  server.on("request", (request, response) => answerPlain(routes, request, response));
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const since = connectedAt.get(socket) ?? system.now();
    connectedAt.delete(socket);
    const route = routes.get(splitTarget(request.url).path);
    try {
      if (route && socket instanceof Socket) route.upgrade(request, socket, head, since);
      else rejectUpgrade(socket);
    } catch (thrown) {
      log.error(`upgrade of account "${route?.account ?? ""}" failed: ${forLog(String(thrown))}`);
      socket.destroy();
    }
  });

  await bind(server, where, account, system);
  server.on("error", (error) => log.error(`listener on ${bracketed(where.host)}:${where.port}: ${error.message}`));
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : where.port;
  const release = holdPort(port);
  server.once("close", release);
  return { host: where.host, port, server, routes };
}

/** A port that our own previous generation is about to leave is waited for; one of somebody else is an error. */
async function bind(server: Server, where: { host: string; port: number }, account: string, system: System): Promise<void> {
  const until = system.now() + limits.edgeRebindMs;
  for (;;) {
    const failure = await listen(server, where);
    if (!failure) return;
    const mayLeave = failure.code === "EADDRINUSE" && isHeldByUs(where.port) && system.now() < until;
    if (!mayLeave) throw explainBindFailure(failure, where, account);
    await new Promise<void>((resolve) => void system.after(limits.edgeRebindEveryMs, resolve));
  }
}

/** WS-1: the path answers upgrades only, every other path is a bad request, but for a page that is wanted. */
function answerPlain(routes: ReadonlyMap<string, Route>, request: IncomingMessage, response: ServerResponse): void {
  const { path } = splitTarget(request.url);
  const isOurs = routes.has(path);
  const pages = [...routes.values()].flatMap(({ page }) => page ?? []).toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const page = isOurs ? undefined : pages.find((each) => each.path === path);
  if (page) return page.answer(request, response);
  if (pages[0] && !isOurs && path === "/" && request.method === "GET") return redirect(response, pages[0].path);
  response.writeHead(isOurs ? 426 : 400, { "Content-Type": "text/plain", Connection: "close", ...(isOurs && { Upgrade: "websocket" }) });
  response.end(isOurs ? "This is a WebSocket endpoint: connect with ws:// or wss://.\n" : "Bad Request\n");
}

function rejectUpgrade(socket: Duplex): void {
  // Nobody owns the socket, and an error that nobody hears would end the process.
  socket.on("error", () => socket.destroy());
  socket.once("finish", () => socket.destroy());
  socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nBad Request\n");
}

/** Above what the accounts may hold there is room for those who are turned away with a close code (WS-32). */
function countSockets({ server, routes }: Listener): void {
  let sockets: number = limits.edgeSpareSockets;
  for (const route of routes.values()) sockets += route.maxConnections;
  server.maxConnections = sockets;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    // Sockets that never finished a request; upgraded ones belong to their edges.
    server.closeAllConnections();
  });
}
