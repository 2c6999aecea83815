import type { Json, Node } from "../ir.ts";
import type { Edit } from "./change.ts";
import { edited, type Walk } from "./edits.ts";
import { isWithin, resolve, type Types } from "./within.ts";
import { wordsOf } from "./words.ts";

/** The differences of two lists of branches; what has no branches counts as a list of one. */
export function unionEdits(old: Node, now: Node, path: string, walk: Walk): Edit[] {
  const [before, after] = [branchesOf(old), branchesOf(now)];
  const { pairs, gone, added } = matched(before, after, walk);
  return [
    ...pairs.flatMap(([was, is]) => pairedEdits(was, is, { old, now, path, walk })),
    ...gone.map((branch) => {
      const facts = { path, what: "branch", was: wordsOf(branch), is: "none", side: "old" as const, place: branch.place };
      return edited(facts, isWithin(branch, now, walk.forth) ? undefined : `${wordsOf(branch)} is no branch any more`, undefined);
    }),
    ...added.map((branch) => {
      const facts = { path, what: "branch", was: "none", is: wordsOf(branch), place: branch.place };
      return edited(facts, undefined, isWithin(branch, old, walk.back) ? undefined : `${wordsOf(branch)} is a branch it does not know`);
    }),
    ...tagEdits(old, now, path),
  ];
}

interface Around {
  readonly old: Node;
  readonly now: Node;
  readonly path: string;
  readonly walk: Walk;
}

/** What one branch refuses may be taken by another one. */
function pairedEdits(was: Node, is: Node, { old, now, path, walk }: Around): Edit[] {
  const edits = walk.edits(was, is, path);
  const isKept = edits.some(({ refusedNow }) => refusedNow !== undefined) && isWithin(was, now, walk.forth);
  const isKnown = edits.some(({ refusedBefore }) => refusedBefore !== undefined) && isWithin(is, old, walk.back);
  return edits.map(({ refusedNow, refusedBefore, ...facts }) =>
    edited(facts, isKept ? undefined : refusedNow, isKnown ? undefined : refusedBefore),
  );
}

function branchesOf(node: Node): readonly Node[] {
  return node.kind === "union" ? node.branches : [node];
}

interface Matched {
  readonly pairs: readonly (readonly [Node, Node])[];
  readonly gone: readonly Node[];
  readonly added: readonly Node[];
}

/** Branches belong together that are the same, that say the same constants, or that have the same name or kind. */
function matched(before: readonly Node[], after: readonly Node[], walk: Walk): Matched {
  const isSame = (a: Node, b: Node): boolean => isWithin(a, b, walk.forth) && isWithin(b, a, walk.back);
  const { from, to } = walk.forth;
  const tests = [
    isSame,
    (a: Node, b: Node): boolean => constantsOf(a, from) !== "" && constantsOf(a, from) === constantsOf(b, to),
    (a: Node, b: Node): boolean => a.kind === "ref" && b.kind === "ref" && a.name === b.name && !isRetagged(a, b, walk),
    (a: Node, b: Node): boolean => resolve(a, from).kind === resolve(b, to).kind && !isRetagged(a, b, walk),
  ];
  const pairs: (readonly [Node, Node])[] = [];
  let [gone, added] = [[...before], [...after]];
  for (const test of tests) {
    for (const was of gone) {
      const is = added.find((candidate) => test(was, candidate));
      if (!is) continue;
      pairs.push([was, is]);
      added = added.filter((other) => other !== is);
    }
    gone = gone.filter((branch) => !pairs.some(([was]) => was === branch));
  }
  return { pairs, gone, added };
}

/** Whether two branches say different constants, and so are not one branch that was edited. */
function isRetagged(a: Node, b: Node, walk: Walk): boolean {
  return constantsOf(a, walk.forth.from) !== constantsOf(b, walk.forth.to);
}

/** The required properties of an object that have one value only. */
function constantsOf(node: Node, types: Types): string {
  const object = resolve(node, types);
  if (object.kind !== "object") return "";
  const constants = object.properties.flatMap(({ name, required, node: property }): [string, Json][] => {
    const literal = resolve(property, types);
    return required && literal.kind === "literal" && literal.values.length === 1 ? [[name, literal.values]] : [];
  });
  return constants.length === 0 ? "" : JSON.stringify(constants.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function tagEdits(old: Node, now: Node, path: string): Edit[] {
  const [was, is] = [old, now].map((node) => (node.kind === "union" ? node.tag : undefined));
  if (was === is || was === undefined || is === undefined) return [];
  const facts = { path, what: "discriminator", was, is, place: now.place };
  return [edited(facts, `branches are told apart by "${is}"`, `branches are told apart by "${was}"`)];
}
