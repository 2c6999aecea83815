/** What pure code is given instead of reaching for the platform. `core/system.ts` is the only implementation with effects. */

/** Milliseconds since the epoch. */
export type Now = () => number;

export interface Timers {
  /** Calls back once after `ms` milliseconds; the returned function cancels and is safe to call late. */
  after(ms: number, run: () => void): () => void;
}

export interface Ids {
  /** A random UUID. */
  uuid(): string;
}

export interface Digests {
  /** SHA-256 in hexadecimal. */
  sha256(text: string): string;
}

export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export interface System extends Timers, Ids, Digests {
  now: Now;
  /** In [0, 1). */
  random(): number;
}
