/** The WebSocket under a line: what `ws` offers, and all that is used of it. */
export interface LineSocket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(text: Buffer, options: { binary: false }, sent?: (error?: Error) => void): void;
  close(code: number, reason: string): void;
  terminate(): void;
  pause(): void;
  resume(): void;
  ping(): void;
}

/** The TCP socket under the WebSocket. */
export interface LineWire {
  readonly bytesRead: number;
  readonly errored: Error | null;
  once(event: "drain", listener: () => void): unknown;
}
