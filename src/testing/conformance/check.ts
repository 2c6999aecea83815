/** Which end is judged: the one that listens or the one that dials. */
export type Side = "server" | "client";

/** A frame that crossed, as the kit has seen it. */
export interface Seen {
  from: "kit" | "peer";
  text: string;
}

/** What the peer did against a rule, whatever is being looked at. */
export interface Fault {
  /** A rule of the rule book, or `schema`. */
  rule: string;
  expected: string;
  got: string;
  frame?: string;
}

/** The other end under test. */
export interface Subject {
  /** What came before belongs to the check before. */
  begin(): void;
  /** Frames since `begin`, oldest first. */
  frames(): readonly Seen[];
  /** Since `begin`. */
  faults(): readonly Fault[];
  /** Ends what a check has left open. */
  rest(): Promise<void>;
  /** What must be shown nowhere, beside what the options name. */
  secrets(): readonly string[];
  close(): Promise<void>;
}

/** One thing to try. It ends well, or throws `Broken` or `Unseen`. */
export interface Check<Tested extends Subject> {
  rules: readonly string[];
  title: string;
  run(subject: Tested): Promise<void>;
}

/** Rules that no check of a suite looks at, and why. */
export interface Unchecked {
  verdict: "not observed" | "not applicable" | "not testable";
  why: string;
  rules: readonly string[];
}

/** What a person chose. */
export interface ConformOptions {
  /** Where the server is; empty where the kit listens. */
  url: string;
  /** Where the kit listens; 0 takes a free port. */
  port: number;
  /** The longest wait for one thing. */
  timeoutMs: number;
  seed: number;
  /** How many generated values. */
  runs: number;
  /** The account that is spoken for or let in. */
  account?: string;
  /** Its token or secret. */
  token?: string;
  /** An origin that the server allows. */
  origin?: string;
  /** Bytes of the largest frame that the server takes. */
  maxPayload: number;
  /** Told where the kit listens, and what the other end needs to find it. */
  listening(address: string, config: Readonly<Record<string, unknown>>): void;
}

/** The rule was not kept. */
export class Broken extends Error {
  override name = "Broken";
  readonly expected: string;
  readonly got: string;

  constructor(expected: string, got: string) {
    super(`expected ${expected}, got ${got}`);
    this.expected = expected;
    this.got = got;
  }
}

/** There is nobody at the other end. */
export class Unreachable extends Error {
  override name = "Unreachable";
}

/** What the rule is about did not happen, so nothing can be said. */
export class Unseen extends Error {
  override name = "Unseen";
}

export function expectThat(holds: boolean, expected: string, got: () => string): asserts holds {
  if (!holds) throw new Broken(expected, got());
}
