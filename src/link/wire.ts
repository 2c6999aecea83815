import { clipReason } from "../core/close-reason.ts";
import { describeThrown } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Log, System } from "../core/ports.ts";
import type { LossCause } from "./close-policy.ts";
import { look, type Pace, type Pulse, setPace, startPulse } from "./heartbeat.ts";
import { Inbox } from "./inbox.ts";
import type { Arrival, Frame, LinkHandler, LinkProfile } from "./link.ts";
import { Outbox } from "./outbox.ts";
import type { SocketEars, WireSocket } from "./socket.ts";
import type { SocketEvent } from "./supervision.ts";

/** What a wire has of its link. */
export interface WireHome {
  /** The numbers may change while it is open. */
  profile(): LinkProfile;
  readonly handler: LinkHandler;
  readonly system: System;
  readonly log: Log;
  tell(event: SocketEvent): void;
  /** Without the secrets of the target. */
  hide(text: string): string;
}

/** `draining`: the socket is gone, and frames that came on it still wait for their turn. */
type Phase = "dialing" | "open" | "closing" | "draining" | "gone";

const OPEN = 1;
const TEXT = { binary: false } as const;

/** One socket from the dial until nothing of it is left. */
export class Wire implements SocketEars {
  readonly #home: WireHome;
  readonly #inbox: Inbox;
  readonly #outbox = new Outbox({ bytes: limits.linkOutboxBytes, frames: limits.linkOutboxFrames });
  readonly #finals = new Map<number, (arrival: Arrival) => void>();
  /** By the number of their ping. */
  readonly #echoes = new Map<number, (isAnswered: boolean) => void>();
  #socket: WireSocket | undefined;
  #bytes: { readonly bytesRead: number } = { bytesRead: 0 };
  #sawBinary = false;
  #phase: Phase = "dialing";
  #isAdmitted = false;
  #refusedWith: number | undefined;
  #error: string | undefined;
  #end: { code: number; reason: string } | undefined;
  #pulse: Pulse;
  #cancelLook = () => {};
  #heardAt: number | undefined;
  #bytesHanded = 0;
  #lastFinal = 0;
  /** For how long a pong has been missing that nothing of ours stands before. */
  #unprovenMs = 0;
  #lastPong = 0;
  #answersPings = true;
  #takesRest = false;

