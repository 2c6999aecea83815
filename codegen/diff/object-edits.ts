import type { Node, ObjectShape, Property } from "../ir.ts";
import { nodeForProperty } from "../merge.ts";
import { type Edit, step } from "./change.ts";
import { edited, limitEdits, type Walk } from "./edits.ts";
import { isPatternedWithin, isPropertyWithin, isRestWithin, isWithin } from "./within.ts";
import { wordsOf } from "./words.ts";

type ObjectNode = Node & ObjectShape;

/** The differences of two objects: of what they name, and of what they say of all else. */
export function objectEdits(old: ObjectNode, now: ObjectNode, path: string, walk: Walk): Edit[] {
  const counts = limitEdits(now, path, [
    ["minProperties", "least", old.minProperties, now.minProperties],
    ["maxProperties", "most", old.maxProperties, now.maxProperties],
  ]);
  const names = new Set([...old.properties, ...now.properties].map(({ name }) => name));
  const named = [...names].flatMap((name) => propertyEdits(name, old, now, path, walk));
  return [...counts, ...named, ...patternEdits(old, now, path, walk), ...extraEdits(old, now, path, walk)];
}

function propertyEdits(name: string, old: ObjectNode, now: ObjectNode, path: string, walk: Walk): Edit[] {
  const [was, is] = [old, now].map((shape) => shape.properties.find((property) => property.name === name));
  const at = `${path}${step(name)}`;
  if (!was) return is ? [added(is, old, now, at, walk)] : [];
  if (!is) return [removed(was, old, now, at, walk)];
  const inner = walk.edits(was.node, is.node, at);
  if (was.required === is.required) return inner;
  const facts = { path: at, what: "property", was: presence(was), is: presence(is), place: is.node.place };
  return [edited(facts, is.required ? `a value without "${name}"` : undefined, was.required ? `a value without "${name}"` : undefined), ...inner];
}

function presence({ required }: Property): string {
  return required ? "required" : "optional";
}

function added(is: Property, old: ObjectNode, now: ObjectNode, path: string, walk: Walk): Edit {
  const { name } = is;
  const facts = { path, what: "property", was: "none", is: `${presence(is)} ${wordsOf(is.node)}`, place: is.node.place };
  const isTaken = isPropertyWithin(name, old, now, (a, b) => isWithin(a, b, walk.forth));
  const refusedNow = is.required ? `a value without "${name}"` : isTaken ? undefined : `another value of "${name}"`;
  return edited(facts, refusedNow, whyStranger(name, is.node, old, walk.back));
}

function removed(was: Property, old: ObjectNode, now: ObjectNode, path: string, walk: Walk): Edit {
  const { name } = was;
  const facts = { path, what: "property", was: `${presence(was)} ${wordsOf(was.node)}`, is: "none", side: "old" as const, place: was.node.place };
  const isTaken = isPropertyWithin(name, now, old, (a, b) => isWithin(a, b, walk.back));
  const refusedBefore = was.required ? `a value without "${name}"` : isTaken ? undefined : `another value of "${name}"`;
  return edited(facts, whyStranger(name, was.node, now, walk.forth), refusedBefore);
}

/** Why an object that does not name a property refuses it. */
function whyStranger(name: string, node: Node, shape: ObjectNode, pair: Walk["forth"]): string | undefined {
  const there = nodeForProperty(shape, name);
  if (isWithin(node, there, pair)) return undefined;
  return there.kind === "never" ? `the field "${name}" is unknown` : `"${name}" where fields without a name are ${wordsOf(there)}`;
}

function patternEdits(old: ObjectNode, now: ObjectNode, path: string, walk: Walk): Edit[] {
  const patterns = new Set([...old.patterns, ...now.patterns].map(([pattern]) => pattern));
  return [...patterns].flatMap((pattern) => {
    const [was, is] = [old, now].map((shape) => shape.patterns.find(([other]) => other === pattern)?.[1]);
    const at = `${path}/*`;
    if (was && is) return walk.edits(was, is, at);
    const words = `fields that match ${pattern}`;
    const reason = `another value of ${words}`;
    const facts = { path: at, what: words, was: was ? wordsOf(was) : "none", is: is ? wordsOf(is) : "none" };
    if (is) {
      const isTaken = isPatternedWithin(pattern, is, old, (a, b) => isWithin(a, b, walk.forth));
      const isKnown = isWithin(is, old.extra, walk.back);
      return [edited({ ...facts, place: is.place }, isTaken ? undefined : reason, isKnown ? undefined : `${words} are unknown`)];
    }
    if (!was) return [];
    const isKnown = isWithin(was, now.extra, walk.forth);
    const isTaken = isPatternedWithin(pattern, was, now, (a, b) => isWithin(a, b, walk.back));
    return [edited({ ...facts, side: "old", place: was.place }, isKnown ? undefined : `${words} are unknown`, isTaken ? undefined : reason)];
  });
}

function extraEdits(old: ObjectNode, now: ObjectNode, path: string, walk: Walk): Edit[] {
  const [was, is] = [old.extra, now.extra];
  if (was.kind === "any" && is.kind === "any") return [];
  if (was.kind !== "never" && is.kind !== "never" && was.kind !== "any" && is.kind !== "any") return walk.edits(was, is, `${path}/*`);
  if (was.kind === is.kind) return [];
  const facts = { path: `${path}/*`, what: "unnamed fields", was: wordsOf(was), is: wordsOf(is), place: now.place };
  const isKept = isRestWithin({ ...old, patterns: [] }, now, (a, b) => isWithin(a, b, walk.forth));
  const isKnown = isRestWithin({ ...now, patterns: [] }, old, (a, b) => isWithin(a, b, walk.back));
  return [edited(facts, isKept ? undefined : "a field without a name in the document", isKnown ? undefined : "a field without a name in its document")];
}
