/** One measured number beside the floor of the same run. */
export interface Figure {
  readonly bench: string;
  readonly case: string;
  readonly unit: string;
  readonly ours: number;
  readonly floor: number;
  /** Other libraries at the same work. */
  readonly others?: Readonly<Record<string, number>>;
  /** What `ours / floor` is to stay below. */
  readonly target?: number;
}

export function table(figures: readonly Figure[]): string {
  const names = [...new Set(figures.flatMap(({ others = {} }) => Object.keys(others)))];
  const rows = figures.map(({ case: name, unit, ours, floor, others = {}, target }) => [
    name,
    `${floor.toFixed(0)} ${unit}`,
    `${ours.toFixed(0)} ${unit}`,
    (ours / floor).toFixed(2),
    target === undefined ? "" : `<= ${target.toFixed(2)}`,
    ...names.map((other) => (others[other] === undefined ? "" : (others[other] / floor).toFixed(2))),
  ]);
  const head = ["", "floor", "ours", "ratio", "target", ...names];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [head, ...rows].map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  ")).join("\n");
}
