import type { ChatError } from "./error.ts";
import type { Answer } from "./model.ts";

/** More of an answer. */
export interface Part {
  /** All of it so far. */
  readonly text: string;
  /** What is new since the part before; empty where `replaced`. */
  readonly delta: string;
  /** The agent took something back: `text` stands for everything before. */
  readonly replaced: boolean;
}

/** The answer to one message, as it comes. */
export interface Reply extends AsyncIterable<Part> {
  readonly messageId: string;
  /** What the agent has said so far. */
  readonly text: string;
  /** The whole answer. Rejects with a `ChatError`. */
  readonly done: Promise<Answer>;
  /** Stops the agent, whose answer ends with what it has said so far; where it cannot be stopped, stops waiting (`cancelled`). */
  abort(): void;
}

type End = { readonly is: "answered" } | { readonly is: "failed"; readonly error: ChatError };

/** A reply, and how the shell tells it what has come. */
export class PendingReply implements Reply {
  readonly messageId: string;
  readonly done: Promise<Answer>;
  readonly abort: () => void;
  text = "";
  #end: End | undefined;
  readonly #settle: PromiseWithResolvers<Answer> = Promise.withResolvers();
  #changed: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(messageId: string, abort: () => void) {
    this.messageId = messageId;
    this.abort = abort;
    this.done = this.#settle.promise;
    // Whoever only iterates is told there; nobody is told twice, and no process ends because of it.
    this.done.catch(() => {});
  }

  grow(text: string): void {
    this.text = text;
    this.#wake();
  }

  answered(answer: Answer): void {
    this.text = answer.text;
    this.#end = { is: "answered" };
    this.#settle.resolve(answer);
    this.#wake();
  }

  failed(error: ChatError): void {
    this.#end = { is: "failed", error };
    this.#settle.reject(error);
    this.#wake();
  }

  /** Each loop for itself, from the beginning. Who is slow gets larger parts. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Part, void, undefined> {
    for (let shown = ""; ; ) {
      const { text } = this;
      if (text !== shown) {
        const replaced = !text.startsWith(shown);
        const delta = replaced ? "" : text.slice(shown.length);
        shown = text;
        yield { text, delta, replaced };
      } else if (this.#end?.is === "failed") throw this.#end.error;
      else if (this.#end) return;
      else await this.#changed.promise;
    }
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
