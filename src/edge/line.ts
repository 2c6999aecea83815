import { describeThrown } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Log } from "../core/ports.ts";
import { clipReason } from "../core/close-reason.ts";
import type { Closing, Connection, ConnectionHandler, EdgeClosings, Refusal } from "./edge.ts";
import { isStalled } from "./heartbeat.ts";
import type { LineSocket, LineWire } from "./socket.ts";
import { type VitalBounds, Vitals } from "./vitals.ts";

/** What all lines of an edge share. */
export interface LineHome {
  readonly bounds: VitalBounds & { readonly coalesceBytes: number; readonly preAuthFrames: number; readonly preAuthBytes: number };
  readonly closings: EdgeClosings;
  readonly log: Log;
  /** The socket is closed. */
  gone(line: Line): void;
}

/** `draining`: the peer has closed, and frames that came before still wait for their turn. */
type Phase = "admitting" | "open" | "draining" | "closing" | "closed";

const OPEN = 1;
const TEXT = { binary: false } as const;

/**
 * One connection from upgrade to close: frames are kept during admission, then handled strictly one after the other;
 * a peer that sends faster than it is served, or does not read its answers, is not read from. A class without
 * closures, because there are thousands of it.
 */
export class Line implements Connection {
  readonly id: string;
  readonly #socket: LineSocket;
  readonly #wire: LineWire;
  readonly #home: LineHome;
  readonly #slot: number;
  readonly #vitals: Vitals;
  #phase: Phase = "admitting";
  #handler: ConnectionHandler | undefined;
  #ending: Closing | undefined;
  #waiting: string[] | undefined;
  #heldBytes = 0;
  #busy = false;
  #clogged = false;
  #paused = false;
  #doomed = false;

  /** `slot` spreads the pings of many lines over the ticks of one interval. */
  constructor(id: string, slot: number, socket: LineSocket, wire: LineWire, home: LineHome, now: number) {
    this.id = id;
    this.#slot = slot;
    this.#socket = socket;
    this.#wire = wire;
    this.#home = home;
    this.#vitals = new Vitals(now);
  }

  get open(): boolean {
    return this.#phase === "open" && this.#socket.readyState === OPEN;
  }

  get busy(): boolean {
    return this.#busy || this.#waiting !== undefined;
  }

  get congested(): boolean {
    return this.#socket.bufferedAmount > this.#home.bounds.coalesceBytes;
  }

  send(text: string): void {
    if (this.open) this.#put(text);
  }

  sendFinal(text: string): boolean | Promise<boolean> {
    if (!this.open) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#put(text, (error) => resolve(!error));
    // The callback comes when all that waits in this process has run, and what has gone out is out by then.
    const hasLeft = this.#socket.bufferedAmount === 0 && this.#wire.errored === null;
    return hasLeft ? true : promise;
  }

