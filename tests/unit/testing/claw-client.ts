import { once } from "node:events";
import { type ClientOptions, WebSocket } from "ws";

/** A frame, as far as a small client looks at it. */
export interface Frame {
  version?: string;
  event: string;
  trace_id?: string;
  emitted_at: number;
  chat_id?: string;
  chat_type?: string;
  sender?: { id: string; nick_name?: string };
  seq?: number;
  dseq?: number;
  payload: Payload;
}

export interface Payload {
  [name: string]: unknown;
  message_id?: string;
  nonce?: string;
  reason?: string;
  code?: string;
  ack_mode?: string;
  ack_epoch?: string;
  message?: { body: { fragments: { kind: string; text?: string }[] }; context: { mentions: unknown; reply: unknown } };
}

export interface Answer {
  status: number;
  code?: number;
  msg?: string;
  data?: Readonly<Record<string, unknown>>;
  text: string;
}

export const denseCapabilities = { device_replay: true, chat_meta_events: true, notify_signals: true, reliable_delivery: true, reliable_delivery_v2: true };

let count = 0;

/** An id of a message: `msg-` and a ULID. */
export function newMessageId(): string {
  count += 1;
  return `msg-01M2B7C9D1E3F5G7H9J1K3${String(count).padStart(4, "0")}`;
}

/** One socket of a client. */
export class ClawLink {
  readonly socket: WebSocket;
  readonly got: Frame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #looks = new Set<() => void>();
  epoch = "";
  /** The highest dseq that came. */
  dseq = 0;

  constructor(url: string, options: ClientOptions = {}) {
    this.socket = new WebSocket(url, options);
    this.socket.on("error", () => {});
    this.closed = new Promise((resolve) => void this.socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() })));
    this.socket.on("message", (data: Buffer) => {
      let frame: Frame;
      try {
        frame = JSON.parse(data.toString()) as Frame;
      } catch {
        return;
      }
      this.got.push(frame);
      if (typeof frame.dseq === "number") this.dseq = frame.dseq;
      for (const look of this.#looks) look();
    });
  }

  /** The first frame of this event, or one that fits. */
  async frame(event: string, fits: (frame: Frame) => boolean = () => true): Promise<Frame> {
    return this.until(() => this.got.find((frame) => frame.event === event && fits(frame)));
  }

  async until<Found>(look: () => Found | undefined): Promise<Found> {
    return new Promise((resolve) => {
      const tryIt = (): void => {
        const found = look();
        if (found === undefined) return;
        this.#looks.delete(tryIt);
        resolve(found);
      };
      this.#looks.add(tryIt);
      tryIt();
    });
  }

  events(): string[] {
    return this.got.map(({ event }) => event);
  }

  /** Sends a frame and returns its trace_id. */
  send(event: string, payload: object, more: object = {}): string {
    count += 1;
    const traceId = `trace-${count}`;
    this.socket.send(JSON.stringify({ version: "2", event, trace_id: traceId, emitted_at: 1_795_000_000_000 + count, ...more, payload }));
    return traceId;
  }

  /** Says hello; resolves with the answer of the server. */
  async hello(token: string, deviceId: string | undefined, capabilities: object = denseCapabilities): Promise<Frame> {
    const { payload } = await this.frame("connect.challenge");
    const traceId = this.send("connect", { token, nonce: payload.nonce, ...(deviceId !== undefined && { device_id: deviceId }), client_version: "1", protocol_version: 2, capabilities });
    const answer = await this.until(() => this.got.find((frame) => frame.trace_id === traceId));
    this.epoch = answer.payload.ack_epoch ?? "";
    return answer;
  }

  /** Acknowledges everything that came. */
  ack(dseq = this.dseq, epoch = this.epoch): void {
    this.send("message.sync_ack", { dseq, epoch });
  }

  say(chatId: string, text: string, { event = "message.send", messageId = newMessageId(), replyTo }: { event?: string; messageId?: string; replyTo?: string } = {}): { messageId: string; traceId: string } {
    const reply = replyTo === undefined ? null : { reply_to_msg_id: replyTo, reply_preview: null };
    const traceId = this.send(event, { message_id: messageId, message_mode: "normal", message: { body: { fragments: [{ kind: "text", text }] }, context: { mentions: [], reply } } }, { chat_id: chatId });
    return { messageId, traceId };
  }

  /** A whole answer, piece by piece, without its end. */
  stream(chatId: string, pieces: readonly string[], messageId = newMessageId()): string {
    this.send("message.created", { message_id: messageId, message_mode: "normal" }, { chat_id: chatId });
    let text = "";
    for (const [sequence, delta] of pieces.entries()) {
      text += delta;
      const streaming = { status: "streaming", sequence, mutation_policy: "append_text_only", started_at: null, completed_at: null };
      this.send("message.add", { message_id: messageId, sequence, mutation: { type: "append", target_fragment_index: 0 }, fragments: [{ kind: "text", text, delta }], streaming, added_at: 1 }, { chat_id: chatId });
    }
    return messageId;
  }

  end(chatId: string, messageId: string, text: string, { sequence, how = "done" }: { sequence: number; how?: "done" | "failed" }): void {
    const streaming = { status: how, sequence, mutation_policy: "append_text_only", started_at: null, completed_at: 2 };
    this.send(`message.${how}`, { message_id: messageId, fragments: [{ kind: "text", text }], streaming, completed_at: 2 }, { chat_id: chatId });
  }

  /** Ends without a close frame, as a crash does. */
  async crash(): Promise<void> {
    this.socket.terminate();
    await this.closed;
  }
}

/** Opens a socket; resolves when it is open. */
export async function openLink(url: string, options?: ClientOptions): Promise<ClawLink> {
  const link = new ClawLink(url, options);
  await once(link.socket, "open");
  return link;
}

/** One call; a body that is no JSON has no code. */
export async function call(url: string, { token, deviceId = "openclaw-test", body, headers = {} }: { token?: string; deviceId?: string; body?: unknown; headers?: Readonly<Record<string, string>> } = {}): Promise<Answer> {
  const json = body !== undefined && !(body instanceof FormData);
  const response = await fetch(url, {
    method: body === undefined ? "GET" : "POST",
    headers: { "x-device-id": deviceId, ...(token !== undefined && { authorization: `Bearer ${token}` }), ...(json && { "content-type": "application/json" }), ...headers },
    ...(body !== undefined && { body: body instanceof FormData ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  try {
    return { status: response.status, text, ...(JSON.parse(text) as object) };
  } catch {
    return { status: response.status, text };
  }
}
