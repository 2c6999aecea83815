import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { WebSocket, WebSocketServer } from "ws";

/** What is done to frames on their way; each may become none or several. */
export interface Spoils {
  fromServer?(text: string, request: IncomingMessage): readonly string[];
  fromClient?(text: string, request: IncomingMessage): readonly string[];
  /** The code with which the server's close reaches the client. */
  closeCode?(code: number): number;
  /** The request, before it is made at the server. */
  dials?(request: IncomingMessage): { url?: string; headers?: Record<string, string | string[] | undefined> };
  /** What a call beside the connection is answered with; undefined leaves the answer of the server. */
  answersCall?(request: IncomingMessage): { status: number; body: string } | undefined;
  /** How often a call is made at the server instead of once. */
  repeatsCall?(request: IncomingMessage): number;
  /** Pings of the client stay without an answer. */
  neverPongs?: true;
  /** So does its close, until it goes without one. */
  neverSaysGoodbye?: true;
}

/** Instead of a frame of the client: the connection is closed for it. */
export const HANG_UP = "hang up";

/** A peer that breaks rules: a good one, seen through something that spoils what it says. */
export async function startSpoiler(target: string, spoils: Spoils): Promise<{ url: string; stop(): Promise<void> }> {
  const http = createServer((request, response) => void passCall(target, request, response, spoils).catch(() => response.destroy()));
  const sockets = new WebSocketServer({ noServer: true, autoPong: !spoils.neverPongs, handleProtocols: ([first = ""]) => first, maxPayload: 2 ** 28 });
  const connections = new Set<Socket>();
  http.on("connection", (socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  http.on("upgrade", (request, socket: Socket, head) => {
    socket.on("error", () => socket.destroy());
    const there = dialOn(target, request, spoils);
    there.on("unexpected-response", (_sent, { statusCode = 502, statusMessage = "" }) => socket.end(`HTTP/1.1 ${statusCode} ${statusMessage}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`));
    there.on("error", () => socket.destroy());
    if (spoils.neverSaysGoodbye) swallowCloses(socket);
    const early: { data: Buffer; binary: boolean }[] = [];
    const keep = (data: Buffer, binary: boolean): void => void early.push({ data, binary });
    there.on("message", keep);
    there.once("open", () => {
      sockets.handleUpgrade(request, socket, head, (here) => {
        there.off("message", keep);
        join({ here, there, request }, spoils, early);
      });
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { pathname, search } = new URL(target);
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}${pathname}${search}`,
    async stop() {
      const closed = once(http, "close");
      http.close();
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
}

/** A call beside the connection, such as of the service of ClawChat. */
async function passCall(target: string, request: IncomingMessage, response: ServerResponse, spoils: Spoils): Promise<void> {
  const body = await buffer(request);
  const { host } = new URL(target);
  const { headers = request.headers } = spoils.dials?.(request) ?? {};
  const kept = Object.entries(headers).filter(([name, value]) => typeof value === "string" && !/^(host|connection|content-length|transfer-encoding|keep-alive|expect)$/.test(name));
  const send = () => fetch(`http://${host}${request.url ?? "/"}`, { method: request.method ?? "GET", headers: kept as [string, string][], ...(body.length > 0 && { body }) });
  let answer = await send();
  for (let times = spoils.repeatsCall?.(request) ?? 1; times > 1; times -= 1) answer = await send();
  const spoiled = spoils.answersCall?.(request);
  response.writeHead(spoiled?.status ?? answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain", connection: "close" }).end(spoiled?.body ?? Buffer.from(await answer.arrayBuffer()));
}

/** A close frame of the server begins with the byte 0x88. */
function swallowCloses(socket: Socket): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  socket.write = (data: unknown, ...rest: unknown[]) => (Buffer.isBuffer(data) && data[0] === 0x88 ? true : write(data, ...rest));
}

function dialOn(target: string, request: IncomingMessage, spoils: Spoils): WebSocket {
  const { url = request.url ?? "/", headers } = spoils.dials?.(request) ?? {};
  const { host } = new URL(target);
  const kept = Object.fromEntries(Object.entries(headers ?? request.headers).filter(([name, value]) => value !== undefined && !/^(host|upgrade|connection|sec-websocket-)/.test(name)));
  const protocols = (request.headers["sec-websocket-protocol"] ?? "").split(/,\s*/).filter((protocol) => protocol !== "");
  return new WebSocket(`ws://${host}${url}`, protocols, { headers: kept as Record<string, string>, maxPayload: 2 ** 28 });
}

interface Ends {
  here: WebSocket;
  there: WebSocket;
  request: IncomingMessage;
}

function join({ here, there, request }: Ends, spoils: Spoils, early: readonly { data: Buffer; binary: boolean }[]): void {
  const pass = (to: WebSocket, spoil: ((text: string, request: IncomingMessage) => readonly string[]) | undefined) => (data: Buffer, binary: boolean) => {
    if (to.readyState !== WebSocket.OPEN) return;
    if (binary || !spoil) return to.send(data, { binary });
    for (const text of spoil(data.toString(), request)) {
      if (text === HANG_UP) here.close(1008);
      else to.send(text);
    }
  };
  const toHere = pass(here, spoils.fromServer?.bind(spoils));
  for (const { data, binary } of early) toHere(data, binary);
  there.on("message", toHere);
  here.on("message", pass(there, spoils.fromClient?.bind(spoils)));
  there.on("close", (code, reason) => closeWith(here, spoils.closeCode?.(code) ?? code, reason));
  here.on("close", (code, reason) => closeWith(there, code, reason));
  for (const end of [here, there]) end.on("error", () => {});
}

function closeWith(socket: WebSocket, code: number, reason: Buffer): void {
  if (code === 1006) return socket.terminate();
  if (code === 1005) return socket.close();
  socket.close(code, reason);
}
