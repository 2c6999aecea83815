import { limits } from "../core/limits.ts";

interface InboxEvents {
  /** More waits than should: let nothing more come. */
  full(): void;
  free(): void;
  /** Nothing waits and nothing is being handled. */
  empty(): void;
  failed(thrown: unknown): void;
}

/** Hands frames to their handler strictly one after the other. */
export class Inbox {
  readonly #handle: (text: string) => Promise<void> | void;
  readonly #events: InboxEvents;
  #waiting: string[] = [];
  #isBusy = false;
  #isFull = false;

  constructor(handle: (text: string) => Promise<void> | void, events: InboxEvents) {
    this.#handle = handle;
    this.#events = events;
  }

  get isEmpty(): boolean {
    return !this.#isBusy && this.#waiting.length === 0;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  add(text: string): void {
    this.#waiting.push(text);
    if (!this.#isBusy) return this.#advance();
    if (this.#isFull || this.#waiting.length <= limits.linkWaitingFrames) return;
    this.#isFull = true;
    this.#events.full();
  }

  /** Forgets what waits; what is being handled goes on. @returns how many frames waited. */
  clear(): number {
    return this.#waiting.splice(0).length;
  }

  #advance(): void {
    while (!this.#isBusy) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      // A frame may come while another is handled, from within its handler.
      this.#isBusy = true;
      const handling = this.#run(next);
      if (handling) return void handling;
      this.#isBusy = false;
    }
    if (this.#isBusy) return;
    if (this.#isFull) {
      this.#isFull = false;
      this.#events.free();
    }
    this.#events.empty();
  }

  /** @returns a promise when it takes its time. */
  #run(text: string): Promise<void> | undefined {
    try {
      const handling = this.#handle(text);
      return handling ? this.#await(handling) : undefined;
    } catch (thrown) {
      this.#events.failed(thrown);
      return undefined;
    }
  }

  async #await(handling: Promise<void>): Promise<void> {
    try {
      await handling;
    } catch (thrown) {
      this.#events.failed(thrown);
    }
    this.#isBusy = false;
    this.#advance();
  }
}