  constructor(home: WireHome) {
    this.#home = home;
    this.#pulse = startPulse(home.system.now());
    this.#inbox = new Inbox((text) => home.handler.frame(text), {
      full: () => this.#socket?.pause(),
      free: () => this.#socket?.resume(),
      empty: () => this.#drained(),
      failed: (thrown) => this.#fault("a frame", thrown),
    });
  }

  /** The socket that was dialed for it. */
  attach(socket: WireSocket): void {
    this.#socket = socket;
  }

  get open(): boolean {
    return this.#phase === "open" && this.#socket?.readyState === OPEN;
  }

  get congested(): boolean {
    return this.#unsentBytes > limits.linkCongestedBytes;
  }

  get heardAt(): number | undefined {
    return this.#heardAt;
  }

  /** The link has taken the open socket over. */
  admit(): void {
    this.#phase = "open";
    this.#isAdmitted = true;
    this.#hear();
    this.#pulse = startPulse(this.#home.system.now(), this.#bytes.bytesRead);
    this.#lookLater(this.#pace);
    try {
      this.#home.handler.opened();
    } catch (thrown) {
      this.#fault("the opening", thrown);
    }
  }

  send({ text, key }: Frame): void {
    if (!this.open) return;
    if (!this.#outbox.add({ data: Buffer.from(text), key })) this.#home.log.debug("a frame was left out: too much waits to be sent");
    this.#pump();
  }

  sendFinal(frames: readonly Frame[]): Promise<Arrival> {
    this.#lastFinal += 1;
    const final = this.#lastFinal;
    const encoded = frames.map(({ text, key }) => ({ data: Buffer.from(text), key }));
    if (!this.open || !this.#outbox.addFinal(final, encoded)) return Promise.resolve("unsent");
    const arrival = new Promise<Arrival>((resolve) => void this.#finals.set(final, resolve));
    // What a dead peer's socket swallows is neither sent nor known to be lost.
    if (this.#answersPings && this.#isQuiet && !this.#outbox.isHeld) this.#ping(this.#outbox.hold());
    this.#pump();
    return arrival;
  }

  /** Whether the peer answers a ping; false where the socket is gone before it does. */
  echo(): Promise<boolean> {
    if (!this.open) return Promise.resolve(false);
    const number = this.#outbox.nextPing();
    const echo = new Promise<boolean>((resolve) => void this.#echoes.set(number, resolve));
    this.#ping(number);
    return echo;
  }

  close(code: number, reason: string): void {
    if (this.#phase !== "open" || !this.#socket) return this.terminate();
    this.#pump(Infinity);
    this.#startClosing();
    this.#takesRest = code === 1000;
    try {
      this.#socket.close(code, clipReason(reason));
    } catch (thrown) {
      // A code that may not be on the wire; the connection has to end all the same.
      this.#home.log.error(`cannot close with ${code}: ${describeThrown(thrown)}`);
      this.#socket.terminate();
    }
    // The peer's close frame has to be read.
    this.#socket.resume();
  }

  terminate(): void {
    if (this.#phase === "gone" || this.#phase === "draining") return;
    this.#startClosing();
    this.#socket?.terminate();
  }

  /** Ends it without waiting for anything. Tells nobody but the handler. */
  drop(): void {
    if (this.#phase === "gone") return;
    this.#startClosing();
    const left = this.#inbox.clear();
    if (left > 0) this.#home.log.warn(`${left} frames were not handled: the one before them takes too long`);
    this.#socket?.terminate();
    this.#settleFinals();
    this.#finish();
  }

  opened(bytes: { readonly bytesRead: number }): void {
    this.#bytes = bytes;
    if (this.#phase === "dialing") this.#home.tell({ on: "opened" });
  }

  received(text: string | undefined): void {
    if (this.#phase !== "open" && !(this.#phase === "closing" && this.#takesRest)) return;
    this.#hear();
    if (text !== undefined) this.#inbox.add(text);
    else if (this.#home.profile().binary === "close") this.#home.tell({ on: "broken", how: "binary" });
    else this.#noteBinary();
  }

  #noteBinary(): void {
    const text = "the server sent a binary frame, which is ignored";
    if (this.#sawBinary) this.#home.log.debug(text);
    else this.#home.log.warn(text);
    this.#sawBinary = true;
  }

  ponged(payload: string): void {
    if (this.#phase === "gone") return;
    this.#hear();
    if (this.#isNews(payload)) {
      this.#unprovenMs = 0;
      this.#answersPings = true;
    }
    if (/^\d{1,15}$/.test(payload)) {
      for (const final of this.#outbox.pong(Number(payload))) this.#settle(final, "arrived");
      this.#settleEchoes(true, Number(payload));
    }
    this.#pump();
  }

  /** A pong answers all pings before it too. */
  #settleEchoes(isAnswered: boolean, last = Infinity): void {
    for (const [number, settle] of this.#echoes) {
      if (number > last) continue;
      this.#echoes.delete(number);
      settle(isAnswered);
    }
  }

  #isNews(payload: string): boolean {
    const number = /^\d{1,15}$/.test(payload) ? Number(payload) : 0;
    if (number <= this.#lastPong) return false;
    this.#lastPong = number;
    return true;
  }

  refused(status: number): void {
    this.#refusedWith = status;
  }

  failed(error: string): void {
    this.#error = this.#home.hide(error);
  }

  closed(code: number, reason: string): void {
    if (this.#phase === "gone" || this.#phase === "draining") return;
    this.#end = { code, reason: this.#home.hide(reason) };
    this.#phase = "draining";
    this.#cancelLook();
    this.#settleFinals();
    this.#home.tell({ on: "lost", cause: this.#explain(this.#end) });
    if (this.#inbox.isEmpty) this.#drained();
  }

  get #pace(): Pace {
    const { linkLookMs, linkGraceMs, linkStuckBytes, linkStuckMs } = limits;
    return setPace(this.#home.profile(), { lookMs: linkLookMs, graceMs: linkGraceMs, stuckBytes: linkStuckBytes, stuckMs: linkStuckMs });
  }

  get #unsentBytes(): number {
    return this.#outbox.bytes + (this.#socket?.bufferedAmount ?? 0);
  }

  get #isQuiet(): boolean {
    const silence = this.#home.system.now() - (this.#heardAt ?? 0);
    return silence < 0 || silence > Math.min(limits.linkQuietMs, this.#home.profile().pingMs / 6);
  }

  #hear(): void {
    this.#heardAt = this.#home.system.now();
  }

  #explain({ code, reason }: { code: number; reason: string }): LossCause {
    if (this.#isAdmitted) return { kind: "closed", code, reason, ...(this.#error === undefined ? {} : { error: this.#error }) };
    if (this.#refusedWith !== undefined) return { kind: "refused", status: this.#refusedWith };
    return { kind: "failed", error: this.#error ?? `closed with ${code}` };
  }

  #lookLater(pace: Pace): void {
    this.#cancelLook = this.#home.system.after(pace.lookMs, () => this.#look(pace));
  }

  #look(pace: Pace): void {
    const now = this.#home.system.now();
    const before = this.#pulse;
    const pending = this.#socket?.bufferedAmount ?? 0;
    const { bytesRead } = this.#bytes;
    const reading = { bytesRead, bytesTaken: this.#bytesHanded - pending, unsentBytes: this.#unsentBytes, offeredBytes: pending, isDeaf: this.#inbox.isFull };
    const { pulse, verdict } = look(before, reading, now, pace);
    this.#pulse = pulse;
    if (bytesRead !== before.bytesRead) this.#hear();
    if (verdict === "silent" || verdict === "stuck") return this.#home.tell({ on: "broken", how: verdict });
    if (verdict === "ask") this.#ping(this.#outbox.nextPing());
    this.#missProof(!reading.isDeaf && reading.bytesTaken <= before.bytesTaken && this.#outbox.isExpecting, pace);
    this.#lookLater(this.#pace);
  }

  /** A peer that lives and answers no ping must not keep a final waiting for ever. */
  #missProof(isMissing: boolean, pace: Pace): void {
    this.#unprovenMs = isMissing ? this.#unprovenMs + pace.lookMs : 0;
    if (this.#unprovenMs < pace.deadAfterMs) return;
    this.#unprovenMs = 0;
    // Who has answered pings and does so no more gets nothing of what is sent, whatever it sends itself.
    if (this.#lastPong > 0) return this.#home.tell({ on: "broken", how: "stuck" });
    this.#answersPings = false;
    this.#home.log.warn("the server answers no ping: whether finished replies arrive stays unknown");
    for (const final of this.#outbox.giveUpProofs()) this.#settle(final, "unknown");
    this.#pump();
  }

  #ping(number: number): void {
    if (this.#socket?.readyState === OPEN) this.#socket.ping(String(number));
  }

  /** Hands to the socket what it has room for, so that what waits outside can still be replaced. */
  #pump(window: number = limits.linkWindowBytes): void {
    for (;;) {
      const socket = this.#socket;
      const next = socket && this.open ? this.#outbox.take(window - socket.bufferedAmount) : undefined;
      if (!socket || !next) return;
      if ("ping" in next) this.#ping(next.ping);
      else {
        this.#bytesHanded += next.frame.length;
        socket.send(next.frame, TEXT, this.#sent);
      }
    }
  }

  readonly #sent = () => {
    if (this.#outbox.bytes > 0) this.#pump();
  };

  #settle(final: number, arrival: Arrival): void {
    this.#finals.get(final)?.(arrival);
    this.#finals.delete(final);
  }

  #settleFinals(): void {
    const { unsent, unknown } = this.#outbox.end();
    this.#settleEchoes(false);
    for (const final of unsent) this.#settle(final, "unsent");
    for (const final of unknown) this.#settle(final, "unknown");
  }

  #startClosing(): void {
    this.#phase = "closing";
    this.#cancelLook();
  }

  #fault(what: string, thrown: unknown): void {
    if (this.#phase === "gone") return;
    this.#home.log.error(`${what} could not be handled: ${this.#home.hide(describeThrown(thrown))}`);
    this.#inbox.clear();
    this.#home.tell({ on: "broken", how: "fault" });
  }

  #drained(): void {
    if (this.#phase !== "draining") return;
    this.#finish();
    this.#home.tell({ on: "gone" });
  }

  #finish(): void {
    this.#phase = "gone";
    if (!this.#isAdmitted) return;
    try {
      this.#home.handler.closed(this.#end ?? { code: 1006, reason: "" });
    } catch (thrown) {
      this.#home.log.error(`the end of a connection could not be handled: ${this.#home.hide(describeThrown(thrown))}`);
    }
  }
}
