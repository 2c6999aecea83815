/** One row of a report: what was measured of ours, and of the floor or of others in the same run. */
export interface Figure {
  /** The heading it stands under. */
  bench: string;
  case: string;
  /** Of `ours`, `floor` and `others`. */
  unit: string;
  ours: number;
  /** What the same work costs, or brings, without us. */
  floor?: number;
  others?: Readonly<Record<string, number>>;
  target?: Target;
}

/** What the figure is held to: the ratio of ours to the floor, or ours alone. */
export interface Target {
  of: "ratio" | "ours";
  at: "most" | "least";
  value: number;
}

/** Says what is going on, for whoever waits. */
export type Tell = (line: string) => void;

export type Measure = (tell: Tell) => Promise<Figure[]>;

export function ratioOf({ ours, floor }: Figure): number | undefined {
  return floor === undefined || floor === 0 ? undefined : ours / floor;
}

/** Undefined where there is no target, or nothing to hold to it. */
export function isReached(figure: Figure): boolean | undefined {
  const { target } = figure;
  const value = target?.of === "ratio" ? ratioOf(figure) : figure.ours;
  if (!target || value === undefined || Number.isNaN(value)) return undefined;
  return target.at === "most" ? value <= target.value : value >= target.value;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value that this share of all values is not above. */
export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;
}

/** Three significant digits, as a person would write them. */
export function written(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString("en", { maximumFractionDigits: Math.min(3, digits), useGrouping: true });
}
