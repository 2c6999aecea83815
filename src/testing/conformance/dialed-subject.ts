import { withoutSecrets } from "../../core/redact.ts";
import type { Check as FrameCheck } from "../simulator/record.ts";
import { type ConformOptions, type Fault, type Seen, type Subject, Unreachable, Unseen } from "./check.ts";
import { dial, type Dialed, type DialOptions, type Received } from "./dialing.ts";
import { schemaRule } from "./rulebook.ts";

/** A server under test, and the connections that the kit has to it. */
export class DialedSubject implements Subject {
  readonly options: ConformOptions;
  readonly #check: (text: string) => FrameCheck;
  readonly #open = new Set<Dialed>();
  #frames: Seen[] = [];
  #faults: Fault[] = [];
  #ids = 0;

  constructor(options: ConformOptions, check: (text: string) => FrameCheck) {
    this.options = options;
    this.#check = check;
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
    const witness = { sent: (text: string) => void this.#frames.push({ from: "kit", text }), received: (frame: Received) => this.#received(frame) };
    const dialed = await dial(url, options, witness, this.timeoutMs);
    this.#open.add(dialed);
    return dialed;
  }

  /** Whether there is anybody to judge. */
  async reach(): Promise<this> {
    try {
      await this.dial();
      await this.rest();
      return this;
    } catch (cause) {
      throw cause instanceof Unseen ? new Unreachable(`there is no server at ${withoutSecrets(this.options.url)}: ${cause.message}`, { cause }) : cause;
    }
  }

  async rest(): Promise<void> {
    await Promise.all([...this.#open].map((dialed) => dialed.close()));
    this.#open.clear();
  }

  async close(): Promise<void> {
    await this.rest();
  }

  #received({ text, binary }: Received): void {
    this.#frames.push({ from: "peer", text });
    const check = binary ? { ok: false as const, detail: "a binary frame" } : this.#check(text);
    if (!check.ok) this.#faults.push({ rule: schemaRule, expected: "a frame of the document", got: check.detail, frame: text });
  }
}
