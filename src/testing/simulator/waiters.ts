import type { Timers } from "../../core/ports.ts";

/** Those who wait for something to become true. */
export class Waiters {
  readonly #timers: Timers;
  readonly #looks = new Set<() => void>();
  readonly #stops = new Set<(why: Error) => void>();
  #stopped = false;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  async until<Found>(look: () => Found | undefined, describe: () => string, timeoutMs: number): Promise<Found> {
    this.#refuseWhenStopped();
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        cancel();
        this.#looks.delete(tryIt);
        this.#stops.delete(stop);
        act();
      };
      const tryIt = (): void => {
        const found = look();
        if (found !== undefined) settle(() => resolve(found));
      };
      const stop = (why: Error): void => settle(() => reject(why));
      const cancel = this.#timers.after(timeoutMs, () => stop(new Error(`within ${timeoutMs} ms there was not ${describe()}`)));
      this.#looks.add(tryIt);
      this.#stops.add(stop);
      tryIt();
    });
  }

  async pause(ms: number): Promise<void> {
    this.#refuseWhenStopped();
    return new Promise((resolve, reject) => {
      const stop = (why: Error): void => {
        cancel();
        this.#stops.delete(stop);
        reject(why);
      };
      const cancel = this.#timers.after(ms, () => {
        this.#stops.delete(stop);
        resolve();
      });
      this.#stops.add(stop);
    });
  }

  look(): void {
    for (const look of this.#looks) look();
  }

  stop(): void {
    this.#stopped = true;
    for (const stop of this.#stops) stop(new Error("the simulator was stopped"));
  }

  /** Whoever begins to wait after the end would wait for ever. */
  #refuseWhenStopped(): void {
    if (this.#stopped) throw new Error("the simulator was stopped");
  }
}
