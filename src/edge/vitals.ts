import { isStalled, judgePulse, type Pace } from "./heartbeat.ts";

/** What a look at a connection shows. */
export interface Reading {
  /** All bytes that ever came. */
  readonly bytesRead: number;
  readonly unsentBytes: number;
  /** We do not read because we are busy: the silence is ours. */
  readonly isDeaf: boolean;
}

export interface VitalBounds {
  readonly pace: Pace;
  readonly stalledBytes: number;
  readonly stalledMs: number;
}

/** Whether the other end of one connection lives (WS-30) and reads (WS-22). */
export class Vitals {
  #bytesSeen = 0;
  #unsentSeen = 0;
  #heardAt: number;
  #stuckSince: number | undefined;

  constructor(now: number) {
    this.#heardAt = now;
  }

  check(reading: Reading, lastTickAt: number, now: number, bounds: VitalBounds): "well" | "dead" | "stuck" {
    if (this.#isStuck(reading.unsentBytes, lastTickAt, now, bounds)) return "stuck";
    // Any byte is a sign of life: a pong may queue behind a frame that takes minutes on a slow network. So is one that
    // the peer took, which is all that is seen of a peer that is not read from until it reads.
    const { bytesRead, unsentBytes, isDeaf } = reading;
    if (bytesRead !== this.#bytesSeen || unsentBytes < this.#unsentSeen || isDeaf) this.#heardAt = now;
    this.#bytesSeen = bytesRead;
    this.#unsentSeen = unsentBytes;
    const pulse = judgePulse(this.#heardAt, lastTickAt, now, bounds.pace);
    if (pulse.dead) return "dead";
    this.#heardAt = pulse.heardAt;
    return "well";
  }

  #isStuck(unsentBytes: number, lastTickAt: number, now: number, { stalledBytes, stalledMs, pace }: VitalBounds): boolean {
    if (unsentBytes <= stalledBytes) {
      this.#stuckSince = undefined;
      return false;
    }
    // While we stood still nothing could leave: the time starts over.
    if (this.#stuckSince === undefined || isStalled(lastTickAt, now, pace)) this.#stuckSince = now;
    return now - this.#stuckSince >= stalledMs;
  }
}
