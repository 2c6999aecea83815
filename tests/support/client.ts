import { randomUUID } from "node:crypto";
import { type ClientOptions as SocketOptions, type RawData, WebSocket } from "ws";
import { decodeChatSent } from "../../generated/websocket/index.ts";

export interface ClientOptions {
  senderId?: string;
  token?: string;
  /** The query string, or its parameters; `senderId` is added to them. */
  query?: string | Readonly<Record<string, string>>;
  headers?: SocketOptions["headers"];
  protocols?: string[];
  origin?: string;
}

/** A frame of the plugin, read without looking its type up first. */
export interface Frame {
  type: string;
  messageId?: string;
  content?: string;
  error?: string;
  code?: string;
  done?: boolean;
  [field: string]: unknown;
}

/** An application at the other end of the WebSocket channel. Every frame it gets must be one of the protocol's. */
export interface ChatClient {
  readonly socket: WebSocket;
  /** Everything received, in order. */
  readonly frames: readonly Frame[];
  /** Sends a `chat.send` and returns its `messageId`. */
  say(content: string, more?: Readonly<Record<string, unknown>>): string;
  /** Sends a frame, or text as it is. */
  send(frame: object | string): void;
  /** The frames that carry this id. */
  framesOf(id: string): Frame[];
  /** The first frame, past or future, that fits. */
  waitFor(fits: (frame: Frame) => boolean, timeoutMs?: number): Promise<Frame>;
  /** The terminal frame of a message. */
  answer(id: string, timeoutMs?: number): Promise<Frame>;
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Ends the connection without saying so. */
  vanish(): void;
  close(): Promise<void>;
}

/** Dials; rejects when the upgrade itself is refused. */
export async function connectClient(url: string, options: ClientOptions = {}): Promise<ChatClient> {
  const { headers, protocols = [], origin, token } = options;
  const socket = new WebSocket(addressOf(url, options), protocols, {
    headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    ...(origin !== undefined && { origin }),
  });
  const frames: Frame[] = [];
  const listeners = new Set<() => void>();
  let broken: Error | undefined;
  const notify = () => {
    for (const listener of listeners) listener();
  };
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => {
      resolve({ code, reason: reason.toString("utf8") });
      notify();
    });
  });
  socket.on("message", (data) => {
    const text = textOf(data);
    const decoded = decodeChatSent(text);
    if (decoded.ok) frames.push(JSON.parse(text) as Frame);
    else broken ??= new Error(`not a frame of the protocol (${JSON.stringify(decoded)}): ${text}`);
    notify();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  // What goes wrong later shows in how the connection closes.
  socket.on("error", () => {});

  async function waitFor(fits: (frame: Frame) => boolean, timeoutMs = 30_000): Promise<Frame> {
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        clearTimeout(timer);
        listeners.delete(look);
        settle();
      };
      const look = (): void => {
        const found = frames.find(fits);
        if (broken) done(() => reject(broken));
        else if (found) done(() => resolve(found));
        else if (socket.readyState === WebSocket.CLOSED) done(() => reject(new Error(`the connection was closed; got ${JSON.stringify(frames)}`)));
      };
      const timer = setTimeout(() => done(() => reject(new Error(`no such frame within ${timeoutMs} ms; got ${JSON.stringify(frames)}`))), timeoutMs);
      listeners.add(look);
      look();
    });
  }

  const send = (frame: object | string) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  return {
    socket,
    frames,
    send,
    say(content, more = {}) {
      const frame = { type: "chat.send", messageId: randomUUID(), content, ...more };
      send(frame);
      return frame.messageId;
    },
    framesOf: (id) => frames.filter(({ messageId }) => messageId === id),
    waitFor,
    answer: (id, timeoutMs) => waitFor((frame) => isTerminal(frame) && frame.messageId === id, timeoutMs),
    closed,
    vanish: () => socket.terminate(),
    async close() {
      socket.close(1000);
      await closed;
    },
  };
}

/** The text of a frame as `ws` gives it. */
export function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString();
}

function addressOf(url: string, { query, senderId }: ClientOptions): string {
  if (typeof query === "string") return `${url}?${query}`;
  const parameters = new URLSearchParams({ ...query, ...(senderId !== undefined && { senderId }) }).toString();
  return parameters === "" ? url : `${url}?${parameters}`;
}

function isTerminal({ type }: Frame): boolean {
  return type === "chat.response" || type === "chat.error";
}
