import type { NamedType, Node, ObjectShape } from "../ir.ts";
import { anchorOf } from "./anchors.ts";
import { isUnspoken } from "./shape.ts";

/** One line of a table of properties: a property, or a heading over the properties of one alternative. */
export type Row =
  | { readonly is: "property"; readonly path: readonly string[]; readonly required: boolean; readonly node: Node; readonly anchor: string }
  | { readonly is: "alternative"; readonly depth: number; readonly title: string };

type Unanchored = Exclude<Row, { is: "property" }> | Omit<Extract<Row, { is: "property" }>, "anchor">;

/** The step from a list to its items. */
const itemStep = "[]";

/** Every property of a type, those of the objects written inside it included. */
export function rowsOfType({ name, node }: NamedType): Row[] {
  const taken = new Map<string, number>();
  return membersOf(node, []).map((row) => {
    if (row.is === "alternative") return row;
    const anchor = anchorOf("type", [name, ...row.path.filter((step) => step !== itemStep)].join("."));
    const count = (taken.get(anchor) ?? 0) + 1;
    taken.set(anchor, count);
    return { ...row, anchor: count === 1 ? anchor : `${anchor}~${count}` };
  });
}

function membersOf(node: Node, path: readonly string[]): Unanchored[] {
  switch (node.kind) {
    case "object":
      return objectRows(node, path);
    case "array":
      return membersOf(node.items, [...path, itemStep]);
    case "tuple":
      return [...node.items, node.rest].flatMap((item) => membersOf(item, [...path, itemStep]));
    case "union":
      return branchRows(node.branches, path);
    case "any":
    case "never":
    case "null":
    case "boolean":
    case "literal":
    case "string":
    case "number":
    case "ref":
      return [];
  }
}

function objectRows({ properties, extra, patterns }: ObjectShape, path: readonly string[]): Unanchored[] {
  const named = properties.map(({ name, required, node }) => ({ name, required, node }));
  const matched = patterns.map(([pattern, node]) => ({ name: `/${pattern}/`, required: false, node }));
  const others = isUnspoken(extra) ? [] : [{ name: "*", required: false, node: extra }];
  return [...named, ...matched, ...others].flatMap(({ name, required, node }) => {
    const inner = [...path, name];
    return [{ is: "property" as const, path: inner, required, node }, ...membersOf(node, inner)];
  });
}

/** The alternatives that are objects written in place. */
function branchRows(branches: readonly Node[], path: readonly string[]): Unanchored[] {
  const shown = branches.map((branch) => ({ branch, rows: membersOf(branch, path) })).filter(({ rows }) => rows.length > 0);
  if (shown.length < 2) return shown.flatMap(({ rows }) => rows);
  return shown.flatMap(({ branch, rows }, index) => [
    { is: "alternative" as const, depth: path.length, title: branch.title ?? `Alternative ${index + 1} of ${shown.length}` },
    ...rows,
  ]);
}

/** A path as people write it: `media[].url`. */
export function pathText(path: readonly string[]): string {
  return path.join(".").replaceAll(`.${itemStep}`, itemStep);
}

/** What a type says of properties that it does not name. */
export function closing(node: Node): string | undefined {
  if (node.kind !== "object" || node.openness === "implicit") return undefined;
  if (node.extra.kind === "never") return "No other fields.";
  return node.extra.kind === "any" ? "Other fields may hold anything." : undefined;
}
