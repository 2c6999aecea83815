import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { WebSocket } from "ws";
import { decodeChatSent, type ChatSent } from "../../generated/websocket/index.ts";

export interface ClientOptions {
  senderId?: string;
  token?: string;
  /** Further query parameters. */
  query?: Readonly<Record<string, string>>;
}

export type Terminal = Extract<ChatSent, { type: "chat.response" | "chat.error" }>;

/** An application at the other end of the WebSocket channel. Every frame it gets must be one of the protocol's. */
export interface ChatClient {
  /** Everything received, in order. */
  readonly frames: readonly ChatSent[];
  /** Sends a `chat.send` and returns its `messageId`. */
  say(content: string, more?: Readonly<Record<string, unknown>>): string;
  sendText(text: string): void;
  /** The frames that carry this id. */
  framesOf(id: string): ChatSent[];
  /** The first frame, past or future, that fits. */
  waitFor(fits: (frame: ChatSent) => boolean, timeoutMs?: number): Promise<ChatSent>;
  /** The terminal frame of a message. */
  answer(id: string, timeoutMs?: number): Promise<Terminal>;
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Ends the connection without saying so. */
  vanish(): void;
  close(): Promise<void>;
}

export async function connectClient(url: string, options: ClientOptions = {}): Promise<ChatClient> {
  const address = new URL(url);
  if (options.senderId !== undefined) address.searchParams.set("senderId", options.senderId);
  for (const [name, value] of Object.entries(options.query ?? {})) address.searchParams.set(name, value);
  const socket = new WebSocket(address, { headers: options.token ? { authorization: `Bearer ${options.token}` } : {} });
  const frames: ChatSent[] = [];
  const listeners = new Set<() => void>();
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => {
      resolve({ code, reason: reason.toString("utf8") });
      notify();
    });
  });
  let broken: Error | undefined;

  function notify(): void {
    for (const listener of listeners) listener();
  }

  socket.on("message", (data) => {
    const text = Buffer.isBuffer(data) ? data.toString("utf8") : "";
    const decoded = decodeChatSent(text);
    if (decoded.ok) frames.push(decoded.value);
    else broken ??= new Error(`not a frame of the protocol (${JSON.stringify(decoded)}): ${text}`);
    notify();
  });

  async function waitFor(fits: (frame: ChatSent) => boolean, timeoutMs = 30_000): Promise<ChatSent> {
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

  await once(socket, "open");
  return {
    frames,
    say(content, more = {}) {
      const messageId = randomUUID();
      socket.send(JSON.stringify({ type: "chat.send", messageId, content, ...more }));
      return messageId;
    },
    sendText: (text) => socket.send(text),
    framesOf: (id) => frames.filter((frame) => "messageId" in frame && frame.messageId === id),
    waitFor,
    async answer(id, timeoutMs) {
      const found = await waitFor((frame) => isTerminal(frame) && frame.messageId === id, timeoutMs);
      if (!isTerminal(found)) throw new Error("unreachable");
      return found;
    },
    closed,
    vanish: () => socket.terminate(),
    async close() {
      socket.close(1000);
      await closed;
    },
  };
}

function isTerminal(frame: ChatSent): frame is Terminal {
  return frame.type === "chat.response" || frame.type === "chat.error";
}