  close(code: number, reason: string): void {
    if (this.#phase === "closing" || this.#phase === "closed") return;
    if (this.#phase === "draining") {
      this.#waiting = undefined;
      return;
    }
    this.#phase = "closing";
    this.#ending = { code, reason: clipReason(reason) };
    this.#waiting = undefined;
    try {
      this.#socket.close(code, this.#ending.reason);
    } catch (thrown) {
      // A code that may not be on the wire; the connection has to end all the same.
      this.#home.log.error(`connection ${this.id}: cannot close with ${code}: ${describeThrown(thrown)}`);
      this.#socket.terminate();
    }
    this.#readOn();
  }

  /** Says what the refusal says, then closes. What the peer sent so far is never handled (WS-5). */
  refuse(refusal: Refusal): void {
    if (this.#phase !== "admitting") return;
    for (const frame of refusal.frames ?? []) this.#put(frame);
    this.close(refusal.code, refusal.reason);
  }

  /** The peer is known: frames kept so far are handled in order, then what comes (WS-5). */
  admit(open: (connection: Connection) => ConnectionHandler): void {
    if (this.#phase !== "admitting") return;
    this.#phase = "open";
    try {
      this.#handler = open(this);
    } catch (thrown) {
      return this.#fail(thrown);
    }
    this.#advance();
  }

  /** A frame came; undefined stands for a binary one. */
  received(text: string | undefined): void {
    if (this.#phase !== "open" && this.#phase !== "admitting") return;
    if (text === undefined) return this.#closeWith(this.#home.closings.binary);
    if (this.#phase === "admitting") return this.#hold(text);
    if (this.#busy) return this.#queue(text);
    this.#handle(text);
  }

  /** Bytes of frames, finished or not, came during admission: what will not be kept need not be read to its end. */
  receivedUnadmitted(totalBytes: number): void {
    if (this.#phase === "admitting" && totalBytes > 2 * this.#home.bounds.preAuthBytes) this.#closeWith(this.#home.closings.flooded);
  }

  socketFailed(why: string): void {
    this.#home.log.debug(`connection ${this.id}: ${why}`);
  }

  socketClosed(code: number, reason: string): void {
    if (this.#phase === "closed" || this.#phase === "draining") return;
    const isDraining = this.#phase === "open" && (this.#busy || this.#waiting !== undefined);
    this.#ending ??= { code, reason };
    this.#phase = isDraining ? "draining" : "closed";
    this.#home.gone(this);
    if (!isDraining) this.#finish();
  }

  /** One look at the connection: is it alive (WS-30), does it read (WS-22)? */
  look(tick: number, lastTickAt: number, now: number): void {
    if (this.#doomed) return this.#socket.terminate();
    if (this.#phase !== "open" && this.#phase !== "admitting") return;
    const { bounds, closings, log } = this.#home;
    const isDeaf = this.#paused && !this.#clogged;
    const reading = { bytesRead: this.#wire.bytesRead, unsentBytes: this.#socket.bufferedAmount, isDeaf };
    const state = this.#vitals.check(reading, lastTickAt, now, bounds);
    if (state === "stuck") {
      log.warn(`connection ${this.id} does not read: ${reading.unsentBytes} bytes unsent, terminated`);
      return this.#socket.terminate();
    }
    if (state === "dead") {
      this.#doomed = true;
      return this.#closeWith(closings.idle);
    }
    const { ticksPerPing } = bounds.pace;
    const isTurn = tick % ticksPerPing === this.#slot % ticksPerPing;
    if (isTurn || isStalled(lastTickAt, now, bounds.pace)) this.#socket.ping();
  }

  /** As bytes, so that what is unsent is counted in bytes. */
  #put(text: string, sent?: (error?: Error) => void): void {
    this.#socket.send(Buffer.from(text), TEXT, sent);
  }

  #hold(text: string): void {
    const { bounds, closings } = this.#home;
    this.#waiting ??= [];
    this.#heldBytes += Buffer.byteLength(text);
    if (this.#waiting.length >= bounds.preAuthFrames || this.#heldBytes > bounds.preAuthBytes) return this.#closeWith(closings.flooded);
    this.#waiting.push(text);
  }

  #queue(text: string): void {
    this.#waiting ??= [];
    this.#waiting.push(text);
    if (this.#waiting.length > limits.edgeWaitingFrames) this.#stopReading();
  }

  #handle(text: string): void {
    let handling: void | Promise<void>;
    try {
      handling = this.#handler?.frame(text);
    } catch (thrown) {
      return this.#fail(thrown);
    }
    if (handling) void this.#await(handling);
    // What is asked of us while answers pile up would pile up more of them.
    if (this.#socket.bufferedAmount > this.#home.bounds.stalledBytes) this.#clog();
  }

  async #await(handling: Promise<void>): Promise<void> {
    this.#busy = true;
    try {
      await handling;
    } catch (thrown) {
      this.#busy = false;
      return this.#fail(thrown);
    }
    this.#busy = false;
    this.#advance();
  }

  /** Handles what waits, until a handler takes its time or nothing is left. */
  #advance(): void {
    while (!this.#busy && this.#waiting !== undefined) {
      const next = this.#waiting.shift();
      if (this.#waiting.length === 0) this.#waiting = undefined;
      if (next !== undefined) this.#handle(next);
    }
    if (this.#busy) return;
    if (this.#phase === "draining") this.#finish();
    else this.#readOn();
  }

  #fail(thrown: unknown): void {
    this.#home.log.error(`connection ${this.id}: a frame could not be handled: ${describeThrown(thrown)}`);
    this.#waiting = undefined;
    if (this.#phase === "draining") this.#finish();
    else this.#closeWith(this.#home.closings.fault);
  }

  #finish(): void {
    this.#phase = "closed";
    const handler = this.#handler;
    this.#handler = undefined;
    try {
      handler?.closed(this.#ending?.code ?? 1006, this.#ending?.reason ?? "");
    } catch (thrown) {
      this.#home.log.error(`connection ${this.id}: its end could not be handled: ${describeThrown(thrown)}`);
    }
  }

  #closeWith({ code, reason }: Closing): void {
    this.close(code, reason);
  }

  #clog(): void {
    if (this.#clogged) return;
    this.#clogged = true;
    this.#stopReading();
    this.#wire.once("drain", () => {
      this.#clogged = false;
      this.#readOn();
    });
  }

  #stopReading(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#socket.pause();
  }

  /** Also when closing: the peer's close frame has to be read. */
  #readOn(): void {
    if (!this.#paused || (this.#phase === "open" && (this.#busy || this.#clogged || this.#waiting !== undefined))) return;
    this.#paused = false;
    this.#socket.resume();
  }
}
