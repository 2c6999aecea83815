import { cpus, totalmem } from "node:os";
import { type Figure, isReached, ratioOf, written } from "./figure.ts";

/** Where and when figures were taken. */
export interface Circumstances {
  /** A commit, with a mark where the tree had changes. */
  commit: string;
  date: string;
  machine: string;
}

export function describeMachine(): string {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model.trim() ?? "unknown processor"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
}

/** The report as Markdown: first the figures with a target, then a table for each benchmark. */
export function renderReport(figures: readonly Figure[], { commit, date, machine }: Circumstances): string {
  const held = figures.filter(({ target }) => target !== undefined);
  return [
    "# Performance",
    "",
    "Written by `npm run bench`; do not edit it by hand. Every figure has its floor, or what others need for the same, from the same run: the machine is shared, so ratios say more than times.",
    "",
    `Commit ${commit}, ${date}, on ${machine}.`,
    "",
    "## Targets",
    "",
    ...table(["", "Target", "Measured", ""], held.map((figure) => [`${figure.bench}: ${figure.case}`, wanted(figure), measured(figure), isReached(figure) ? "reached" : "**missed**"])),
    "",
    ...[...Map.groupBy(figures, ({ bench }) => bench)].flatMap(([bench, rows]) => section(bench, rows)),
  ].join("\n");
}

/** The same for a terminal, of one benchmark. */
export function renderTable(figures: readonly Figure[]): string {
  return [...Map.groupBy(figures, ({ bench }) => bench)]
    .flatMap(([bench, rows]) => {
      const lines = [header(rows), ...rows.map((row) => cells(row, rows))];
      const widths = header(rows).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
      return ["", bench, ...lines.map((line) => line.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  "))];
    })
    .join("\n");
}

function section(bench: string, rows: readonly Figure[]): string[] {
  return [`## ${bench}`, "", ...table(header(rows), rows.map((row) => cells(row, rows))), ""];
}

function header(rows: readonly Figure[]): string[] {
  const hasFloor = rows.some(({ floor }) => floor !== undefined);
  return ["", "unit", "ours", ...(hasFloor ? ["floor", "ratio"] : []), ...othersOf(rows)];
}

function cells(row: Figure, rows: readonly Figure[]): string[] {
  const hasFloor = rows.some(({ floor }) => floor !== undefined);
  const ratio = ratioOf(row);
  const floor = hasFloor ? [row.floor === undefined ? "" : written(row.floor), ratio === undefined ? "" : ratio.toFixed(2)] : [];
  return [row.case, row.unit, written(row.ours), ...floor, ...othersOf(rows).map((name) => (row.others?.[name] === undefined ? "" : written(row.others[name])))];
}

function othersOf(rows: readonly Figure[]): string[] {
  return [...new Set(rows.flatMap(({ others = {} }) => Object.keys(others)))];
}

function wanted({ target, unit }: Figure): string {
  if (!target) return "";
  const sign = target.at === "most" ? "≤" : "≥";
  return target.of === "ratio" ? `${sign} ${target.value} × floor` : `${sign} ${target.value} ${unit}`;
}

function measured(figure: Figure): string {
  const ratio = ratioOf(figure);
  return figure.target?.of === "ratio" && ratio !== undefined ? `${ratio.toFixed(2)} × floor` : `${written(figure.ours)} ${figure.unit}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (row: readonly string[]) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? "---" : "---:"))), ...rows.map(line)];
}
