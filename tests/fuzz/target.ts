/** What is fuzzed. An input is text; where bytes are meant, each character is one byte (latin1). */
export interface Target {
  readonly name: string;
  readonly form: "json" | "bytes";
  /** Inputs that are played between two looks at what was reached. */
  readonly batch: number;
  /** What an input does depends on nothing but the input: only then does it pay to look at what it reaches. */
  readonly isRepeatable: boolean;
  /** Good inputs, and words that mean something: where mutation begins. */
  seeds(): readonly string[];
  /** Plays the inputs, one after the other or at once. Rejects with what is broken. */
  play(inputs: readonly string[]): Promise<void>;
  /** Ends what `play` has opened. */
  stop?(): Promise<void>;
}

/** What is known to be the fault of one input. */
export class Broken extends Error {
  readonly input: string;

  constructor(input: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.input = input;
  }
}

/** Plays inputs one after the other, and says which one is to blame. */
export function oneByOne(run: (input: string) => void | Promise<void>): Target["play"] {
  return async (inputs) => {
    for (const input of inputs) {
      try {
        const running = run(input);
        if (running) await running;
      } catch (thrown) {
        throw new Broken(input, thrown);
      }
    }
  };
}

/** For what must not be so. */
export function insist(holds: boolean, what: () => string): asserts holds {
  if (!holds) throw new Error(what());
}
