import type { Node } from "./ir.ts";

/** Whether one type holds another, directly or through others. */
export function reaches(from: string, to: string, nodes: ReadonlyMap<string, Node>, seen: Set<string>): boolean {
  const node = nodes.get(from);
  return (
    node !== undefined && refsOf(node).some((name) => name === to || (!seen.has(name) && (seen.add(name), reaches(name, to, nodes, seen))))
  );
}

/** The names of the types a node refers to. */
export function refsOf(node: Node): string[] {
  switch (node.kind) {
    case "ref":
      return [node.name];
    case "array":
      return refsOf(node.items);
    case "tuple":
      return [...node.items, node.rest].flatMap(refsOf);
    case "object":
      return [...node.properties.map((property) => property.node), node.extra, ...node.patterns.map(([, inner]) => inner)].flatMap(refsOf);
    case "union":
      return node.branches.flatMap(refsOf);
    case "any":
    case "never":
    case "null":
    case "boolean":
    case "literal":
    case "string":
    case "number":
      return [];
  }
}

/** Whether a value of a type would have to be one of the type already: references and unions lead back to it, no object between. */
export function leadsToItself(start: string, nodes: ReadonlyMap<string, Node>): boolean {
  const seen = new Set<string>();
  const leads = (node: Node | undefined): boolean => {
    if (node?.kind === "union") return node.branches.some(leads);
    if (node?.kind !== "ref") return false;
    if (node.name === start) return true;
    if (seen.has(node.name)) return false;
    seen.add(node.name);
    return leads(nodes.get(node.name));
  };
  return leads(nodes.get(start));
}
