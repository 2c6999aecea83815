import { isProven, type Proof } from "./prove.ts";

const LONGEST_VALUE = 120;
const SHOWN_LINES = 10;

/** One line of a document, and below it what is wrong with it. */
export function describeProof(proof: Proof, document: string): string {
  const { refusals, crash, typeErrors, drawings } = proof;
  return [
    `${verdictOf(proof)}  ${document}  ${summaryOf(proof)}`,
    ...few(crash?.split("\n") ?? []).map(indented),
    ...few(refusals).map(indented),
    ...few(typeErrors).map(indented),
    ...table(drawings.flatMap(({ faults }) => faults).map(({ of, what, expected, actual, value }) => [of, what, expected, actual, shorten(value)])),
  ].join("\n");
}

export function describeAll(proofs: readonly Proof[]): string {
  const count = (isWanted: (proof: Proof) => boolean): number => proofs.filter(isWanted).length;
  const refused = count(({ refusals }) => refusals.length > 0);
  const faulty = count((proof) => proof.refusals.length === 0 && !isProven(proof));
  const messages = proofs.reduce((sum, proof) => sum + proof.messages, 0);
  return `${plural(proofs.length, "document")}, ${plural(messages, "message")}: ${count(isProven)} proven, ${refused} refused, ${faulty} with faults`;
}

function verdictOf(proof: Proof): string {
  return proof.refusals.length > 0 ? "refused" : isProven(proof) ? "proven " : "FAULTY ";
}

function summaryOf({ crash, refusals, messages, drawings, unbreakable, seconds }: Proof): string {
  if (crash !== undefined) return "the generator crashed; please report it";
  if (refusals.length > 0) return plural(refusals.length, "error");
  const sum = (drawn: string): string => drawings.filter((each) => each.drawn === drawn).reduce((total, { count }) => total + count, 0).toLocaleString("en");
  const impossible = drawings.filter(({ isImpossible, drawn }) => isImpossible && drawn === "values").map(({ of }) => of);
  const [slowest] = drawings.toSorted((a, b) => b.ms - a.ms);
  return [
    `${plural(messages, "message")}, ${sum("values")} values and ${sum("near misses")} near misses in ${seconds.toFixed(1)} s`,
    ...(slowest && slowest.ms > 1000 ? [`slowest ${slowest.of} with ${(slowest.ms / 1000).toFixed(1)} s`] : []),
    ...(unbreakable.length > 0 ? [`any value is accepted by ${few(unbreakable).join(", ")}`] : []),
    ...(impossible.length > 0 ? [`no value can be a ${few(impossible).join(", ")}`] : []),
  ].join("; ");
}

function indented(line: string): string {
  return `  ${line.trim()}`;
}

function few(lines: readonly string[]): string[] {
  return lines.length <= SHOWN_LINES ? [...lines] : [...lines.slice(0, SHOWN_LINES), `and ${lines.length - SHOWN_LINES} more`];
}

function table(rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const all = [["of", "what", "expected", "came", "value"], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()}`);
}

function shorten(value: unknown): string {
  const text = value === undefined ? "" : JSON.stringify(value);
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}… (${text.length} characters)`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
