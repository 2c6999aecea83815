import { type Profiler, Session } from "node:inspector";

/** The counters that V8 keeps for every block of code of this process. */
export interface Counters {
  /** The blocks that ran since this was called the last time, and those beside them that did not. */
  take(): readonly Profiler.ScriptCoverage[];
  stop(): void;
}

export function startCounters(): Counters {
  const session = new Session();
  session.connect();
  session.post("Profiler.enable");
  session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  return {
    take() {
      let taken: readonly Profiler.ScriptCoverage[] = [];
      // A session with its own thread answers before `post` returns.
      session.post("Profiler.takePreciseCoverage", (failure, { result }) => {
        if (failure) throw failure;
        taken = result;
      });
      return taken;
    },
    stop: () => session.disconnect(),
  };
}

/** Characters of a file's code, the last one not included. */
type Stretch = readonly [start: number, end: number];

/** What one target has reached so far: of each function that ran, the stretches that never did. */
export class Reach {
  /** Stretches of code that were new when they were learned. */
  blocks = 0;
  private readonly counters: Counters;
  private readonly counts: (url: string) => boolean;
  private readonly unreached = new Map<string, readonly Stretch[]>();

  constructor(counters: Counters, counts: (url: string) => boolean) {
    this.counters = counters;
    this.counts = counts;
  }

  /** Forgets what ran until now without looking at it. */
  skip(): void {
    this.counters.take();
  }

  /** Whether anything new ran since the last look. */
  isNew(): boolean {
    return this.look(false) > 0;
  }

  /** The same, and from now on it is known. */
  learn(): boolean {
    const found = this.look(true);
    this.blocks += found;
    return found > 0;
  }

  private look(keeps: boolean): number {
    let found = 0;
    for (const script of this.counters.take()) {
      if (!this.counts(script.url)) continue;
      for (const functions of areasOf(script)) {
        const [area] = functions[0]?.ranges ?? [];
        if (!area) continue;
        const key = `${area.startOffset} ${script.url}`;
        const before = this.unreached.get(key) ?? [[area.startOffset, area.endOffset]];
        const { ran, idle } = splitRanges(functions.flatMap(({ ranges }) => ranges));
        found += intersect(before, ran).length;
        if (keeps) this.unreached.set(key, intersect(before, idle));
      }
    }
    return found;
  }
}

/** What ran and what did not: an inner range knows better than the one around it. */
function splitRanges(ranges: readonly Profiler.CoverageRange[]): { ran: Stretch[]; idle: Stretch[] } {
  const split: { ran: Stretch[]; idle: Stretch[] } = { ran: [], idle: [] };
  const around: Profiler.CoverageRange[] = [];
  let at = 0;
  const advance = (to: number) => {
    const inner = around.at(-1);
    if (inner && to > at) (inner.count > 0 ? split.ran : split.idle).push([at, to]);
    at = Math.max(at, to);
  };
  const close = (before: number) => {
    for (let inner = around.at(-1); inner && inner.endOffset <= before; inner = around.at(-1)) {
      advance(inner.endOffset);
      around.pop();
    }
  };
  for (const range of ranges.toSorted((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset)) {
    close(range.startOffset);
    advance(range.startOffset);
    around.push(range);
  }
  close(Infinity);
  return split;
}

/** What is in both; each of them in order. */
function intersect(left: readonly Stretch[], right: readonly Stretch[]): Stretch[] {
  const both: Stretch[] = [];
  for (let a = 0, b = 0; a < left.length && b < right.length; ) {
    const [one, other] = [left[a] ?? [0, 0], right[b] ?? [0, 0]];
    const [start, end] = [Math.max(one[0], other[0]), Math.min(one[1], other[1])];
    if (start < end) both.push([start, end]);
    if (one[1] < other[1]) a++;
    else b++;
  }
  return both;
}

/** The functions that ran, each with those inside it: they stand in the order in which they begin. */
function areasOf({ functions }: Profiler.ScriptCoverage): Profiler.FunctionCoverage[][] {
  const areas: Profiler.FunctionCoverage[][] = [];
  let end = 0;
  for (const each of functions) {
    const [outer] = each.ranges;
    if (!outer) continue;
    if (outer.startOffset < end) areas.at(-1)?.push(each);
    else if (outer.count > 0) {
      areas.push([each]);
      end = outer.endOffset;
    }
  }
  return areas;
}

/** What we have written or generated, and not what draws values for tests. */
export function isOurs(url: string): boolean {
  return /\/(src|generated)\//.test(url) && !/node_modules|\/src\/testing\/|arbitraries/.test(url);
}
