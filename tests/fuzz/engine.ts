import { createRandom, type Random } from "../../src/testing/chaos/random.ts";
import type { Reach } from "./coverage.ts";
import { mutate } from "./mutate.ts";
import { Broken, type Target } from "./target.ts";

/** Something that must not be so, with what led to it. */
export interface Failure {
  target: string;
  seed: number;
  /** One, where one alone does it. */
  inputs: readonly string[];
  error: string;
}

/** Kinds of failure of one target, after which it is not tried any more: one at a time is mended. */
const FAILURES = 5;
/** Inputs that are looked for in one batch: what else is new comes again, and playing on is worth more. */
const FINDS = 4;
/** Inputs of one corpus; beyond, a new one takes the place of any other. */
const ENTRIES = 4_000;

/** The search in one target: whatever reaches code that was never reached joins the corpus, and is mutated further. */
export class Campaign {
  readonly target: Target;
  readonly corpus: string[] = [];
  readonly failures: Failure[] = [];
  executions = 0;
  /** What is being played. */
  latest: readonly string[] = [];
  private readonly reach: Reach | undefined;
  private readonly seed: number;
  private readonly random: Random;
  private words: readonly string[] = [];

  /** Without `reach` it is blind. */
  constructor(target: Target, seed: number, reach: Reach | undefined) {
    this.target = target;
    this.seed = seed;
    this.random = createRandom(seed);
    this.reach = target.isRepeatable ? reach : undefined;
  }

  get blocks(): number {
    return this.reach?.blocks ?? 0;
  }

  get isOver(): boolean {
    return this.failures.length >= FAILURES;
  }

  /** Begins with what is known to be worth it. */
  async begin(corpus: readonly string[]): Promise<void> {
    const seeds = this.target.seeds();
    this.words = wordsOf(seeds);
    const inputs = [...new Set([...corpus, ...seeds])];
    this.corpus.push(...(inputs.length > 0 ? inputs : [""]));
    for (const batch of batchesOf(inputs, this.target.batch)) {
      this.reach?.skip();
      await this.play(batch);
      this.reach?.learn();
    }
  }

  /** Keeps of these inputs, the shortest first, those that reach something new; returns them. */
  async sift(inputs: readonly string[]): Promise<string[]> {
    const kept: string[] = [];
    for (const input of inputs.toSorted((a, b) => a.length - b.length)) if ((await this.halve([input], 1)) > 0) kept.push(input);
    return kept;
  }

  /** One batch of new inputs. */
  async step(): Promise<void> {
    const { random, words, corpus, target } = this;
    const other = () => random.pick(corpus);
    await this.try(Array.from({ length: target.batch }, () => mutate(other(), target.form, { random, other, words })));
  }

  private async try(inputs: readonly string[]): Promise<void> {
    this.reach?.skip();
    if (!(await this.play(inputs)) || !this.reach?.isNew()) return;
    if ((await this.halve(inputs, FINDS)) > 0) return;
    // It was there once and does not come again: not to be looked for in every batch.
    await this.play(inputs);
    this.reach.learn();
  }

  /** Finds inputs of a batch that reach something new, `most` at most; returns how many. */
  private async halve(inputs: readonly string[], most: number): Promise<number> {
    const [only] = inputs;
    if (inputs.length === 1 && only !== undefined) {
      this.reach?.skip();
      await this.play(inputs);
      if (!this.reach?.learn()) return 0;
      this.keep(only);
      return 1;
    }
    const middle = Math.ceil(inputs.length / 2);
    let found = 0;
    for (const half of [inputs.slice(0, middle), inputs.slice(middle)]) {
      if (half.length === 0 || found >= most) continue;
      this.reach?.skip();
      await this.play(half);
      if (this.reach?.isNew()) found += await this.halve(half, most - found);
    }
    return found;
  }

  private keep(input: string): void {
    if (this.corpus.length < ENTRIES) this.corpus.push(input);
    else this.corpus[this.random.whole(0, ENTRIES - 1)] = input;
  }

  /** False where something is broken. */
  private async play(inputs: readonly string[]): Promise<boolean> {
    this.executions += inputs.length;
    this.latest = inputs;
    try {
      await this.target.play(inputs);
      return true;
    } catch (thrown) {
      this.fail(thrown, thrown instanceof Broken ? [thrown.input] : await this.blame(inputs));
      return false;
    }
  }

  /** The one input that does it by itself; all of them where none does. */
  private async blame(inputs: readonly string[]): Promise<readonly string[]> {
    for (const input of inputs) {
      const isIt = await this.target.play([input]).then(() => false, () => true);
      if (isIt) return [input];
    }
    return inputs;
  }

  fail(thrown: unknown, inputs: readonly string[]): void {
    const cause = thrown instanceof Broken ? thrown.cause : thrown;
    const error = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    if (this.isOver || this.failures.some((known) => kindOf(known.error) === kindOf(error))) return;
    this.failures.push({ target: this.target.name, seed: this.seed, inputs, error });
  }
}

function batchesOf(inputs: readonly string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(inputs.length / size) }, (_, index) => inputs.slice(index * size, (index + 1) * size));
}

/** Two failures are the same where they were thrown at the same place. */
function kindOf(error: string): string {
  return error.split("\n").find((line) => /^\s+at /.test(line)) ?? error.slice(0, 60);
}

/** Names and short texts of the seeds. */
function wordsOf(seeds: readonly string[]): string[] {
  const words = new Set<string>();
  for (const seed of seeds) {
    for (const [word] of seed.matchAll(/[\w./:+-]{2,40}/g)) words.add(word);
    if (words.size > 3_000) break;
  }
  return [...words];
}
