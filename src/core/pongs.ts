/** What a `ws` socket has for it. */
interface PongSocket {
  readonly readyState: number;
  pong(payload: Buffer, mask: undefined, sent: () => void): void;
  terminate(): void;
}

const OPEN = 1;

/** The pongs of one socket. The host's `ws` would also answer a peer who reads none of them, and keep them all. */
export class Pongs {
  #unsent = 0;

  /** Ends the socket where `most` pongs have not left yet. */
  answer(socket: PongSocket, payload: Buffer, most: number): void {
    if (socket.readyState !== OPEN) return;
    if (this.#unsent >= most) return socket.terminate();
    this.#unsent += 1;
    socket.pong(payload, undefined, () => void (this.#unsent -= 1));
  }
}
