/** A pattern that is one anchored character class with a count, such as `^[a-z0-9_-]{1,48}$`. */
export interface ClassPattern {
  readonly negated: boolean;
  /** Inclusive ranges of code points, sorted, apart from each other, all below the surrogates. */
  readonly ranges: readonly Range[];
  readonly least: number;
  readonly most: number;
}

export type Range = readonly [number, number];

const FIRST_SURROGATE = 0xd800;

/**
 * Reads a pattern of that form; undefined for every other. Only classes whose members are no surrogates and no
 * astral characters are read, for then a UTF-16 unit decides alone: a surrogate, paired or lone, is in a negated
 * class and in no other.
 */
export function readClassPattern(pattern: string): ClassPattern | undefined {
  const parts =
    /^\^(?:\[\^(?<outside>(?:[^\]\\]|\\.)+)\]|\[(?!\^)(?<inside>(?:[^\]\\]|\\.)+)\]|(?<shorthand>\\[dw]))(?<count>\*|\+|\{\d+(?:,\d*)?\})?\$$/su.exec(
      pattern,
    )?.groups;
  if (!parts) return undefined;
  const { outside, inside, shorthand } = parts;
  const ranges = readRanges(outside ?? inside ?? shorthand ?? "");
  const count = readCount(parts["count"]);
  return ranges && count && { negated: outside !== undefined, ranges: mergeRanges(ranges), ...count };
}

/** A pattern of one length: plain characters, then classes with a count each, such as `^id-[0-7][0-9A-Z]{25}$`. */
export interface SequencePattern {
  readonly start: string;
  readonly classes: readonly ClassPattern[];
}

/** Reads a pattern of that form, with classes that are not negated; undefined for every other. */
export function readSequencePattern(pattern: string): SequencePattern | undefined {
  const { start, rest } = /^\^(?<start>[\w:-]+)(?<rest>(?:\[(?!\^)(?:[^\]\\]|\\.)+\](?:\{\d+\})?)+)\$$/su.exec(pattern)?.groups ?? {};
  if (start === undefined || rest === undefined) return undefined;
  const classes = [...rest.matchAll(/\[(?:[^\]\\]|\\.)+\](?:\{\d+\})?/gsu)].map(([text]) => readClassPattern(`^${text}$`));
  return classes.every((each) => each !== undefined) ? { start, classes } : undefined;
}

function readCount(text: string | undefined): { least: number; most: number } | undefined {
  if (text === undefined) return { least: 1, most: 1 };
  if (text === "*") return { least: 0, most: Infinity };
  if (text === "+") return { least: 1, most: Infinity };
  const [least, most] = text.slice(1, -1).split(",");
  const count = { least: Number(least), most: most === undefined ? Number(least) : most === "" ? Infinity : Number(most) };
  return count.least <= count.most ? count : undefined;
}

function readRanges(text: string): Range[] | undefined {
  const ranges: Range[] = [];
  const reader = new ClassReader(text);
  while (!reader.done) {
    const first = reader.next();
    if (first === undefined) return undefined;
    if (Array.isArray(first)) {
      ranges.push(...first);
      continue;
    }
    if (!reader.takeDash()) {
      ranges.push([first, first]);
      continue;
    }
    const last = reader.next();
    if (typeof last !== "number" || last < first) return undefined;
    ranges.push([first, last]);
  }
  return ranges.every(([, last]) => last < FIRST_SURROGATE) ? ranges : undefined;
}

const digits: Range[] = [[0x30, 0x39]];
const sets: Readonly<Record<string, Range[]>> = { d: digits, w: [...digits, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]] };
const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, "0": 0, b: 8 };

class ClassReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get done(): boolean {
    return this.#at >= this.#text.length;
  }

  /** A dash between two members makes a range; at the end it is a member. */
  takeDash(): boolean {
    if (this.#text[this.#at] !== "-" || this.#at === this.#text.length - 1) return false;
    this.#at += 1;
    return true;
  }

  /** One code point, the ranges of a shorthand, or undefined for what is not read. */
  next(): number | Range[] | undefined {
    const point = this.#text.codePointAt(this.#at);
    if (point === undefined) return undefined;
    this.#at += point > 0xffff ? 2 : 1;
    return point === 0x5c ? this.#readEscape() : point;
  }

  #readEscape(): number | Range[] | undefined {
    const rest = this.#text.slice(this.#at);
    const code = /^(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]+)\}|x([0-9a-fA-F]{2}))/u.exec(rest);
    if (code) {
      this.#at += code[0].length;
      return Number.parseInt(code[1] ?? code[2] ?? code[3] ?? "", 16);
    }
    const letter = rest[0] ?? "";
    this.#at += 1;
    if (Object.hasOwn(sets, letter)) return sets[letter];
    if (Object.hasOwn(controls, letter)) return letter === "0" && /^\d/u.test(rest.slice(1)) ? undefined : controls[letter];
    return /^[\^$\\.*+?()[\]{}|/-]$/u.test(letter) ? letter.charCodeAt(0) : undefined;
  }
}

function mergeRanges(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const before = merged.at(-1);
    if (before && first <= before[1] + 1) merged[merged.length - 1] = [before[0], Math.max(before[1], last)];
    else merged.push([first, last]);
  }
  return merged;
}

/** The code points a class accepts, surrogates left out. */
export function acceptedRanges({ negated, ranges }: ClassPattern): Range[] {
  if (!negated) return [...ranges];
  const accepted: Range[] = [];
  let from = 0;
  for (const [first, last] of ranges) {
    if (first > from) accepted.push([from, first - 1]);
    from = last + 1;
  }
  if (from < FIRST_SURROGATE) accepted.push([from, FIRST_SURROGATE - 1]);
  return [...accepted, [0xe000, 0x10ffff]];
}

/** What a class asks for, in words for people. */
export function describeClass({ negated, ranges, least, most }: ClassPattern): string {
  const isControls = ranges.every(([first, last]) => last <= 0x1f || (first >= 0x7f && last <= 0x9f));
  if (negated && isControls) return "text without control characters";
  const words = ranges.map(([first, last]) => (first === last ? showPoint(first) : `${showPoint(first)}-${showPoint(last)}`));
  const list = words.length === 1 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;
  if (negated) return `text without the characters ${list}`;
  if (most === Infinity) return least > 1 ? `at least ${least} of the characters ${list}` : `only the characters ${list}`;
  if (least === most) return `exactly ${most} of the characters ${list}`;
  return `${least > 0 ? `${least} to` : "at most"} ${most} of the characters ${list}`;
}

function showPoint(point: number): string {
  return point > 0x20 && point < 0x7f ? String.fromCodePoint(point) : `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** JavaScript for a function that tells whether a string matches. */
export function printClassTest({ negated, ranges, least, most }: ClassPattern): string {
  const bad = negated ? printMembership(ranges) : `!(${printMembership(ranges)})`;
  // In a negated class an astral character is two units but counts once.
  const counts: string[] = [];
  if (most !== Infinity) counts.push(negated ? `(s.length > ${most} && codePoints(s) > ${most})` : `s.length > ${most}`);
  if (least > 0) counts.push(negated && least > 1 ? `(s.length < ${2 * least} && codePoints(s) < ${least})` : `s.length < ${least}`);
  const guard = counts.length === 0 ? "" : `if (${counts.join(" || ")}) return false; `;
  return `(s) => { ${guard}for (let i = 0; i < s.length; i++) { const c = s.charCodeAt(i); if (${bad}) return false; } return true; }`;
}

/** JavaScript for a function that tells whether a string matches. */
export function printSequenceTest({ start, classes }: SequencePattern): string {
  const loops: string[] = [];
  let from = start.length;
  for (const { ranges, most } of classes) {
    loops.push(`for (let i = ${from}; i < ${from + most}; i++) { const c = s.charCodeAt(i); if (!(${printMembership(ranges)})) return false; } `);
    from += most;
  }
  return `(s) => { if (s.length !== ${from} || !s.startsWith(${JSON.stringify(start)})) return false; ${loops.join("")}return true; }`;
}

function printMembership(ranges: readonly Range[]): string {
  return ranges.map(([first, last]) => (first === last ? `c === ${first}` : first === 0 ? `c <= ${last}` : `(c >= ${first} && c <= ${last})`)).join(" || ");
}
