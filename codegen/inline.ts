import type { Node, ObjectShape, Place, UnionShape } from "./ir.ts";
import { pascalCase, singular } from "./names.ts";

type Claim = (name: string, place: Place) => string;

/** Gives every object written inline the name of its holder and its property. The holder itself keeps its own. */
export function nameInlineObjects(node: Node, holder: string, claim: Claim): Node {
  switch (node.kind) {
    case "object":
      return { ...node, ...nameMembers(node, holder, claim) };
    case "array":
      return { ...node, items: nameObject(node.items, singular(holder), claim) };
    case "tuple":
      return {
        ...node,
        items: node.items.map((item, index) => nameObject(item, `${holder}${index + 1}`, claim)),
        rest: nameObject(node.rest, `${holder}Rest`, claim),
      };
    case "union":
      return { ...node, branches: nameBranches(node, holder, claim) };
    case "any":
    case "never":
    case "null":
    case "boolean":
    case "literal":
    case "string":
    case "number":
    case "ref":
      return node;
  }
}

function nameObject(node: Node, wanted: string, claim: Claim): Node {
  const named = nameInlineObjects(node, wanted, claim);
  if (named.kind !== "object" || !needsInterface(named)) return named;
  return { ...named, name: claim(wanted, node.place) };
}

/** An object of unnamed properties only prints as an index signature where it stands. */
export function needsInterface(shape: ObjectShape): boolean {
  return shape.properties.length > 0;
}

function nameMembers(shape: ObjectShape, holder: string, claim: Claim): Pick<ObjectShape, "properties" | "extra" | "patterns"> {
  return {
    properties: shape.properties.map((property) => ({
      ...property,
      node: nameObject(property.node, `${holder}${pascalCase(property.name)}`, claim),
    })),
    extra: nameObject(shape.extra, `${holder}Value`, claim),
    patterns: shape.patterns.map(([pattern, node], index) => [pattern, nameObject(node, `${holder}Pattern${index + 1}`, claim)] as const),
  };
}

function nameBranches(shape: UnionShape, holder: string, claim: Claim): Node[] {
  const objects = shape.branches.filter((branch) => branch.kind === "object");
  return shape.branches.map((branch, index) => {
    if (objects.length === 1)
      return nameObject(branch, branch.kind === "object" && shape.branches.length > 1 ? `${holder}Object` : holder, claim);
    return nameObject(branch, `${holder}${branchWord(branch, shape.tag) ?? index + 1}`, claim);
  });
}

function branchWord(branch: Node, tag: string | undefined): string | undefined {
  if (branch.title !== undefined) return pascalCase(branch.title);
  if (branch.kind !== "object" || tag === undefined) return undefined;
  const literal = branch.properties.find((property) => property.name === tag)?.node;
  const [value, ...more] = literal?.kind === "literal" ? literal.values : [];
  return value === undefined || typeof value === "object" || more.length > 0 ? undefined : pascalCase(String(value));
}
