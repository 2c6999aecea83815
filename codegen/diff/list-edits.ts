import type { Node } from "../ir.ts";
import type { Edit } from "./change.ts";
import { edited, limitEdits, type Walk } from "./edits.ts";
import { itemOf } from "./within.ts";

type List = Node & { kind: "array" | "tuple" };

/** The differences of two arrays, with or without places of their own for the first items. */
export function listEdits(old: List, now: List, path: string, walk: Walk): Edit[] {
  const written = Math.max(old.kind === "tuple" ? old.items.length : 0, now.kind === "tuple" ? now.items.length : 0);
  const items = [...Array.from({ length: written }, (_, index) => index), -1].flatMap((index) => {
    const [was, is] = [itemOf(old, index), itemOf(now, index)];
    return was.kind === "any" && is.kind === "any" ? [] : walk.edits(was, is, `${path}/${index === -1 ? "*" : index}`);
  });
  const counts = limitEdits(now, path, [
    ["minItems", "least", old.minItems, now.minItems],
    ["maxItems", "most", old.maxItems, now.maxItems],
  ]);
  return [...counts, ...uniqueEdits(old, now, path), ...items];
}

function uniqueEdits(old: List, now: List, path: string): Edit[] {
  const [was, is] = [old, now].map((list) => list.kind === "array" && list.uniqueItems === true);
  if (was === is) return [];
  const facts = { path, what: "uniqueItems", was: String(was), is: String(is), place: now.place };
  return [edited(facts, is ? "an item twice" : undefined, was ? "an item twice" : undefined)];
}
