import type { styleText } from "node:util";
import { plain } from "../plain.ts";
import type { Finding, Verdict } from "./check.ts";

export interface AccountReport {
  channel: string;
  account: string;
  /** Without what may be a secret. */
  address?: string;
  checks: readonly CheckReport[];
}

export type CheckReport = { check: string; ms: number } & Finding;

export interface DoctorReport {
  /** The configuration that was read. */
  config?: string;
  accounts: readonly AccountReport[];
  summary: Readonly<Record<Verdict, number>>;
}

type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

const marks: Readonly<Record<Verdict, readonly [style: Parameters<typeof styleText>[0], mark: string]>> = {
  pass: ["green", "✓"],
  skip: ["dim", "·"],
  warn: ["yellow", "!"],
  fail: ["red", "✗"],
};

export function summarize(accounts: readonly AccountReport[]): DoctorReport["summary"] {
  const summary = { pass: 0, skip: 0, warn: 0, fail: 0 };
  for (const { checks } of accounts) for (const { verdict } of checks) summary[verdict] += 1;
  return summary;
}

/** 2 where nothing could be checked. */
export function exitCodeOf({ pass, warn, fail }: DoctorReport["summary"]): number {
  if (fail > 0) return 1;
  return pass + warn > 0 ? 0 : 2;
}

/** For people: an account after the other, and below what is not good what to do. */
export function textReport({ config, accounts, summary }: DoctorReport, paint: Paint): string {
  const counts = Object.entries(summary).filter(([, count]) => count > 0);
  const parts = accounts.map((account) => accountText(account, paint));
  const where = config === undefined ? [] : [paint("dim", config)];
  return `${[...where, ...parts, counts.map(([verdict, count]) => `${count} ${verdict}`).join(", ")].join("\n\n")}\n`;
}

function accountText({ channel, account, address, checks }: AccountReport, paint: Paint): string {
  const head = `${paint("bold", plain(`${channel} ${account}`.trim()))}${address === undefined ? "" : `  ${plain(address)}`}`;
  const width = Math.max(...checks.map(({ check }) => check.length));
  const lines = checks.flatMap((row) => {
    const [style, mark] = marks[row.verdict];
    const line = `  ${paint(style, mark)} ${row.check.padEnd(width)}  ${plain(row.found)}`;
    return row.verdict === "pass" ? [line] : [line, paint("dim", `    ${" ".repeat(width)}  → ${plain(row.remedy)}`)];
  });
  return [head, ...lines].join("\n");
}
