import type { Node, Place } from "../ir.ts";
import { isAtLeast, isAtMost, isFormatChecked, isMultipleWithin, isPatternWithin, lowerBound, upperBound } from "./bounds.ts";
import type { Edit, Side } from "./change.ts";
import { listEdits } from "./list-edits.ts";
import { objectEdits } from "./object-edits.ts";
import { unionEdits } from "./union-edits.ts";
import { isList, isWithin, type Pair, resolve } from "./within.ts";
import { boundInWords, valuesInWords, wordsOf } from "./words.ts";

/** Two documents side by side while their schemas are walked together. */
export class Walk {
  /** What the new document must accept of the old one. */
  readonly forth: Pair;
  /** What the old document must accept of the new one. */
  readonly back: Pair;
  /** Pointers below which everything is as it is at another pointer, where a type holds itself. */
  readonly aliases: Map<string, string>;
  readonly #above: ReadonlyMap<string, string>;

  constructor(forth: Pair, above: ReadonlyMap<string, string> = new Map(), aliases = new Map<string, string>()) {
    this.forth = forth;
    this.back = { from: forth.to, to: forth.from };
    this.#above = above;
    this.aliases = aliases;
  }

  /** Every difference of two nodes, outermost first. Types that hold themselves are walked once on the way down. */
  edits(old: Node, now: Node, path: string): Edit[] {
    if (old.kind !== "ref" && now.kind !== "ref") return resolvedEdits(old, now, path, this);
    const claim = `${old.kind === "ref" ? old.name : ""} ${now.kind === "ref" ? now.name : ""}`;
    const above = this.#above.get(claim);
    if (above !== undefined) {
      this.aliases.set(path, above);
      return [];
    }
    const inner = new Walk(this.forth, new Map([...this.#above, [claim, path]]), this.aliases);
    return resolvedEdits(resolve(old, this.forth.from), resolve(now, this.forth.to), path, inner);
  }

  /** An edit whose verdicts follow from the two nodes themselves. */
  judged(edit: Omit<Edit, "refusedNow" | "refusedBefore">, old: Node, now: Node): Edit {
    const [forth, back] = [isWithin(old, now, this.forth), isWithin(now, old, this.back)];
    return edited(edit, forth ? undefined : `${edit.was} where ${edit.is} is expected`, back ? undefined : `${edit.is} where ${edit.was} is expected`);
  }
}

type Facts = Omit<Edit, "refusedNow" | "refusedBefore" | "side" | "place"> & { readonly side?: Side; readonly place: Place };

/** An edit stands in the new document unless it is said to be gone. */
export function edited({ side = "new", ...facts }: Facts, refusedNow: string | undefined, refusedBefore: string | undefined): Edit {
  return { ...facts, side, ...(refusedNow !== undefined && { refusedNow }), ...(refusedBefore !== undefined && { refusedBefore }) };
}

function resolvedEdits(old: Node, now: Node, path: string, walk: Walk): Edit[] {
  return [...checkEdits(old, now, path), ...shapeEdits(old, now, path, walk)];
}

function shapeEdits(old: Node, now: Node, path: string, walk: Walk): Edit[] {
  if (old.kind === "union" || now.kind === "union") return unionEdits(old, now, path, walk);
  if (old.kind === "literal" && now.kind === "literal") return literalEdits(old, now, path);
  if (old.kind === "string" && now.kind === "string") return stringEdits(old, now, path, walk);
  if (old.kind === "number" && now.kind === "number") return numberEdits(old, now, path);
  if (old.kind === "object" && now.kind === "object") return objectEdits(old, now, path, walk);
  if (isList(old) && isList(now)) return listEdits(old, now, path, walk);
  if (old.kind === now.kind) return [];
  return [walk.judged({ path, what: "type", was: wordsOf(old), is: wordsOf(now), side: "new", place: now.place }, bare(old), bare(now))];
}

/** Further keywords are compared apart. */
function bare(node: Node): Node {
  const { checks: _checks, ...rest } = node;
  return rest;
}

function literalEdits(old: Node & { kind: "literal" }, now: Node & { kind: "literal" }, path: string): Edit[] {
  const lacks = (values: readonly unknown[], value: unknown): boolean => !values.some((other) => JSON.stringify(other) === JSON.stringify(value));
  const gone = old.values.filter((value) => lacks(now.values, value));
  const added = now.values.filter((value) => lacks(old.values, value));
  if (gone.length === 0 && added.length === 0) return [];
  const what = old.values.length === 1 && now.values.length === 1 ? "constant" : "values";
  const facts = { path, what, was: valuesInWords(old.values), is: valuesInWords(now.values), place: now.place };
  return [
    edited(
      facts,
      gone.length === 0 ? undefined : `${valuesInWords(gone)} is no value any more`,
      added.length === 0 ? undefined : `${valuesInWords(added)} is a value it does not know`,
    ),
  ];
}

/** A count: its keyword, which of the two ends it is, what it was and what it is. */
type Limit = readonly [keyword: string, end: "least" | "most", was: number | undefined, is: number | undefined];

export function limitEdits(now: Node, path: string, limits: readonly Limit[]): Edit[] {
  return limits.flatMap(([what, end, was, is]) => {
    if (was === is || (end === "least" && (was ?? 0) === (is ?? 0))) return [];
    const [before, after] = end === "least" ? [was ?? 0, is ?? 0] : [-(was ?? Infinity), -(is ?? Infinity)];
    const words = (limit: number | undefined): string => (limit === undefined ? "none" : String(limit));
    const facts = { path, what, was: words(was), is: words(is), place: now.place };
    const passed = (limit: number | undefined): string => `${end === "least" ? "less" : "more"} than ${words(limit)}`;
    return [edited(facts, after > before ? passed(is) : undefined, before > after ? passed(was) : undefined)];
  });
}

function stringEdits(old: Node & { kind: "string" }, now: Node & { kind: "string" }, path: string, walk: Walk): Edit[] {
  const edits = limitEdits(now, path, [
    ["minLength", "least", old.minLength, now.minLength],
    ["maxLength", "most", old.maxLength, now.maxLength],
  ]);
  const { place } = now;
  if (old.pattern !== now.pattern) {
    const facts = { path, what: "pattern", was: old.pattern ?? "none", is: now.pattern ?? "none", place };
    edits.push(
      edited(
        facts,
        isPatternWithin(old.pattern, now.pattern) ? undefined : `text that does not match ${now.pattern ?? ""}`,
        isPatternWithin(now.pattern, old.pattern) ? undefined : `text that does not match ${old.pattern ?? ""}`,
      ),
    );
  }
  if (old.format !== now.format) {
    const facts = { path, what: "format", was: old.format ?? "none", is: now.format ?? "none", place };
    edits.push(
      edited(
        facts,
        isFormatChecked(now.format) ? `text that is no ${now.format ?? ""}` : undefined,
        old.format === undefined ? undefined : `text that is no ${old.format}`,
      ),
    );
  }
  return [...edits, ...contentEdits(old, now, path, walk)];
}

function contentEdits(old: Node & { kind: "string" }, now: Node & { kind: "string" }, path: string, walk: Walk): Edit[] {
  const nodeOf = ({ content, place }: Node & { kind: "string" }): Node => (content === undefined ? { kind: "any", place } : { kind: "ref", name: content, place });
  if (old.content !== undefined && now.content !== undefined) return walk.edits(nodeOf(old), nodeOf(now), `${path} »`);
  if (old.content === now.content) return [];
  const facts = { path, what: "what the text says", was: old.content ?? "anything", is: now.content ?? "anything", place: now.place };
  return [
    edited(
      facts,
      now.content === undefined ? undefined : `text that is no JSON of ${now.content}`,
      old.content === undefined ? undefined : `text that is no JSON of ${old.content}`,
    ),
  ];
}

function numberEdits(old: Node & { kind: "number" }, now: Node & { kind: "number" }, path: string): Edit[] {
  const edits: Edit[] = [];
  const { place } = now;
  if (old.integer !== now.integer) {
    const facts = { path, what: "type", was: old.integer ? "integer" : "number", is: now.integer ? "integer" : "number", place };
    edits.push(edited(facts, now.integer ? "a fraction" : undefined, old.integer ? "a fraction" : undefined));
  }
  for (const [what, end, bound, isTighter] of [
    ["lowest value", "least", lowerBound, isAtLeast],
    ["highest value", "most", upperBound, isAtMost],
  ] as const) {
    const [was, is] = [boundInWords(bound(old), end), boundInWords(bound(now), end)];
    if (was === is) continue;
    const facts = { path, what, was: was || "none", is: is || "none", place };
    edits.push(
      edited(
        facts,
        isTighter(bound(old), bound(now)) ? undefined : `a number that is not ${is}`,
        isTighter(bound(now), bound(old)) ? undefined : `a number that is not ${was}`,
      ),
    );
  }
  if (old.multipleOf !== now.multipleOf) {
    const facts = { path, what: "multipleOf", was: String(old.multipleOf ?? "none"), is: String(now.multipleOf ?? "none"), place };
    edits.push(
      edited(
        facts,
        isMultipleWithin(old, now) ? undefined : `a number that is no multiple of ${now.multipleOf ?? ""}`,
        isMultipleWithin(now, old) ? undefined : `a number that is no multiple of ${old.multipleOf ?? ""}`,
      ),
    );
  }
  return edits;
}

/** Keywords without a shape say the same or they do not; what they say is not looked into. */
function checkEdits(old: Node, now: Node, path: string): Edit[] {
  const words = (node: Node, keyword: string): string[] =>
    (node.checks ?? []).filter((check) => check.keyword === keyword).map(({ written }) => JSON.stringify(written)).sort();
  const keywords = new Set([...(old.checks ?? []), ...(now.checks ?? [])].map(({ keyword }) => keyword));
  return [...keywords].flatMap((keyword) => {
    const [was, is] = [words(old, keyword), words(now, keyword)];
    if (was.join() === is.join()) return [];
    const facts = { path, what: keyword, was: was.join(" ") || "none", is: is.join(" ") || "none", place: now.place };
    const isNew = is.some((text) => !was.includes(text));
    const isGone = was.some((text) => !is.includes(text));
    return [edited(facts, isNew ? `what the new "${keyword}" refuses` : undefined, isGone ? `what the old "${keyword}" refuses` : undefined)];
  });
}
