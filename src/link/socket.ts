import type { LinkProfile, LinkTarget } from "./link.ts";

/** The WebSocket under a wire: what `ws` offers, and all that is used of it. */
export interface WireSocket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: Uint8Array, options: { binary: false }, sent: () => void): void;
  close(code: number, reason: string): void;
  terminate(): void;
  pause(): void;
  resume(): void;
  ping(payload: string): void;
}

/** What a socket says. After `closed` it says nothing more. */
export interface SocketEars {
  /** `bytes` counts what came on the network, unfinished frames included. */
  opened(bytes: { readonly bytesRead: number }): void;
  /** A frame came; undefined stands for a binary one. */
  received(text: string | undefined): void;
  ponged(payload: string): void;
  /** The upgrade was answered with this HTTP status. */
  refused(status: number): void;
  /** The last of these is why it will be closed. */
  failed(error: string): void;
  closed(code: number, reason: string): void;
}

/** Dials; may throw when the target is no address. */
export type Dial = (target: LinkTarget, profile: LinkProfile, ears: SocketEars) => WireSocket;
