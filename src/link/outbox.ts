/** What leaves next: a frame, or a ping that carries this number. */
export type Outgoing = { frame: Uint8Array } | { ping: number };

export interface OutboxBounds {
  bytes: number;
  frames: number;
}

interface Waiting {
  readonly data: Uint8Array;
  readonly key: string | undefined;
  /** The final it belongs to. */
  readonly final: number | undefined;
  /** With it the final is complete. */
  readonly isLast: boolean;
}

/** One frame of the caller's, as bytes. */
export interface OutboxFrame {
  data: Uint8Array;
  key?: string | undefined;
}

/**
 * What waits to leave on one socket, in order, and which finals still need the proof that they arrived. Pings are
 * numbered, and a pong proves every ping up to its own: a peer may answer only the last of several (RFC 6455, 5.5.3).
 */
export class Outbox {
  readonly #bounds: OutboxBounds;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #pings = 0;
  /** Nothing leaves before the pong to this ping. */
  #heldBy: number | undefined;
  /** Finals whose last frame is still here, oldest first. */
  #unsent: number[] = [];
  /** Finals that have left, with the ping behind each. */
  #unproven: { final: number; ping: number }[] = [];
  #proofDue: number | undefined;

  constructor(bounds: OutboxBounds) {
    this.#bounds = bounds;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isHeld(): boolean {
    return this.#heldBy !== undefined;
  }

  /** A pong is waited for. */
  get isExpecting(): boolean {
    return this.isHeld || this.#unproven.length > 0;
  }

  /** @returns false when there is no room. */
  add(frame: OutboxFrame): boolean {
    this.#supersede(frame.key);
    if (!this.#fits(frame.data.length, 1)) return false;
    this.#push({ data: frame.data, key: frame.key, final: undefined, isLast: false });
    return true;
  }

  /** Takes all of the frames of a final, or none. */
  addFinal(final: number, frames: readonly OutboxFrame[]): boolean {
    const bytes = frames.reduce((sum, { data }) => sum + data.length, 0);
    // One that is larger than all the room there is has to leave too.
    if (frames.length === 0 || (this.#waiting.length > 0 && !this.#fits(bytes, frames.length))) return false;
    for (const [index, { data, key }] of frames.entries()) {
      this.#supersede(key);
      this.#push({ data, key, final, isLast: index === frames.length - 1 });
    }
    this.#unsent.push(final);
    return true;
  }

  /** The number of a ping that is about to leave. */
  nextPing(): number {
    this.#pings += 1;
    return this.#pings;
  }

  /** Keeps everything until the pong to the returned ping, which has to leave now. */
  hold(): number {
    this.#heldBy = this.nextPing();
    return this.#heldBy;
  }

  /** What leaves next, if the socket has room; undefined when it is to wait. */
  take(room: number): Outgoing | undefined {
    if (this.#proofDue !== undefined) {
      const ping = this.nextPing();
      this.#unproven.push({ final: this.#proofDue, ping });
      this.#proofDue = undefined;
      return { ping };
    }
    if (this.isHeld || room <= 0) return undefined;
    const next = this.#waiting.shift();
    if (next === undefined) return undefined;
    this.#bytes -= next.data.length;
    if (next.isLast) {
      this.#proofDue = next.final;
      this.#unsent = this.#unsent.filter((final) => final !== next.final);
    }
    return { frame: next.data };
  }

  /** @returns the finals that have arrived by this proof. */
  pong(ping: number): number[] {
    if (ping > this.#pings) return [];
    if (this.#heldBy !== undefined && ping >= this.#heldBy) this.#heldBy = undefined;
    const arrived = this.#unproven.filter((each) => each.ping <= ping);
    this.#unproven = this.#unproven.filter((each) => each.ping > ping);
    return arrived.map(({ final }) => final);
  }

  /** No pong comes from a peer that lives: holds nothing back any more. @returns the finals that stay unknown. */
  giveUpProofs(): number[] {
    this.#heldBy = undefined;
    return this.#unproven.splice(0).map(({ final }) => final);
  }

  /** The socket is gone. */
  end(): { unsent: number[]; unknown: number[] } {
    const unknown = this.#unproven.splice(0).map(({ final }) => final);
    if (this.#proofDue !== undefined) unknown.push(this.#proofDue);
    this.#proofDue = undefined;
    this.#waiting = [];
    this.#bytes = 0;
    return { unsent: this.#unsent.splice(0), unknown };
  }

  /** A frame of a final stays, whatever comes after it. */
  #supersede(key: string | undefined): void {
    if (key === undefined) return;
    this.#waiting = this.#waiting.filter((waiting) => {
      const isReplaced = waiting.key === key && waiting.final === undefined;
      if (isReplaced) this.#bytes -= waiting.data.length;
      return !isReplaced;
    });
  }

  #fits(bytes: number, frames: number): boolean {
    return this.#bytes + bytes <= this.#bounds.bytes && this.#waiting.length + frames <= this.#bounds.frames;
  }

  #push(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#bytes += waiting.data.length;
  }
}
