import { withoutSecrets } from "../../core/redact.ts";
import type { Check as FrameCheck } from "../simulator/record.ts";
import { type ConformOptions, type Fault, type Seen, type Subject, Unreachable, Unseen } from "./check.ts";
import { dial, type Dialed, type DialOptions, type Received } from "./dialing.ts";
import { schemaRule } from "./rulebook.ts";

/** What one frame of a server shows of one rule. */
export interface Finding {
  rule: string;
  holds: boolean;
  expected: string;
  got: string;
}

/** A frame of the server, and the number of the connection that it came on. */
export interface Heard {
  fields: Readonly<Record<string, unknown>>;
  text: string;
  link: number;
}

/** Holds what a server sends to the rules that show in its frames alone, over all connections. */
export type Judge = (heard: Heard) => readonly Finding[];

/** A server under test, and the connections that the kit has to it. */
export class DialedSubject implements Subject {
  readonly options: ConformOptions;
  readonly #check: (text: string) => FrameCheck;
  readonly #judge: Judge;
  readonly #met = new Set<string>();
  readonly #open = new Set<Dialed>();
  #frames: Seen[] = [];
  #faults: Fault[] = [];
  #ids = 0;
  #links = 0;

  constructor(options: ConformOptions, check: (text: string) => FrameCheck, judge: Judge = () => []) {
    this.options = options;
    this.#check = check;
    this.#judge = judge;
  }

  /** Whether any frame so far was one that this rule is about. */
  hasMet(rule: string): boolean {
    return this.#met.has(rule);
  }

  get timeoutMs(): number {
    return this.options.timeoutMs;
  }

  begin(): void {
    this.#frames = [];
    this.#faults = [];
  }

  frames(): readonly Seen[] {
    return this.#frames;
  }

  faults(): readonly Fault[] {
    return this.#faults;
  }

  secrets(): readonly string[] {
    return [];
  }

  /** Different in each run, as a server may remember the ids of the last one. */
  newId(kind = "m"): string {
    return `conform-${this.options.seed.toString(36)}-${kind}${this.#ids++}`;
  }

  fault(fault: Fault): void {
    this.#faults.push(fault);
  }

  async dial(url = this.options.url, options: DialOptions = {}): Promise<Dialed> {
    const link = ++this.#links;
    const witness = { sent: (text: string) => void this.#frames.push({ from: "kit", text }), received: (frame: Received) => this.#received(frame, link) };
    const dialed = await dial(url, options, witness, this.timeoutMs);
    this.#open.add(dialed);
    return dialed;
  }

  /** Whether there is anybody to judge, and the kit is somebody for them. `enter` says why not, where the wire has a word for it. */
  async reach(enter: () => Promise<string | undefined> = async () => undefined): Promise<this> {
    const there = withoutSecrets(this.options.url);
    try {
      await this.dial();
    } catch (cause) {
      throw cause instanceof Unseen ? new Unreachable(`there is no server at ${there}: ${cause.message}`, { cause }) : cause;
    }
    const refusal = this.options.token === undefined ? undefined : await enter();
    await this.rest();
    if (refusal !== undefined) throw new Unreachable(`the server at ${there} does not know this account or this token: ${refusal}. Look at --account and --token`);
    return this;
  }

  async rest(): Promise<void> {
    await Promise.all([...this.#open].map((dialed) => dialed.close()));
    this.#open.clear();
  }

  async close(): Promise<void> {
    await this.rest();
  }

  #received({ text, binary, fields }: Received, link: number): void {
    this.#frames.push({ from: "peer", text });
    const check = binary ? { ok: false as const, detail: "a binary frame" } : this.#check(text);
    // A frame that the document does not know is a finding of its own, and no rule is about it.
    if (!check.ok) return void this.#faults.push({ rule: schemaRule, expected: "a frame of the document", got: check.detail, frame: text });
    for (const { rule, holds, expected, got } of fields ? this.#judge({ fields, text, link }) : []) {
      this.#met.add(rule);
      if (!holds) this.#faults.push({ rule, expected, got, frame: text });
    }
  }
}
