import { type ClientOptions, type RawData, WebSocket } from "ws";

export interface Frame {
  type: string;
  messageId?: string;
  content?: string;
  error?: string;
  code?: string;
  done?: boolean;
  [field: string]: unknown;
}

/** An application at the other end of the wire, with everything it was sent. */
export interface Application {
  readonly socket: WebSocket;
  readonly frames: Frame[];
  /** Sends a frame, or text as it is. */
  send(frame: object | string): void;
  /** The first frame, past or future, that fits; rejects after `withinMs`. */
  waitFor(fits: (frame: Frame) => boolean, withinMs?: number): Promise<Frame>;
  /** The terminal frame of a message. */
  answerTo(messageId: string, withinMs?: number): Promise<Frame>;
  /** Settles when the connection is closed, by whom it may. */
  readonly closed: Promise<{ code: number; reason: string }>;
  close(): Promise<void>;
}

export interface ConnectOptions {
  query?: string | Record<string, string>;
  headers?: ClientOptions["headers"];
  protocols?: string[];
  origin?: string;
}

/** Dials; rejects when the upgrade itself is refused. */
export async function connect(url: string, { query, headers, protocols, origin }: ConnectOptions = {}): Promise<Application> {
  const target = query === undefined ? url : `${url}?${typeof query === "string" ? query : new URLSearchParams(query).toString()}`;
  const socket = new WebSocket(target, protocols ?? [], { ...(headers && { headers }), ...(origin !== undefined && { origin }) });
  const frames: Frame[] = [];
  const waiting = new Set<() => void>();
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => {
      resolve({ code, reason: reason.toString() });
      for (const look of waiting) look();
    });
  });
  socket.on("message", (data) => {
    frames.push(JSON.parse(textOf(data)) as Frame);
    for (const look of waiting) look();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  socket.on("error", () => {});

  const waitFor: Application["waitFor"] = (fits, withinMs = 5000) =>
    new Promise((resolve, reject) => {
      const stop = () => {
        waiting.delete(look);
        clearTimeout(timer);
      };
      const look = () => {
        const found = frames.find(fits);
        if (found) {
          stop();
          resolve(found);
        } else if (socket.readyState === WebSocket.CLOSED) {
          stop();
          reject(new Error(`closed before the frame came; got ${JSON.stringify(frames)}`));
        }
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`no such frame within ${withinMs} ms; got ${JSON.stringify(frames)}`));
      }, withinMs);
      waiting.add(look);
      look();
    });

  return {
    socket,
    frames,
    closed,
    waitFor,
    send: (frame) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
    answerTo: (messageId, withinMs) =>
      waitFor((frame) => frame.messageId === messageId && (frame.type === "chat.response" || frame.type === "chat.error"), withinMs),
    async close() {
      socket.close();
      await closed;
    },
  };
}

/** The text of a frame as `ws` gives it. */
export function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString();
}
