import type { Socket } from "node:net";
import type { System } from "../../core/ports.ts";
import type { Way } from "./faults.ts";

/** What holds for all connections at the moment. */
export interface Weather {
  swallows(way: Way): boolean;
  readonly slow: { delayMs: number; bytesPerSecond: number } | undefined;
  readonly slice: { bytes: number } | undefined;
  readonly linger: { delayMs: number } | undefined;
}

export interface PipeEvents {
  /** A share of a piece has left, as `cut` wanted. */
  cut(way: Way): void;
  /** The source broke off. */
  broken(): void;
}

/** Bytes that wait here; more stay with their sender. */
const mostWaiting = 65_536;

/** One of the two streams of a connection. */
export class Pipe {
  /** Something was swallowed: what would follow makes no sense to the receiver any more. */
  lost = false;
  readonly #way: Way;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #weather: Weather;
  readonly #system: System;
  readonly #events: PipeEvents;
  #queue: { since: number; data: Buffer }[] = [];
  #waiting = 0;
  #endedAt: number | undefined;
  #share: number | undefined;
  #cancel: (() => void) | undefined;

  constructor(way: Way, [from, to]: readonly [Socket, Socket], weather: Weather, events: PipeEvents, system: System) {
    this.#way = way;
    this.#from = from;
    this.#to = to;
    this.#weather = weather;
    this.#system = system;
    this.#events = events;
    from.on("data", (data: Buffer) => this.#take(data));
    from.on("end", () => this.#end());
    from.on("error", () => this.#unlessSwallowed(() => events.broken()));
    to.on("drain", () => this.#balance());
  }

  cutNext(share: number): void {
    this.#share = share;
  }

  /** Looks at the weather again. */
  wake(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#pump();
  }

  dispose(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#queue = [];
    this.#waiting = 0;
  }

  #take(data: Buffer): void {
    this.#unlessSwallowed(() => {
      this.#queue.push({ since: this.#system.now(), data });
      this.#waiting += data.length;
      this.#pump();
    });
  }

  #end(): void {
    this.#unlessSwallowed(() => {
      this.#endedAt = this.#system.now();
      this.#pump();
    });
  }

  #unlessSwallowed(act: () => void): void {
    if (this.#weather.swallows(this.#way)) this.lost = true;
    // What comes after a gap is of no use: the stream has to end.
    else if (!this.lost) act();
  }

  #pump(): void {
    for (let head = this.#queue[0]; head && !this.#cancel; head = this.#queue[0]) {
      if (this.#share !== undefined && head.data.length > 1) return this.#cut(head.data, this.#share);
      const { slow, slice } = this.#weather;
      if (slow) this.#trickle(head, slow);
      else if (slice) this.#slice(head.data, slice.bytes);
      else this.#release(head.data.length);
    }
    if (this.#endedAt !== undefined && this.#queue.length === 0) this.#pass();
    this.#balance();
  }

  /** One piece at each turn of the event loop, or the reader would find them together again. */
  #slice(data: Buffer, bytes: number): void {
    this.#release(Math.min(data.length, bytes));
    this.#pumpIn(0);
  }

  /** The end of the stream, which may come late. */
  #pass(): void {
    if (this.#to.writableEnded) return;
    const { linger } = this.#weather;
    const late = linger && this.#endedAt !== undefined ? this.#endedAt + linger.delayMs - this.#system.now() : 0;
    if (late <= 0) this.#to.end();
    else if (!this.#cancel) this.#pumpIn(late);
  }

  #trickle(head: { since: number; data: Buffer }, { delayMs, bytesPerSecond }: { delayMs: number; bytesPerSecond: number }): void {
    const early = head.since + delayMs - this.#system.now();
    if (early > 0) return this.#pumpIn(early);
    const share = Math.min(head.data.length, Math.max(1, Math.ceil(bytesPerSecond / 50)));
    this.#release(share);
    this.#pumpIn((share / bytesPerSecond) * 1000);
  }

  #pumpIn(ms: number): void {
    this.#cancel = this.#system.after(ms, () => {
      this.#cancel = undefined;
      this.#pump();
    });
  }

  /** Sends so many bytes of the first piece. */
  #release(count: number): void {
    const head = this.#queue[0];
    if (!head) return;
    if (this.#to.writable) this.#to.write(head.data.subarray(0, count));
    this.#waiting -= count;
    if (count < head.data.length) head.data = head.data.subarray(count);
    else this.#queue.shift();
  }

  #cut(data: Buffer, share: number): void {
    const kept = Math.min(data.length - 1, Math.max(1, Math.floor(data.length * share)));
    this.lost = true;
    this.dispose();
    this.#to.write(data.subarray(0, kept), () => this.#events.cut(this.#way));
  }

  #balance(): void {
    if (this.#waiting > mostWaiting || this.#to.writableNeedDrain) this.#from.pause();
    else this.#from.resume();
  }
}
