import { WebSocket, type RawData } from "ws";
import { system } from "../../core/system.ts";
import { Waiters } from "../simulator/waiters.ts";
import { Unseen } from "./check.ts";

export interface DialOptions {
  headers?: Readonly<Record<string, string>>;
  protocols?: readonly string[];
  origin?: string;
}

export interface Received {
  at: number;
  text: string;
  binary: boolean;
  /** The JSON object in it; undefined where there is none. */
  fields: Readonly<Record<string, unknown>> | undefined;
}

export type Sent = string | Buffer | object;

/** The kit's end of a connection that it has dialed. */
export interface Dialed {
  /** Of the upgrade that was accepted, else of the refusal. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly protocol: string;
  readonly received: readonly Received[];
  readonly pings: number;
  readonly closed: { code: number; reason: string } | undefined;
  send(frame: Sent): void;
  ping(): void;
  readonly pongs: number;
  /** Undefined where it did not come in time, or cannot any more. */
  until<Found>(look: () => Found | undefined, timeoutMs: number): Promise<Found | undefined>;
  pause(ms: number): Promise<void>;
  /** Begins the closing handshake, and does not wait for its end. */
  leave(): void;
  /** Ends the connection without saying so. */
  vanish(): void;
  close(): Promise<void>;
}

/** Told of every text that crosses. */
export interface Witness {
  sent(text: string): void;
  received(frame: Received): void;
}

/** Resolves when the server has let the connection in or turned it away; a server that is not there is no verdict. */
export async function dial(url: string, { headers = {}, protocols = [], origin }: DialOptions, witness: Witness, timeoutMs: number): Promise<Dialed> {
  const socket = new WebSocket(url, [...protocols], { headers, handshakeTimeout: timeoutMs, followRedirects: false, ...(origin !== undefined && { origin }) });
  const waiters = new Waiters(system);
  const received: Received[] = [];
  let closed: Dialed["closed"];
  let answer: Pick<Dialed, "status" | "headers"> | undefined;
  let trouble: unknown;
  let pings = 0;
  let pongs = 0;
  const happened = (change: () => void) => (): void => {
    change();
    waiters.look();
  };
  socket.on("upgrade", (response) => (answer = { status: response.statusCode ?? 0, headers: response.headers }));
  socket.on("unexpected-response", (request, response) => {
    answer = { status: response.statusCode ?? 0, headers: response.headers };
    closed = { code: 1006, reason: "" };
    waiters.look();
    request.destroy();
  });
  socket.on("message", (data, binary) => {
    const text = bytesOf(data).toString(binary ? "base64" : "utf8");
    const frame = { at: system.now(), text, binary, fields: binary ? undefined : fieldsIn(text) };
    received.push(frame);
    witness.received(frame);
    waiters.look();
  });
  socket.on("error", (cause) => happened(() => (trouble ??= cause))());
  socket.on("close", (code, reason) => happened(() => (closed ??= { code, reason: reason.toString("utf8") }))());
  socket.on("ping", happened(() => (pings += 1)));
  socket.on("pong", happened(() => (pongs += 1)));
  socket.on("open", () => waiters.look());
  // The socket gives up by itself after its own time.
  await waiters.until(() => (socket.readyState === WebSocket.OPEN || closed !== undefined ? true : undefined), () => "an answer", timeoutMs + 1000).catch(() => false);
  if (!answer) throw new Unseen(`nobody answered the upgrade: ${trouble instanceof Error ? trouble.message : "the connection ended"}`);
  const { status, headers: answered } = answer;

  return {
    status,
    headers: answered,
    protocol: socket.protocol,
    received,
    get pings() {
      return pings;
    },
    get pongs() {
      return pongs;
    },
    get closed() {
      return closed;
    },
    send(frame) {
      const data = typeof frame === "string" || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame);
      witness.sent(typeof data === "string" ? data : `(binary, ${data.length} bytes)`);
      // A closed socket takes nothing; that it is closed is what the check then sees.
      if (socket.readyState === WebSocket.OPEN) socket.send(data);
    },
    ping: () => socket.ping(),
    async until(look, timeoutMs) {
      const outcome = await waiters.until(
        () => {
          const found = look();
          if (found !== undefined) return { found };
          return closed ? { found: undefined } : undefined;
        },
        () => "it",
        timeoutMs,
      ).catch(() => ({ found: undefined }));
      return outcome.found;
    },
    pause: (ms) => waiters.pause(ms),
    leave: () => socket.close(1000),
    vanish: () => socket.terminate(),
    async close() {
      if (closed) return;
      socket.close(1000);
      const isGone = await waiters.until(() => (closed ? true : undefined), () => "the end", 1000).catch(() => false);
      if (!isGone) socket.terminate();
    },
  };
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

export function fieldsIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
