/** What browsers and Node have alike of clock, timers and randomness; Node's own on top of it is `system.ts`. */
export interface Web {
  /** Milliseconds since the epoch. */
  now(): number;
  /** In [0, 1). */
  random(): number;
  /** 128 random bits in hexadecimal. */
  newId(): string;
  /** Calls back once after `ms` milliseconds; the returned function cancels and is safe to call late. */
  after(ms: number, run: () => void): () => void;
}

export const web: Web = {
  now: () => Date.now(),
  random: () => Math.random(),
  // `randomUUID` is missing where a page came without TLS.
  newId: () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(""),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
