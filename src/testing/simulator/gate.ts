import type { Timers } from "../../core/ports.ts";

/** Lets things through in order: at once, one every `slowMs`, or, while it is shut, not at all. */
export class Gate<Thing> {
  readonly #timers: Timers;
  readonly #pass: (thing: Thing) => void;
  readonly #waiting: Thing[] = [];
  #shut = false;
  #slowMs = 0;
  #cancel: (() => void) | undefined;

  constructor(timers: Timers, pass: (thing: Thing) => void) {
    this.#timers = timers;
    this.#pass = pass;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  put(thing: Thing): void {
    this.#waiting.push(thing);
    this.#pump();
  }

  shut(): void {
    this.#shut = true;
    this.#stopTimer();
  }

  open(): void {
    this.#shut = false;
    this.#pump();
  }

  slow(ms: number): void {
    this.#slowMs = ms;
    this.#stopTimer();
    this.#pump();
  }

  clear(): void {
    this.#waiting.length = 0;
    this.#stopTimer();
  }

  #pump(): void {
    while (!this.#shut && !this.#cancel && this.#waiting.length > 0) {
      if (this.#slowMs > 0) {
        this.#cancel = this.#timers.after(this.#slowMs, () => this.#next());
        return;
      }
      this.#release();
    }
  }

  #next(): void {
    this.#cancel = undefined;
    this.#release();
    this.#pump();
  }

  #release(): void {
    const thing = this.#waiting.shift();
    if (thing !== undefined) this.#pass(thing);
  }

  #stopTimer(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
