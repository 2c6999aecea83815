import type { Socket, SocketClass } from "../client/shell.ts";

/** What passes through the sockets of a chat. */
export interface Ear {
  sent(text: string): void;
  received(data: unknown): void;
  opened(): void;
  closed(code: number, reason: string): void;
}

export interface Tap {
  readonly Socket: SocketClass;
  /** Says something by hand, beside the client. False without a connection. */
  say(text: string): boolean;
}

/** The platform's sockets, with somebody who listens: the client itself knows nothing of it. */
export function tapSockets(ear: Ear): Tap {
  let newest: WebSocket | undefined;

  class Tapped implements Socket {
    readonly #socket: WebSocket;

    constructor(url: string, protocols?: string[]) {
      const socket = new WebSocket(url, protocols);
      this.#socket = socket;
      newest = socket;
      // First of all listeners, so that a frame is shown before what comes of it.
      socket.addEventListener("open", () => ear.opened());
      socket.addEventListener("message", ({ data }) => ear.received(data));
      socket.addEventListener("close", ({ code, reason }) => ear.closed(code, reason));
    }

    send(text: string): void {
      ear.sent(text);
      this.#socket.send(text);
    }

    close(code?: number): void {
      this.#socket.close(code);
    }

    addEventListener(...[type, listener]: Parameters<Socket["addEventListener"]>): void {
      this.#socket.addEventListener(type, listener as (event: Event) => void);
    }
  }

  return {
    Socket: Tapped,
    say(text) {
      if (newest?.readyState !== WebSocket.OPEN) return false;
      ear.sent(text);
      newest.send(text);
      return true;
    },
  };
}
