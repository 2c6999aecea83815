import { WebSocket } from "ws";
import { checkFromServer } from "../../src/testing/conformance/websocket/subject.ts";
import type { Event } from "./checker.ts";
import { unasked } from "./process.ts";

/** How soon it notices and does things, in ms. */
export interface Patience {
  pingMs: number;
  deadAfterMs: number;
  handshakeMs: number;
  /** Between two connections. */
  againMs: number;
  /** After an error the same is asked again. */
  retryMs: number;
}

/** Of one who lives for a second. */
const haste: Patience = { pingMs: 100, deadAfterMs: 400, handshakeMs: 600, againMs: 30, retryMs: 120 };
/** A message that is answered with an error so often is answered with it. */
const MOST_ERRORS = 3;

export interface ApplicationOptions {
  user: string;
  url(): string;
  /** Whether it asks for extensions: then frames name the message they are about, and one that types is on disk. */
  extended: boolean;
  patience?: Patience;
  happened(event: Event): void;
  note(line: string): void;
}

interface Asked {
  id: string;
  isSent: boolean;
  errors: number;
  isOver: boolean;
}

/** An application at the other end of the WebSocket channel that sends again, with the same id, what has no answer. */
export class Application {
  /** Connections that opened. */
  links = 0;
  readonly #options: ApplicationOptions;
  readonly #asked: Asked[] = [];
  #socket: WebSocket | undefined;
  #isStopped = false;
  readonly #patience: Patience;
  #timers = new Set<NodeJS.Timeout>();

  constructor(options: ApplicationOptions) {
    this.#options = options;
    this.#patience = options.patience ?? haste;
    this.#connect();
  }

  get isWaiting(): boolean {
    return this.#asked.some(({ isOver }) => !isOver);
  }

  say(id: string): void {
    const asked: Asked = { id, isSent: false, errors: 0, isOver: false };
    this.#asked.push(asked);
    this.#options.happened({ is: "said", id, by: this.#options.user });
    this.#ask(asked);
  }

  /** Whatever it has had for an answer. */
  repeat(id: string): void {
    const asked = this.#asked.find((each) => each.id === id);
    if (asked?.isSent) this.#ask(asked);
  }

  /** Asks everything once more, answered or not. */
  repeatAll(): void {
    for (const asked of this.#asked) {
      asked.isOver = false;
      asked.errors = 0;
      this.#ask(asked);
    }
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#socket?.terminate();
  }

  #after(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
  }

  #connect(): void {
    const { user, url, extended, note } = this.#options;
    const { pingMs, deadAfterMs, handshakeMs, againMs } = this.#patience;
    const socket = new WebSocket(url(), ["openclaw.chat.v1"], { headers: { authorization: `Bearer token-${user}` }, handshakeTimeout: handshakeMs, perMessageDeflate: false });
    this.#socket = socket;
    /** Messages whose answer this connection has had since they were asked last. */
    const answered = new Set<string>();
    let heardAt = performance.now();
    const hear = (): void => void (heardAt = performance.now());
    const lookAround = (): void => {
      if (socket !== this.#socket) return;
      if (performance.now() - heardAt > deadAfterMs) return socket.terminate();
      socket.ping();
      this.#after(pingMs, lookAround);
    };
    socket.on("open", () => {
      this.links += 1;
      note(`${user} is connected`);
      hear();
      lookAround();
      if (extended) socket.send(JSON.stringify({ type: "chat.hello", extensions: ["thoughts", "activity"] }));
      for (const asked of this.#asked) if (!asked.isOver) this.#ask(asked);
    });
    socket.on("ping", hear);
    socket.on("pong", hear);
    socket.on("message", (data: Buffer) => {
      hear();
      // What a connection says that was given up is read by nobody.
      if (socket === this.#socket && !this.#isStopped) this.#read(data.toString(), answered);
    });
    socket.on("error", () => {});
    socket.on("close", (code) => {
      note(`${user} was closed with ${code}`);
      if (socket !== this.#socket || this.#isStopped) return;
      this.#socket = undefined;
      this.#after(againMs, () => this.#connect());
    });
  }

  #ask(asked: Asked): void {
    const { happened, user } = this.#options;
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    if (asked.isSent) happened({ is: "asked-again", id: asked.id });
    asked.isSent = true;
    this.#socket.send(JSON.stringify({ type: "chat.send", messageId: asked.id, content: `question ${asked.id}`, senderId: user }));
  }

  #read(text: string, answered: Set<string>): void {
    const { happened, note, user } = this.#options;
    note(`plugin to ${user}: ${text}`);
    const check = checkFromServer(text);
    if (!check.ok) happened({ is: "broke", text: `${check.path} ${check.detail}: ${text}` });
    const frame = JSON.parse(text) as { type: string; messageId?: string; content?: string; error?: string };
    const { type, messageId: id } = frame;
    if (id === undefined) return;
    if (type === "chat.response" || type === "chat.error") return this.#end(id, frame, answered);
    // WS-13.
    if (answered.has(id)) happened({ is: "broke", text: `${type} comes after the end of ${id}`, id });
    happened({ is: "acknowledged", id });
  }

  #end(id: string, { type, content = "", error = "" }: { type: string; content?: string; error?: string }, answered: Set<string>): void {
    const { happened, user } = this.#options;
    const asked = this.#asked.find((each) => each.id === id);
    // Said unasked, by a host that goes on by itself with a turn that was cut.
    if (!asked && type === "chat.response") return happened(unasked(user, content));
    happened({ is: "seen", id, to: user, how: type === "chat.response" ? "whole" : "error", text: type === "chat.response" ? content : error });
    if (!asked) return;
    if (type === "chat.response") {
      answered.add(id);
      asked.isOver = true;
      return;
    }
    asked.errors += 1;
    if (asked.errors >= MOST_ERRORS) asked.isOver = true;
    else this.#after(this.#patience.retryMs, () => this.#ask(asked));
  }
}
