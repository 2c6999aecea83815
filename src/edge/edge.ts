import type { PageSource } from "./page.ts";

/** What the listening side offers and asks for. It carries text and knows no protocol. */
export interface EdgeOptions<Peer> {
  /** Named in errors and logs. */
  account: string;
  host: string;
  /** 0 takes any free port. */
  port: number;
  path: string;
  /** Web origins beside our own host, such as `https://app.example`. */
  allowedOrigins: readonly string[];
  /** The only subprotocol that is ever echoed; `bearer.<token>` offered beside it carries a token (WS-3). */
  subprotocol: string;
  maxPayload: number;
  maxConnections: number;
  /** HTTP upgrade and admission together. */
  handshakeMs: number;
  pingMs: number;
  deadAfterMs: number;
  closeMs: number;
  preAuthFrames: number;
  preAuthBytes: number;
  stalledBytes: number;
  stalledMs: number;
  coalesceBytes: number;
  /** Connections that may be in admission at once; `limits` has the defaults. */
  pendingTotal?: number;
  pendingPerAddress?: number;
  closings: EdgeClosings;
  /** Absent where people get no page. */
  page?: PageSource;
  /** Who is this? Asked once per connection, after the upgrade; `signal` aborts when the answer is no longer wanted. */
  admit(facts: UpgradeFacts, signal: AbortSignal): Promise<Admitted<Peer>>;
  /** The connection is open; returns who takes its frames. */
  opened(connection: Connection, peer: Peer): ConnectionHandler;
}

/** A close code with its reason. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** A close with what is said before it. */
export interface Refusal extends Closing {
  readonly frames?: readonly string[];
}

/** How connections end that the edge itself ends. The words are the wire document's. */
export interface EdgeClosings {
  /** `stop` was called (WS-31). */
  stopping: Closing;
  /** A binary frame came (WS-6). */
  binary: Closing;
  /** The Origin is neither ours nor allowed (WS-2). */
  origin: Closing;
  /** A cap on connections is reached (WS-2, WS-32). */
  crowded: Closing;
  /** Admission took longer than `handshakeMs`. */
  late: Refusal;
  /** More came during admission than is kept (WS-5). */
  flooded: Closing;
  /** No byte for `deadAfterMs` (WS-30). */
  idle: Closing;
  /** A callback of ours threw. */
  fault: Closing;
}

export interface UpgradeFacts {
  /** A repeated key shows all its values in `getAll`. */
  readonly query: ReadonlyQuery;
  readonly token?: { readonly value: string; readonly from: "header" | "subprotocol" | "query" };
  readonly origin?: string;
  readonly remoteAddress: string;
  readonly path: string;
}

export type ReadonlyQuery = Pick<URLSearchParams, "get" | "getAll" | "has" | "keys">;

export type Admitted<Peer> = { ok: true; peer: Peer } | ({ ok: false } & Refusal);

export interface ConnectionHandler {
  /** One text frame. The next one waits for a returned promise. A throw closes the connection. */
  frame(text: string): void | Promise<void>;
  /**
   * Once, and nothing after it. When the peer closed, the frames that came before are handled first; when we closed,
   * those still waiting are dropped.
   */
  closed(code: number, reason: string): void;
}

export interface Connection {
  readonly id: string;
  /** False from the moment either side begins to close. */
  readonly open: boolean;
  /** A frame is being handled, or waits to be. */
  readonly busy: boolean;
  /** More than `coalesceBytes` unsent: leave out what may be left out (WS-22). */
  readonly congested: boolean;
  /** Nothing happens when the connection is not open. */
  send(text: string): void;
  /**
   * True when the bytes were handed to the operating system on an open connection: at once where it takes them at once,
   * so that it can be written down before anything else runs. Never rejects.
   */
  sendFinal(text: string): boolean | Promise<boolean>;
  close(code: number, reason: string): void;
}

export interface Edge {
  readonly address: { readonly host: string; readonly port: number };
  /** Admitted ones and those in admission. */
  connections(): number;
  /** Resolves when every socket is closed and, for the last edge on it, the port is free (WS-31). */
  stop(): Promise<void>;
}
