import type { Fault, Side, Unchecked } from "./check.ts";
import { type Rule, schemaRule } from "./rulebook.ts";

/** What came of one check. */
export interface CheckResult {
  rules: readonly string[];
  title: string;
  verdict: "passed" | "failed" | "not observed";
  /** Why it was not observed. */
  why?: string;
  expected?: string;
  got?: string;
  /** The last frames before it failed, oldest first; `→` is what the kit sent, `←` what came. */
  frames?: readonly string[];
  ms: number;
}

export type RuleVerdict = CheckResult["verdict"] | Unchecked["verdict"];

export interface RuleReport {
  rule: string;
  statement: string;
  verdict: RuleVerdict;
  why?: string;
  checks: readonly CheckResult[];
}

export interface Report {
  protocol: string;
  side: Side;
  seed: number;
  rules: readonly RuleReport[];
}

/** A fault that no check was looking for, told as if one had been. */
export function resultOf({ rule, expected, got, frame }: Fault): CheckResult {
  const title = rule === schemaRule ? "sends frames that the document describes" : "keeps this rule in all that it sends";
  return { rules: [rule], title, verdict: "failed", expected, got, ...(frame !== undefined && { frames: [`← ${frame}`] }), ms: 0 };
}

/** One row for each rule: the worst that its checks have found, else why there was none. */
export function rowsOf(book: readonly Rule[], results: readonly CheckResult[], unchecked: readonly Unchecked[]): RuleReport[] {
  return book.map(({ id, statement }) => {
    const checks = results.filter(({ rules }) => rules.includes(id));
    const reason = unchecked.find(({ rules }) => rules.includes(id));
    const verdict = verdictOf(checks) ?? reason?.verdict ?? "not observed";
    const why = verdict === "passed" || verdict === "failed" ? undefined : (checks.find((check) => check.why !== undefined)?.why ?? reason?.why ?? "no frame came that it is about");
    return { rule: id, statement, verdict, ...(why !== undefined && { why }), checks };
  });
}

function verdictOf(checks: readonly CheckResult[]): CheckResult["verdict"] | undefined {
  return (["failed", "passed", "not observed"] as const).find((verdict) => checks.some((check) => check.verdict === verdict));
}

export function countVerdicts({ rules }: Report): Readonly<Record<RuleVerdict, number>> {
  const count = (verdict: RuleVerdict): number => rules.filter((row) => row.verdict === verdict).length;
  return { passed: count("passed"), failed: count("failed"), "not observed": count("not observed"), "not applicable": count("not applicable"), "not testable": count("not testable") };
}
