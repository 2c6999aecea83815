import { plain } from "../plain.ts";
import type { Style } from "../simulate/terminal.ts";
import { type CheckResult, countVerdicts, type Report, type RuleReport, type RuleVerdict } from "../../testing/conformance/report.ts";

export type Paint = (style: Style, text: string) => string;

const marks: Readonly<Record<RuleVerdict, readonly [Style, string]>> = {
  passed: ["green", "✓"],
  failed: ["red", "✗"],
  "not observed": ["yellow", "?"],
  "not applicable": ["dim", "·"],
  "not testable": ["dim", "·"],
};

/** For people: the rules that are broken with what was wrong, then a line for each of the others. */
export function textReport(report: Report, paint: Paint): string {
  const width = Math.max(0, ...report.rules.map(({ rule }) => rule.length));
  const isBroken = ({ verdict }: RuleReport): boolean => verdict === "failed";
  const broken = report.rules.filter(isBroken).map((row) => `${rowText(row, width, paint)}\n\n`);
  const others = report.rules.filter((row) => !isBroken(row)).map((row) => `${rowText(row, width, paint)}\n`);
  return `${[...broken, ...others].join("")}${others.length > 0 ? "\n" : ""}${summary(report)}\n`;
}

function rowText(row: RuleReport, width: number, paint: Paint): string {
  const [style, mark] = marks[row.verdict];
  const head = `${paint(style, mark)} ${row.rule.padEnd(width)}`;
  const broken = row.checks.filter(({ verdict }) => verdict === "failed");
  if (broken.length > 0) return [`${head}  ${row.statement}`, ...broken.flatMap((check) => brokenText(check, paint))].join("\n");
  if (row.verdict === "passed") return `${head}  ${passedText(row.checks)}`;
  return `${head}  ${paint("dim", `${row.verdict}: ${plain(row.why ?? "")}`)}`;
}

function passedText(checks: readonly CheckResult[]): string {
  const [first, ...others] = checks.filter(({ verdict }) => verdict === "passed");
  return `${first?.title ?? ""}${others.length > 0 ? `, and ${others.length} more` : ""}`;
}

function brokenText({ title, expected = "", got = "", frames = [] }: CheckResult, paint: Paint): string[] {
  const lines = [paint("red", `    ${title}`), `      expected: ${plain(expected)}`, `      got:      ${plain(got)}`];
  return frames.length === 0 ? lines : [...lines, "      frames:", ...frames.map((frame) => paint("dim", `        ${plain(frame)}`))];
}

function summary(report: Report): string {
  const counts = Object.entries(countVerdicts(report)).filter(([, count]) => count > 0);
  return `${report.protocol}, ${report.side}: ${counts.map(([verdict, count]) => `${count} ${verdict}`).join(", ")} (seed ${report.seed})`;
}
