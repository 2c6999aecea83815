import { countVerdicts, type Report, type RuleReport } from "../../testing/conformance/report.ts";

/** For machines that read test reports: a case for each rule. */
export function junitReport(report: Report): string {
  const { failed, passed } = countVerdicts(report);
  const skipped = report.rules.length - failed - passed;
  const name = `${report.protocol} ${report.side}`;
  const counts = `tests="${report.rules.length}" failures="${failed}" errors="0" skipped="${skipped}"`;
  const cases = report.rules.map((row) => caseOf(row, name));
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${counts}>\n  <testsuite name="${escaped(name)}" ${counts}>\n${cases.join("\n")}\n  </testsuite>\n</testsuites>\n`;
}

function caseOf({ rule, statement, verdict, why, checks }: RuleReport, suite: string): string {
  const seconds = checks.reduce((sum, { ms }) => sum + ms, 0) / 1000;
  const head = `    <testcase classname="${escaped(suite)}" name="${escaped(`${rule} ${statement}`)}" time="${seconds}"`;
  if (verdict === "passed") return `${head}/>`;
  if (verdict !== "failed") return `${head}><skipped message="${escaped(`${verdict}: ${why ?? ""}`)}"/></testcase>`;
  const failures = checks.filter((check) => check.verdict === "failed").map(({ title, expected = "", got = "", frames = [] }) => {
    const message = escaped(`${title}: expected ${expected}, got ${got}`);
    return `      <failure message="${message}">${escaped(frames.join("\n"))}</failure>`;
  });
  return `${head}>\n${failures.join("\n")}\n    </testcase>`;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;" };

/** XML has no word for other control characters and for lone surrogates. */
function escaped(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.toWellFormed().replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "�").replaceAll(/[&<>"\n\t\r]/g, (character) => entities[character] ?? character);
}
