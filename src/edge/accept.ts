import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { WebSocket, WebSocketServer } from "#host/websocket";
import { limits } from "../core/limits.ts";
import type { Log, System } from "../core/ports.ts";
import { Pongs } from "../core/pongs.ts";
import { forLog } from "../core/redact.ts";
import { type Admission, startAdmission } from "./admission.ts";
import type { Edge, EdgeOptions } from "./edge.ts";
import { createOriginCheck, readFacts } from "./facts.ts";
import { createGate } from "./gate.ts";
import { setPace } from "./heartbeat.ts";
import { Line, type LineHome } from "./line.ts";
import { attachRoute } from "./listener.ts";
import { createPage } from "./page.ts";
import { createNotes } from "../core/notes.ts";

export type * from "./edge.ts";

/**
 * Listens for WebSocket upgrades on a path: upgrade, admission, open connection, close.
 * @throws ClawwireError `port-taken`, `path-taken` or `config-invalid`.
 */
export async function openEdge<Peer>(options: EdgeOptions<Peer>, system: System, log: Log): Promise<Edge> {
  const { closings } = options;
  const pace = setPace(options);
  const isOriginAllowed = createOriginCheck(options.allowedOrigins, options.host);
  const gate = createGate({
    total: options.pendingTotal ?? limits.edgePending,
    perAddress: options.pendingPerAddress ?? limits.edgePendingPerAddress,
  });
  const notes = createNotes(limits.noteEveryMs, system.now, log);
  /** Every socket, those being turned away included. */
  const lines = new Set<Line>();
  const seated = new Set<Line>();
  const arriving = new Map<Line, Admission>();
  let accepted = 0;
  const emptied = Promise.withResolvers<void>();
  let stopped: Promise<void> | undefined;

  const home: LineHome = {
    bounds: { ...options, pace },
    closings,
    log,
    gone(line) {
      lines.delete(line);
      seated.delete(line);
      arriving.get(line)?.abandon();
      if (stopped && lines.size === 0) emptied.resolve();
    },
  };

  function welcome(webSocket: LinedSocket, request: IncomingMessage, socket: Socket, connectedAt: number): void {
    const line = new Line(system.uuid(), accepted++, webSocket, socket, home, system.now());
    lines.add(line);
    attachLine(webSocket, line);

    const facts = readFacts(request, options.subprotocol);
    const from = `from ${facts.remoteAddress} to account "${options.account}"`;
    if (stopped) return line.refuse(closings.stopping);
    if (!isOriginAllowed(request)) {
      notes.note("origin not allowed", `${forLog(facts.origin ?? "")} ${from}; list it in allowedOrigins if it may connect`);
      return line.refuse(closings.origin);
    }
    if (seated.size >= options.maxConnections) {
      notes.note("too many connections", `${from}, at most ${options.maxConnections}`);
      return line.refuse(closings.crowded);
    }
    const leaveGate = gate.enter(facts.remoteAddress);
    if (!leaveGate) {
      notes.note("too many connections at once in admission", from);
      return line.refuse(closings.crowded);
    }
    seated.add(line);
    const ended = () => {
      arriving.delete(line);
      leaveGate();
      // Who was turned away and does not answer the close frame must not take the place of who would be let in.
      if (!line.open) seated.delete(line);
    };
    arriving.set(line, startAdmission(line, facts, socket, connectedAt, { options, system, log, ended }));
  }

  const upgrades = createUpgrades(options);
  const attachment = await attachRoute(
    options,
    {
      account: options.account,
      path: options.path,
      maxConnections: options.maxConnections,
      ...(options.page && { page: createPage(options.page, options, system, log) }),
      upgrade(request, socket, head, connectedAt) {
        upgrades.handleUpgrade(request, socket, head, (webSocket) => welcome(webSocket, request, socket, connectedAt));
      },
    },
    system,
    log,
  );

  let tick = 0;
  let lastTickAt = system.now();
  let cancelTick = system.after(pace.tickMs, lookAround);

  /** One timer for all connections. */
  function lookAround(): void {
    const now = system.now();
    tick += 1;
    for (const line of lines) line.look(tick, lastTickAt, now);
    notes.flush();
    lastTickAt = now;
    cancelTick = system.after(pace.tickMs, lookAround);
  }

  /** WS-31. */
  async function closeAll(): Promise<void> {
    cancelTick();
    const freed = attachment.detach();
    for (const line of lines) line.close(closings.stopping.code, closings.stopping.reason);
    for (const admission of arriving.values()) admission.abandon();
    // Whoever does not answer within `closeMs` is cut off by the library.
    if (lines.size > 0) await emptied.promise;
    await freed;
  }

  return {
    address: attachment.address,
    connections: () => seated.size,
    stop: () => (stopped ??= closeAll()),
  };
}

/** A WebSocket that knows its line, so that all of them can share the listeners below. */
class LinedSocket extends WebSocket {
  line: Line | undefined;
  readonly pongs = new Pongs();
}

function createUpgrades<Peer>({ subprotocol, maxPayload, closeMs }: EdgeOptions<Peer>) {
  const bounds = {
    maxPayload,
    maxFragments: limits.edgeFragments,
    maxBufferedChunks: limits.edgeChunks,
    autoPong: false,
    closeTimeout: closeMs,
  };
  return new WebSocketServer<typeof LinedSocket>({
    ...bounds,
    noServer: true,
    clientTracking: false,
    // A compressed connection costs 30 times the memory, and a small frame may unpack to a large one.
    perMessageDeflate: false,
    WebSocket: LinedSocket,
    // WS-3: a token among the offered names must not be echoed.
    handleProtocols: (offered) => offered.has(subprotocol) && subprotocol,
  });
}

function attachLine(webSocket: LinedSocket, line: Line): void {
  webSocket.line = line;
  webSocket.on("message", onMessage);
  webSocket.on("ping", onPing);
  webSocket.on("close", onClose);
  webSocket.on("error", onError);
}

function onMessage(this: WebSocket, data: unknown, isBinary: boolean): void {
  if (this instanceof LinedSocket) this.line?.received(isBinary || !Buffer.isBuffer(data) ? undefined : data.toString());
}

function onPing(this: WebSocket, payload: Buffer): void {
  if (this instanceof LinedSocket) this.pongs.answer(this, payload, limits.edgePongs);
}

/** `ws` closes the connection by itself, with 1002, 1007 or 1009 (WS-6). */
function onError(this: WebSocket, error: Error): void {
  if (this instanceof LinedSocket) this.line?.socketFailed(error.message);
}

function onClose(this: WebSocket, code: number, reason: Buffer): void {
  if (this instanceof LinedSocket) this.line?.socketClosed(code, reason.toString());
}
