import { WebSocket, type RawData } from "ws";
import type { System } from "../../core/ports.ts";
import { Gate } from "./gate.ts";
import type { UpgradeRequest } from "./protocol.ts";

/** One socket that the plugin has opened. */
export interface SimulatorLink {
  /** 1 is the first one of this simulator. */
  readonly number: number;
  /** Empty before the link is through its handshake, where the protocol has one. */
  readonly account: string;
  readonly request: UpgradeRequest;
  readonly openedAt: number;
  readonly open: boolean;
  /** It is through its handshake. */
  readonly ready: boolean;
  /** Neither read nor written: the plugin cannot tell it from a dead one. */
  readonly stalled: boolean;
  /** WebSocket pings that the plugin has sent. */
  readonly pings: number;
  readonly closed: LinkClosed | undefined;
}

export interface LinkClosed {
  at: number;
  by: "plugin" | "server";
  /** 1006 where it ended without a close frame, 1005 where that had no code. */
  code: number;
  reason: string;
}

export interface LinkEvents {
  frame(data: Buffer, isBinary: boolean): void;
  closed(): void;
}

type Incoming = { kind: "frame"; data: Buffer; isBinary: boolean } | { kind: "ping"; data: Buffer };

/** `last` is followed by the end of the connection. */
type Outgoing = { data: string | Buffer; last?: true };

export class ServerLink implements SimulatorLink {
  readonly number: number;
  account = "";
  ready = false;
  readonly request: UpgradeRequest;
  readonly openedAt: number;
  pings = 0;
  closed: LinkClosed | undefined;
  stalled = false;
  /** When a pong came last; before one did, when it opened. */
  pongAt: number;
  readonly #socket: WebSocket;
  readonly #system: System;
  readonly #events: LinkEvents;
  readonly #incoming: Gate<Incoming>;
  readonly #outgoing: Gate<Outgoing>;

  constructor(socket: WebSocket, facts: Pick<SimulatorLink, "number" | "request">, events: LinkEvents, system: System) {
    this.number = facts.number;
    this.request = facts.request;
    this.openedAt = system.now();
    this.pongAt = this.openedAt;
    this.#socket = socket;
    this.#system = system;
    this.#events = events;
    this.#incoming = new Gate(system, (incoming) => this.#handle(incoming));
    this.#outgoing = new Gate(system, (outgoing) => this.#write(outgoing));
    socket.on("message", (data, isBinary) => this.#receive({ kind: "frame", data: bytesOf(data), isBinary }));
    socket.on("ping", (data) => this.#receive({ kind: "ping", data }));
    socket.on("pong", () => void (this.pongAt = system.now()));
    // How it ended is told by its close.
    socket.on("error", () => {});
    socket.on("close", (code, reason) => this.#end("plugin", code, reason.toString("utf8")));
  }

  get open(): boolean {
    return this.closed === undefined;
  }

  send(data: string | Buffer): void {
    this.#outgoing.put({ data });
  }

  /** Ends the connection without a close frame when this is on its way. */
  sendLast(data: string): void {
    this.#outgoing.put({ data, last: true });
  }

  /** Without a code, the close frame has none either. */
  close(code?: number, reason = ""): void {
    this.#socket.close(code, reason);
    this.#end("server", code ?? 1005, reason);
  }

  ping(): void {
    if (!this.stalled && this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
  }

  /** Ends the connection without a close frame. */
  drop(): void {
    this.#socket.terminate();
    this.#end("server", 1006, "");
  }

  stall(): void {
    this.stalled = true;
    this.#incoming.shut();
    this.#outgoing.shut();
    this.#socket.pause();
  }

  go(): void {
    this.stalled = false;
    this.#outgoing.open();
    this.#incoming.open();
    this.#readOn();
  }

  slow(ms: number): void {
    this.#incoming.slow(ms);
    this.#outgoing.slow(ms);
    this.#readOn();
  }

  /** What waits in the gate has been read already; the rest stays with the plugin, as it does with a slow server. */
  #receive(incoming: Incoming): void {
    this.#incoming.put(incoming);
    if (this.#incoming.waiting > 0) this.#socket.pause();
  }

  #handle(incoming: Incoming): void {
    if (incoming.kind === "frame") this.#events.frame(incoming.data, incoming.isBinary);
    else this.#answerPing(incoming.data);
    this.#readOn();
  }

  #answerPing(data: Buffer): void {
    this.pings += 1;
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.pong(data);
  }

  #readOn(): void {
    if (!this.stalled && this.#incoming.waiting === 0 && this.#socket.isPaused) this.#socket.resume();
  }

  #write({ data, last }: Outgoing): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(data, { binary: typeof data !== "string" }, () => (last ? this.drop() : undefined));
  }

  #end(by: LinkClosed["by"], code: number, reason: string): void {
    if (this.closed) return;
    this.closed = { at: this.#system.now(), by, code, reason };
    this.#incoming.clear();
    this.#outgoing.clear();
    this.#events.closed();
  }
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
