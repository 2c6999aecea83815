import type { Dispatch, DispatchCase, Json, Node, RestMessage, Tag } from "./ir.ts";
import { childOf } from "./source.ts";

/** A message as the search for tags sees it. */
export interface Candidate {
  readonly message: string;
  readonly node: Node;
  readonly hot: boolean;
}

type Resolve = (name: string) => Node;

interface TagUse {
  /** The constants the property can be, or undefined where it can be anything. */
  readonly values: ReadonlySet<Tag>;
  readonly required: boolean;
}

export function isTag(value: Json): value is Tag {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/** Finds the properties that tell messages apart. */
export function inferDispatch(candidates: readonly Candidate[], resolve: Resolve): Dispatch {
  return inferBy(candidates, resolve, new Set());
}

function inferBy(candidates: readonly Candidate[], resolve: Resolve, used: ReadonlySet<string>): Dispatch {
  // One message left after a tag needs no second one.
  const tag = used.size > 0 && candidates.length === 1 ? undefined : chooseTag(candidates, resolve, used);
  if (tag === undefined) return { by: "trial", rest: candidates.map(({ message }) => ({ message, anyTag: true })) };
  const groups = new Map<Tag, Candidate[]>();
  const rest: RestMessage[] = [];
  for (const candidate of candidates) {
    const use = tagValues(candidate.node, tag, resolve);
    for (const value of use?.values ?? []) groups.set(value, [...(groups.get(value) ?? []), candidate]);
    if (!use?.required) rest.push({ message: candidate.message, anyTag: use === undefined && declares(candidate.node, tag, resolve) });
  }
  const cases: DispatchCase[] = [...groups].map(([value, group]) => ({ value, then: inferBy(group, resolve, new Set([...used, tag])) }));
  const isHot = (value: Tag): boolean => (groups.get(value) ?? []).some(({ hot }) => hot);
  return { by: "tag", tag, cases: [...cases.filter(({ value }) => isHot(value)), ...cases.filter(({ value }) => !isHot(value))], rest };
}

/** The property that is one constant in most messages, then the one with the most different values, then the first. */
function chooseTag(candidates: readonly Candidate[], resolve: Resolve, used: ReadonlySet<string>): string | undefined {
  const names = new Set(candidates.flatMap(({ node }) => propertyNames(node, resolve)));
  let best: { name: string; score: readonly number[] } | undefined;
  for (const name of names) {
    if (used.has(name)) continue;
    const uses = candidates.map(({ node }) => tagValues(node, name, resolve)).filter((use) => use !== undefined);
    const single = uses.filter(({ values }) => values.size === 1);
    const certain = single.filter(({ required }) => required);
    if (single.length === 0 || (candidates.length === 1 && certain.length === 0)) continue;
    const distinct = new Set(single.flatMap(({ values }) => [...values])).size;
    // On a lower level, a value that every message shares tells nothing apart.
    if (used.size > 0 && distinct === 1 && single.length === candidates.length) continue;
    const score = [single.length, certain.length, uses.length, distinct];
    if (!best || isHigher(score, best.score)) best = { name, score };
  }
  return best?.name;
}

function isHigher(a: readonly number[], b: readonly number[]): boolean {
  const index = a.findIndex((value, position) => value !== b[position]);
  return index !== -1 && (a[index] ?? 0) > (b[index] ?? 0);
}

/** The constants a property of a node can be; undefined when it can be anything else too. */
export function tagValues(node: Node, property: string, resolve: Resolve): TagUse | undefined {
  if (node.kind === "ref") return tagValues(resolve(node.name), property, resolve);
  if (node.kind === "union") {
    const uses = node.branches.map((branch) => tagValues(branch, property, resolve));
    if (!uses.every((use) => use !== undefined)) return undefined;
    return { values: new Set(uses.flatMap(({ values }) => [...values])), required: uses.every(({ required }) => required) };
  }
  if (node.kind !== "object") return undefined;
  const found = node.properties.find(({ name }) => name === property);
  if (!found) return undefined;
  const values = literalValues(found.node, resolve);
  return values?.every(isTag) ? { values: new Set(values), required: found.required } : undefined;
}

function literalValues(node: Node, resolve: Resolve): readonly Json[] | undefined {
  if (node.kind === "ref") return literalValues(resolve(node.name), resolve);
  return node.kind === "literal" ? node.values : undefined;
}

function propertyNames(node: Node, resolve: Resolve): string[] {
  if (node.kind === "ref") return propertyNames(resolve(node.name), resolve);
  if (node.kind === "union") return node.branches.flatMap((branch) => propertyNames(branch, resolve));
  return node.kind === "object" ? node.properties.map(({ name }) => name) : [];
}

function declares(node: Node, property: string, resolve: Resolve): boolean {
  return propertyNames(node, resolve).includes(property);
}

/** Every tag a message is recognised by, outermost first. */
export function tagsOf(dispatch: Dispatch, message: string): Record<string, Tag> | undefined {
  if (dispatch.by === "trial") return dispatch.rest.some((rest) => rest.message === message) ? {} : undefined;
  for (const { value, then } of dispatch.cases) {
    const inner = tagsOf(then, message);
    if (inner) return { [dispatch.tag]: value, ...inner };
  }
  return dispatch.rest.some((rest) => rest.message === message) ? {} : undefined;
}

/** The messages that one value of the first tag is enough to recognise, with all values they may have. */
export function casesOf(dispatch: Dispatch): { values: Tag[]; message: string }[] {
  if (dispatch.by !== "tag") return [];
  const found = new Map<string, Tag[]>();
  for (const { value, then } of dispatch.cases) {
    const [only, ...more] = then.by === "trial" ? then.rest : [];
    if (only && more.length === 0) found.set(only.message, [...(found.get(only.message) ?? []), value]);
  }
  return [...found].map(([message, values]) => ({ values, message }));
}

/** The messages a value may be, by its tags. */
export function routed(dispatch: Dispatch, value: Json): string[] {
  if (dispatch.by === "trial") return dispatch.rest.map(({ message }) => message);
  const tag = childOf(value, dispatch.tag);
  const own = dispatch.cases.find((each) => each.value === tag);
  if (own) return routed(own.then, value);
  return dispatch.rest.filter(({ anyTag }) => tag === undefined || anyTag).map(({ message }) => message);
}
