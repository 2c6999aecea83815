import type { Envelope } from "./frames.ts";

/** One thing that waits for the devices of an agent. */
export interface Row {
  /** The place in the inbox; with holes. */
  seq: number;
  /** `payload.message_id`: a row of the same one takes the place of the older. */
  readonly key: string;
  readonly frame: Envelope;
  /** Only for devices that have this capability. */
  readonly needs?: string;
}

/** What an agent has been sent, and how far each of its devices is. */
export class Inbox {
  #rows: Row[] = [];
  #lastSeq = 0;
  /** The highest seq that was thrown away. */
  #pruned = 0;
  readonly #cursors = new Map<string, number>();
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  get rows(): readonly Row[] {
    return this.#rows;
  }

  put(key: string, frame: Envelope, needs?: string): Row {
    // A client must not take the numbers for dense.
    this.#lastSeq += 1 + Math.floor(this.#random() * 7);
    const row: Row = { seq: this.#lastSeq, key, frame, ...(needs !== undefined && { needs }) };
    this.#rows = [...this.#rows.filter((other) => other.key !== key), row];
    return row;
  }

  row(key: string): Row | undefined {
    return this.#rows.find((row) => row.key === key);
  }

  cursor(deviceId: string): number {
    return this.#cursors.get(deviceId) ?? 0;
  }

  advance(deviceId: string, seq: number): void {
    this.#cursors.set(deviceId, Math.max(this.cursor(deviceId), seq));
  }

  rewind(deviceId: string): void {
    this.#cursors.set(deviceId, 0);
  }

  /** What a device has not acknowledged, in order. */
  after(deviceId: string): Row[] {
    return this.#rows.filter(({ seq }) => seq > this.cursor(deviceId));
  }

  /** Throws away all rows up to now. */
  prune(): void {
    this.#pruned = this.#lastSeq;
    this.#rows = [];
  }

  /** The oldest seq that can still be had, where this device has missed something. */
  truncatedFor(deviceId: string): number | undefined {
    return this.cursor(deviceId) < this.#pruned ? this.#pruned + 1 : undefined;
  }
}
