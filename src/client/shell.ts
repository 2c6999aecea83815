import type { Web } from "../core/web.ts";
import { ChatError } from "./error.ts";
import { newChat, step } from "./machine.ts";
import type { ChatEventName, ChatEvents, Effect, Event, Model, Outgoing, Setting, State, Timer, Told } from "./model.ts";
import type { PendingReply } from "./reply.ts";
import { protocolsFor } from "./token.ts";

/** What a socket tells. */
export interface SocketEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
}

/** What is needed of a `WebSocket`; those of browsers, of Node and of the package `ws` have it. */
export interface Socket {
  send(text: string): void;
  close(code?: number): void;
  addEventListener(type: "open" | "message" | "close" | "error", listener: (event: SocketEvent) => void): void;
}

export type SocketClass = new (url: string, protocols?: string[]) => Socket;

type Listeners = { readonly [Name in ChatEventName]?: Set<(event: ChatEvents[Name]) => void> };

export interface ShellOptions {
  readonly url: string;
  readonly setting: Setting;
  readonly token: () => string | Promise<string>;
  readonly Socket: SocketClass;
  readonly system: Web;
}

/** Owns the socket and the timers of a chat, and carries out what its machine decides. */
export class Shell {
  readonly #options: ShellOptions;
  readonly #events: Event[] = [];
  readonly #replies = new Map<string, PendingReply>();
  readonly #timers = new Map<Timer, () => void>();
  readonly #listeners: Listeners = {};
  #model: Model = newChat;
  #socket: Socket | undefined;
  #isBusy = false;

  constructor(options: ShellOptions) {
    this.#options = options;
  }

  get state(): State {
    return this.#model.state;
  }

  /** A listener of one event may cause the next: they are taken in order. */
  take(event: Event): void {
    this.#events.push(event);
    if (this.#isBusy) return;
    this.#isBusy = true;
    const { system, setting } = this.#options;
    try {
      for (let next = this.#events.shift(); next; next = this.#events.shift()) {
        const { model, effects } = step(this.#model, next, { now: system.now(), random: system.random() }, setting);
        this.#model = model;
        for (const effect of effects) this.#perform(effect);
      }
    } finally {
      this.#isBusy = false;
    }
  }

  send(reply: PendingReply, message: Outgoing): void {
    const { messageId } = message;
    if (this.#replies.has(messageId)) return reply.failed(new ChatError("bad_option", "A message with this messageId has no answer yet.", messageId));
    this.#replies.set(messageId, reply);
    this.take({ on: "send", message });
  }

  listen<Name extends ChatEventName>(name: Name, listener: (event: ChatEvents[Name]) => void): () => void {
    const known = this.#listeners as { [Each in Name]?: Set<(event: ChatEvents[Each]) => void> };
    const listeners = (known[name] ??= new Set());
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  #perform(effect: Effect): void {
    switch (effect.do) {
      case "ask-token":
        return void this.#askToken(effect.generation);
      case "dial":
        return this.#dial(effect.generation, effect.token);
      case "write":
        return this.#socket?.send(effect.text);
      case "hang-up":
        this.#socket?.close(effect.code);
        this.#socket = undefined;
        return;
      case "arm":
        this.#timers.get(effect.timer)?.();
        this.#timers.set(effect.timer, this.#options.system.after(effect.ms, () => this.take({ on: "timer", timer: effect.timer })));
        return;
      case "disarm":
        return this.#timers.get(effect.timer)?.();
      case "grow":
        return this.#replies.get(effect.messageId)?.grow(effect.text);
      case "answer":
        return this.#end(effect.answer.messageId)?.answered(effect.answer);
      case "fail":
        return this.#end(effect.messageId)?.failed(effect.error);
      case "tell":
        return this.#tell(effect);
    }
  }

  #end(messageId: string): PendingReply | undefined {
    const reply = this.#replies.get(messageId);
    this.#replies.delete(messageId);
    return reply;
  }

  /** Never rejects. */
  async #askToken(generation: number): Promise<void> {
    try {
      const token = await this.#options.token();
      this.take({ on: "token", generation, token });
    } catch (thrown) {
      this.take({ on: "no-token", generation, text: `The token function failed: ${thrown instanceof Error ? thrown.message : String(thrown)}` });
    }
  }

  #dial(generation: number, token: string | undefined): void {
    const socket = this.#open(token);
    if (typeof socket === "string") return this.take({ on: "ended", generation, code: 1006, reason: socket });
    this.#socket = socket;
    socket.addEventListener("open", () => this.take({ on: "opened", generation }));
    socket.addEventListener("message", ({ data }) => this.take({ on: "heard", generation, data }));
    // A close follows, and tells more.
    socket.addEventListener("error", () => {});
    socket.addEventListener("close", ({ code = 1006, reason = "" }) => this.take({ on: "ended", generation, code, reason }));
  }

  /** A page that came with TLS may not dial without. */
  #open(token: string | undefined): Socket | string {
    const { Socket, url } = this.#options;
    try {
      return new Socket(url, protocolsFor(token));
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : String(thrown);
    }
  }

  #tell({ name, event }: Told): void {
    const listeners: Iterable<(event: never) => void> = this.#listeners[name] ?? [];
    for (const listener of listeners) {
      try {
        listener(event as never);
      } catch (thrown) {
        // An application's fault is reported as its own, and stops nothing of ours.
        queueMicrotask(() => {
          throw thrown;
        });
      }
    }
  }
}
