import { once } from "node:events";
import { createServer, STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import type { Socket } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import type { Admission, HttpAnswer, HttpRequest, UpgradeRequest } from "./protocol.ts";

/** What happens to the next requests for a link: an HTTP status, or no answer at all. */
export type RefusalKind = number | "hang";

export interface ServerEvents {
  admit(request: UpgradeRequest): Admission;
  opened(socket: WebSocket, account: string, request: UpgradeRequest): void;
  refused(how: RefusalKind, why: string): void;
  /** Absent where there is nothing but links. */
  request?(request: HttpRequest): Promise<HttpAnswer>;
}

export interface LinkServer {
  port: number;
  /** Treats the next `times` requests this way; 0 ends it. */
  refuse(how: RefusalKind, times: number): void;
  stop(): Promise<void>;
}

const host = "127.0.0.1";

/** Listens on loopback for links. 0 takes a free port. */
export async function listen(port: number, events: ServerEvents): Promise<LinkServer> {
  const http = createServer((request, response) => {
    if (!events.request) return void response.writeHead(426, { connection: "close" }).end("This is a WebSocket server.\n");
    void answer(request, response, events.request).catch(() => response.destroy());
  });
  // The link answers pings itself, so that a stalled one does not.
  const sockets = new WebSocketServer({ noServer: true, autoPong: false, perMessageDeflate: false });
  const connections = new Set<Socket>();
  let refusal: { how: RefusalKind; times: number } = { how: 503, times: 0 };

  http.on("connection", (socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  http.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    if (refusal.times > 0) {
      refusal = { ...refusal, times: refusal.times - 1 };
      events.refused(refusal.how, "told to");
      return refusal.how === "hang" ? undefined : refuse(socket, refusal.how);
    }
    const asked = readRequest(request);
    const admission = events.admit(asked);
    if (admission.ok) return sockets.handleUpgrade(request, socket, head, (opened) => events.opened(opened, admission.account, asked));
    events.refused(admission.status, admission.why);
    refuse(socket, admission.status);
  });

  http.listen(port, host);
  await once(http, "listening");
  const address = http.address();
  const taken = typeof address === "object" && address ? address.port : port;

  function refuse(socket: Socket, status: number): void {
    const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}`, "Connection: close", "Content-Length: 0"];
    // A client that follows is led to a place that would let it in.
    if (status >= 300 && status < 400) lines.push(`Location: ws://${host}:${taken}/elsewhere`);
    socket.end(`${lines.join("\r\n")}\r\n\r\n`);
  }

  return {
    port: taken,
    refuse: (how, times) => void (refusal = { how, times }),
    async stop() {
      const closed = once(http, "close");
      http.close();
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
}

async function answer(incoming: IncomingMessage, response: ServerResponse, request: NonNullable<ServerEvents["request"]>): Promise<void> {
  const body = await buffer(incoming);
  const answered = await request({ ...readRequest(incoming), method: incoming.method ?? "GET", body });
  if (answered === "drop") return void response.destroy();
  if (answered !== "hang") response.writeHead(answered.status, { "content-type": answered.type, connection: "close" }).end(answered.body);
}

function readRequest({ url = "/", headers }: IncomingMessage): UpgradeRequest {
  // Relative to a base of ours: the path of a request may be anything.
  const parsed = URL.parse(url, "ws://localhost");
  return { path: parsed?.pathname ?? url, query: parsed?.searchParams ?? new URLSearchParams(), headers };
}
