import { WebSocket } from "ws";
import type { LinkTarget } from "../../link/link.ts";
import { fieldsIn } from "../../testing/conformance/dialing.ts";
import { messageOf } from "../failure.ts";

/** What came of opening a WebSocket. */
export type Meeting =
  /** The server has shown that it is the one. */
  | { end: "greeted"; ms: number; senderId?: string }
  /** Open, and nothing more within the time. */
  | { end: "silent"; missing: string }
  | { end: "closed"; code: number; reason: string }
  | { end: "refused"; status: number }
  | { end: "failed"; error: unknown };

export interface Greeting {
  say?: string;
  /** The name of the frame that is waited for; without one a pong will do. */
  expect?: string;
}

/** Opens a WebSocket, exchanges a greeting and leaves. */
export async function dial(target: LinkTarget, { say, expect }: Greeting, timeoutMs: number): Promise<Meeting> {
  const startedAt = performance.now();
  return await visit<Meeting>(target, timeoutMs, {
    opened(socket) {
      if (say !== undefined) socket.send(say);
      if (expect === undefined) socket.ping();
    },
    ponged: () => (expect === undefined ? { end: "greeted", ms: since(startedAt) } : undefined),
    heard(text) {
      if (expect === undefined || nameOf(text) !== expect) return undefined;
      const senderId = fieldsIn(text)?.["senderId"];
      return { end: "greeted", ms: since(startedAt), ...(typeof senderId === "string" && { senderId }) };
    },
    ended: (meeting) => meeting,
    late: () => ({ end: "silent", missing: expect === undefined ? "a ping" : `with ${expect}` }),
  });
}

/** What became of one message on the websocket wire. */
export type Reply =
  | { end: "answered"; ms: number; acknowledgedMs?: number }
  | { end: "acknowledged"; ms: number }
  | { end: "pairing" }
  | { end: "failed"; error: string; code?: string }
  | { end: "unanswered" }
  /** The connection has ended, with the message sent. */
  | { end: "lost"; code: number; reason: string }
  | { end: "unconnected" };

/** What the library calls a connection that has ended without a close frame. */
const CUT = 1006;

/** Says one thing and waits for its end. */
export async function converse(target: LinkTarget, message: { messageId: string; content: string }, timeoutMs: number): Promise<Reply> {
  let startedAt = 0;
  let acknowledgedMs: number | undefined;
  return await visit<Reply>(target, timeoutMs, {
    opened(socket) {
      startedAt = performance.now();
      socket.send(JSON.stringify({ type: "chat.send", ...message }));
    },
    ponged: () => undefined,
    heard(text) {
      const fields = fieldsIn(text) ?? {};
      const { type, messageId, error, code } = fields;
      // A typing frame names its message to those alone who have greeted (WS-28).
      if (messageId !== message.messageId && type !== "chat.typing") return undefined;
      if (type === "chat.pairing") return { end: "pairing" };
      if (type === "chat.error") return { end: "failed", error: String(error), ...(typeof code === "string" && { code }) };
      if (type === "chat.response") return { end: "answered", ms: since(startedAt), ...(acknowledgedMs !== undefined && { acknowledgedMs }) };
      acknowledgedMs ??= since(startedAt);
      return undefined;
    },
    ended(how) {
      if (startedAt === 0) return { end: "unconnected" };
      return how.end === "closed" ? { end: "lost", code: how.code, reason: how.reason } : { end: "lost", code: CUT, reason: how.end === "failed" ? messageOf(how.error) : "" };
    },
    late: () => (acknowledgedMs === undefined ? { end: "unanswered" } : { end: "acknowledged", ms: acknowledgedMs }),
  });
}

/** What is made of what happens on a socket; the first outcome counts. */
interface Visit<Outcome> {
  opened(socket: WebSocket): void;
  ponged(): Outcome | undefined;
  heard(text: string): Outcome | undefined;
  ended(how: Exclude<Meeting, { end: "greeted" | "silent" }>): Outcome;
  /** The time is over on an open socket. */
  late(): Outcome;
}

async function visit<Outcome>({ url, headers }: LinkTarget, timeoutMs: number, { opened, ponged, heard, ended, late }: Visit<Outcome>): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const settle = (outcome: Outcome | undefined): void => (outcome === undefined ? undefined : resolve(outcome));
  let socket: WebSocket;
  try {
    socket = new WebSocket(url, { headers: { ...headers }, followRedirects: false, perMessageDeflate: false });
  } catch (error) {
    return ended({ end: "failed", error });
  }
  const timer = setTimeout(() => resolve(socket.readyState === WebSocket.OPEN ? late() : ended({ end: "failed", error: new Error(`no answer within ${timeoutMs / 1000} s`) })), timeoutMs);
  socket.on("open", () => opened(socket));
  socket.on("pong", () => settle(ponged()));
  socket.on("message", (data, isBinary) => (isBinary || !Buffer.isBuffer(data) ? undefined : settle(heard(data.toString()))));
  socket.on("unexpected-response", (_request, response) => {
    resolve(ended({ end: "refused", status: response.statusCode ?? 0 }));
    socket.terminate();
  });
  // Stays until the end: an error that nobody hears would end the process.
  socket.on("error", (error) => resolve(ended({ end: "failed", error })));
  socket.on("close", (code, reason) => resolve(ended({ end: "closed", code, reason: reason.toString() })));
  const outcome = await promise;
  clearTimeout(timer);
  leave(socket);
  return outcome;
}

function since(startedAt: number): number {
  return Math.round(performance.now() - startedAt);
}

/** Wires name a frame by `type`, ClawChat by `event`. */
export function nameOf(text: string): string | undefined {
  const fields = fieldsIn(text);
  const name = fields?.["type"] ?? fields?.["event"];
  return typeof name === "string" ? name : undefined;
}

function leave(socket: WebSocket): void {
  if (socket.readyState !== WebSocket.OPEN) return socket.terminate();
  socket.close(1000);
  setTimeout(() => socket.terminate(), 500).unref();
}
