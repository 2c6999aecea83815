import { system } from "../../core/system.ts";
import { Broken, type Check, type ConformOptions, type Fault, type Side, type Subject, type Unchecked, Unseen } from "./check.ts";
import { type CheckResult, type Report, resultOf, rowsOf } from "./report.ts";
import { readRuleBook, type Rule, schemaRule } from "./rulebook.ts";

export interface SuiteParts<Tested extends Subject> {
  protocol: string;
  /** Its rule book, where the protocol is none of ours. */
  book?: URL;
  side: Side;
  open(options: ConformOptions): Promise<Tested>;
  checks: readonly Check<Tested>[];
  /** None unless said. */
  unchecked?: readonly Unchecked[];
}

/** The black-box checks of one end of a protocol. */
export interface Suite extends Pick<SuiteParts<Subject>, "protocol" | "side"> {
  unchecked: readonly Unchecked[];
  checks: readonly Pick<Check<Subject>, "rules" | "title">[];
  run(options: ConformOptions, running?: Running): Promise<Report>;
}

export interface Running {
  /** Only what is about this rule. */
  rule?: string;
  /** Told before each check, and of what came of it. */
  begins?: (title: string, place: { index: number; of: number }) => void;
  tell?: (result: CheckResult) => void;
}

export function defineSuite<Tested extends Subject>(parts: SuiteParts<Tested>): Suite {
  const { protocol, side, checks, unchecked = [] } = parts;
  return { protocol, side, checks, unchecked, run: (options, running = {}) => runSuite(parts, options, running) };
}

async function runSuite<Tested extends Subject>(parts: SuiteParts<Tested>, options: ConformOptions, { rule, begins, tell }: Running): Promise<Report> {
  const { protocol, side, unchecked = [] } = parts;
  const whole = await readRuleBook(protocol, parts.book);
  expectRules({ ...parts, unchecked }, whole);
  const book = whole.filter(({ id }) => rule === undefined || id === rule);
  // What a frame looks like shows in every check.
  const checks = parts.checks.filter(({ rules }) => rule === undefined || rule === schemaRule || rules.includes(rule));
  const results: CheckResult[] = [];
  const add = (result: CheckResult): void => {
    results.push(result);
    tell?.(result);
  };
  const subject = await parts.open(options);
  let isSpokenTo = false;
  try {
    for (const [index, check] of checks.entries()) {
      begins?.(check.title, { index, of: checks.length });
      const found = await tryOut(check, subject, options);
      for (const result of found) if (result.rules.some((id) => book.some((row) => row.id === id)) && !isKnown(results, result)) add(result);
      isSpokenTo ||= subject.frames().some(({ from }) => from === "peer");
    }
  } finally {
    await subject.close();
  }
  const isBad = results.some(({ rules, verdict }) => rules.includes(schemaRule) && verdict === "failed");
  if (isSpokenTo && !isBad && book.some(({ id }) => id === schemaRule)) add({ rules: [schemaRule], title: "sends frames that the document describes", verdict: "passed", ms: 0 });
  return { protocol, side, seed: options.seed, rules: rowsOf(book, results, unchecked) };
}

/** What a check finds of a rule that is not there would be told nowhere. */
function expectRules({ protocol, checks, unchecked }: Pick<Suite, "protocol" | "checks" | "unchecked">, book: readonly Rule[]): void {
  const strange = [...checks, ...unchecked].flatMap(({ rules }) => rules).filter((rule) => !book.some(({ id }) => id === rule));
  if (strange.length > 0) throw new Error(`the suite of ${protocol} looks at ${strange.join(", ")}, which its rule book does not have: it has ${book.map(({ id }) => id).join(", ")}`);
}

/** One fault shows in many checks, and is told once. */
function isKnown(results: readonly CheckResult[], { rules, title, expected }: CheckResult): boolean {
  return results.some((known) => known.rules[0] === rules[0] && known.title === title && known.expected === expected);
}

async function tryOut<Tested extends Subject>(check: Check<Tested>, subject: Tested, options: ConformOptions): Promise<CheckResult[]> {
  subject.begin();
  const began = system.now();
  const verdict = await judge(check, subject);
  const faults = subject.faults();
  await subject.rest();
  const mine = faults.find(({ rule }) => check.rules.includes(rule));
  const result = { rules: check.rules, title: check.title, ms: system.now() - began, ...(verdict.verdict === "failed" || !mine ? verdict : failed(mine, subject)) };
  const secrets = [options.token ?? "", ...subject.secrets()].filter((secret) => secret !== "");
  // What follows from a broken rule is no finding of its own; what a frame looks like is.
  const others = faults.filter(({ rule }) => !check.rules.includes(rule) && (verdict.verdict !== "failed" || rule === schemaRule));
  return [result, ...others.map(resultOf)].map((each) => masked(each, secrets));
}

type Verdict = Pick<CheckResult, "verdict" | "why" | "expected" | "got" | "frames">;

async function judge<Tested extends Subject>(check: Check<Tested>, subject: Tested): Promise<Verdict> {
  try {
    await check.run(subject);
    return { verdict: "passed" };
  } catch (cause) {
    if (cause instanceof Unseen) return { verdict: "not observed", why: cause.message };
    if (cause instanceof Broken) return failed(cause, subject);
    throw cause;
  }
}

/** What stands before a failure tells how it came about; the rest of a long talk does not. */
const framesShown = 6;

function failed({ expected, got, frame }: Pick<Fault, "expected" | "got" | "frame">, subject: Subject): Verdict {
  const crossed = subject.frames().slice(-framesShown).map(({ from, text }) => `${from === "kit" ? "→" : "←"} ${text}`);
  return { verdict: "failed", expected, got, frames: frame === undefined || crossed.some((text) => text.endsWith(frame)) ? crossed : [...crossed, `← ${frame}`] };
}

function masked(result: CheckResult, secrets: readonly string[]): CheckResult {
  const mask = (text: string): string => secrets.reduce((shown, secret) => shown.replaceAll(secret, "•••"), text);
  const { why, expected, got, frames } = result;
  return {
    ...result,
    ...(why !== undefined && { why: mask(why) }),
    ...(expected !== undefined && { expected: mask(expected) }),
    ...(got !== undefined && { got: mask(got) }),
    ...(frames && { frames: frames.map((frame) => mask(clipped(frame))) }),
  };
}

const mostCharacters = 400;

function clipped(text: string): string {
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters)}… (${text.length} characters)` : text;
}
