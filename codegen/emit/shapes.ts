import type { Check, Json, Node } from "../ir.ts";
import { isObject } from "../source.ts";
import { formats } from "./formats.ts";

/** The part of a node that breaking a value needs, as data for the generated module. */
export function toShape(node: Node): Json {
  const { remnant } = node;
  if (!remnant) return plainShape(node);
  const { mode, base, branches } = remnant;
  return { kind: "union", mode, branches: [plainShape(node)], narrowed: { base: toShape(base), branches: branches.map(toShape) } };
}

function plainShape(node: Node): Json {
  const checked = { ...(node.checks && { checked: true }), ...pick(node, "untyped") };
  const scalar = { ...checked, ...(node.checks?.some(isOverruling) && { overruled: true }) };
  switch (node.kind) {
    case "any":
    case "never":
    case "null":
    case "boolean":
      return { kind: node.kind };
    case "ref":
      return { kind: "ref", name: node.name };
    case "literal":
      return { kind: "literal", keyword: node.keyword, values: node.values };
    case "string":
      return {
        ...pick(node, "kind", "minLength", "maxLength", "pattern"),
        ...(formats[node.format ?? ""] instanceof RegExp && pick(node, "format")),
        ...scalar,
      };
    case "number":
      return { ...pick(node, "kind", "integer", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), ...scalar };
    case "array":
      return { kind: "array", items: toShape(node.items), ...pick(node, "minItems", "maxItems", "uniqueItems"), ...scalar };
    case "tuple":
      return {
        kind: "tuple",
        items: node.items.map(toShape),
        ...(node.rest.kind !== "any" && { rest: toShape(node.rest) }),
        ...(node.minItems > 0 && { minItems: node.minItems }),
        ...pick(node, "maxItems"),
        ...scalar,
      };
    case "union":
      return unionShape(node, checked);
    case "object":
      return objectShape(node);
  }
}

/** Whether a keyword may refuse values of another type, which it does before their type is looked at: `not` of anything but values. */
function isOverruling({ keyword, written }: Check): boolean {
  const refused = written["not"];
  return keyword === "not" && !(isObject(refused) && Object.keys(refused).every((word) => word === "const" || word === "enum"));
}

function unionShape({ mode, branches, tag, narrowed }: Node & { kind: "union" }, checked: { [key: string]: Json }): Json {
  return {
    kind: "union",
    mode,
    branches: branches.map(toShape),
    ...(tag !== undefined && { tag }),
    ...(narrowed && { narrowed: { base: toShape(narrowed.base), branches: narrowed.branches.map(toShape) } }),
    ...checked,
  };
}

function objectShape(node: Node & { kind: "object" }): Json {
  const understood = (node.checks ?? []).flatMap(({ when }) => (when ? [when] : []));
  const untouched = (node.checks ?? []).filter(({ when }) => !when).flatMap(({ mentions }) => mentions);
  return {
    kind: "object",
    properties: node.properties.map(({ name, required, node: inner }) => ({
      name,
      ...(required && { required: true }),
      shape: toShape(inner),
    })),
    ...(node.extra.kind !== "any" && { extra: toShape(node.extra) }),
    ...(node.patterns.length > 0 && { patterns: node.patterns.map(([pattern, inner]) => [pattern, toShape(inner)]) }),
    ...pick(node, "untyped"),
    ...pick(node, "minProperties", "maxProperties"),
    ...(understood.length < (node.checks ?? []).length && { untouched }),
    ...(understood.length > 0 && { when: understood.map(({ property, value, requires }) => ({ property, value, requires })) }),
  };
}

function pick<T extends object>(node: T, ...keys: (keyof T & string)[]): { [key: string]: Json } {
  return Object.fromEntries(keys.filter((key) => node[key] !== undefined).map((key) => [key, node[key] as Json]));
}
