import type { Json, Node } from "../ir.ts";
import { type Bound, lowerBound, upperBound } from "./bounds.ts";

const MOST_VALUES = 8;

/** A type in a few words, for a line of its own. */
export function wordsOf(node: Node): string {
  switch (node.kind) {
    case "any":
      return "anything";
    case "never":
      return "nothing";
    case "null":
    case "boolean":
      return node.kind;
    case "ref":
      return node.name;
    case "literal":
      return valuesInWords(node.values);
    case "string":
      return [
        node.content === undefined ? "string" : `JSON text of ${node.content}`,
        rangeOf(node.minLength, node.maxLength, "characters"),
        node.pattern === undefined ? "" : `matching ${node.pattern}`,
        node.format === undefined ? "" : `of format ${node.format}`,
      ]
        .filter((part) => part !== "")
        .join(" ");
    case "number":
      return [node.integer ? "integer" : "number", boundInWords(lowerBound(node), "least"), boundInWords(upperBound(node), "most")]
        .filter((part) => part !== "")
        .join(" ");
    case "array":
      return ["array of", wordsOf(node.items), rangeOf(node.minItems, node.maxItems, "items")].filter((part) => part !== "").join(" ");
    case "tuple":
      return `tuple of ${node.items.map(wordsOf).join(", ")}`;
    case "object":
      return node.properties.length === 0 ? "object" : `object with ${listed(node.properties.map(({ name }) => `"${name}"`))}`;
    case "union":
      return node.branches.map(wordsOf).join(" or ");
  }
}

export function valuesInWords(values: readonly Json[]): string {
  return listed(values.map((value) => JSON.stringify(value)));
}

function listed(texts: readonly string[]): string {
  const more = texts.length - MOST_VALUES;
  return more > 0 ? `${texts.slice(0, MOST_VALUES).join(", ")} and ${more} more` : texts.join(", ");
}

function rangeOf(least: number | undefined, most: number | undefined, noun: string): string {
  if (least === undefined && most === undefined) return "";
  return `of ${least ?? 0} to ${most ?? "any number of"} ${noun}`;
}

export function boundInWords(bound: Bound | undefined, end: "least" | "most"): string {
  if (!bound) return "";
  if (!bound.excluded) return `at ${end} ${bound.value}`;
  return `${end === "least" ? "above" : "below"} ${bound.value}`;
}
