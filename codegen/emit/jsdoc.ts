import type { Check, Node } from "../ir.ts";

/** Text that can stand in a comment without ending it. */
export function commentText(text: string): string {
  return text.replaceAll("*/", "*\\/");
}

/** A doc comment; empty when there is nothing to say. */
export function docComment(lines: readonly string[]): string {
  const safe = lines
    .flatMap((line) => line.split("\n"))
    .map((line) => line.trimEnd())
    .map(commentText);
  const [first] = safe;
  if (first === undefined || safe.every((line) => line === "")) return "";
  if (safe.length === 1) return `/** ${first} */\n`;
  return `/**\n${safe.map((line) => (line === "" ? " *" : ` * ${line}`)).join("\n")}\n */\n`;
}

/** What a document says about a node, and the limits no TypeScript type can say. */
export function docLines(node: Node): string[] {
  const lines: string[] = [];
  if (node.description !== undefined) lines.push(...node.description.trim().split("\n"));
  const limits = describeLimits(node);
  if (limits !== "") lines.push(limits);
  lines.push(...(node.checks ?? []).map(describeCheck));
  if (node.default !== undefined) lines.push(`@default ${JSON.stringify(node.default)}`);
  if (node.deprecated) lines.push("@deprecated");
  return lines;
}

export function describeCheck({ keyword, when }: Check): string {
  if (!when) return `The validator also checks \`${keyword}\`.`;
  return `With \`${when.property}\` ${JSON.stringify(when.value)}, ${names(when.requires)} must be there.`;
}

function names(list: readonly string[]): string {
  return list.map((name) => `\`${name}\``).join(", ");
}

export function describeLimits(node: Node): string {
  switch (node.kind) {
    case "string": {
      const parts = [rangeText(node.minLength, node.maxLength, "character")];
      if (node.format !== undefined) parts.push(`format ${node.format}`);
      if (node.pattern !== undefined) parts.push(`\`${node.pattern.replaceAll("`", "'")}\``);
      return sentence(parts);
    }
    case "number": {
      const parts = [node.integer ? "Integer" : "", boundsText(node.minimum, node.maximum)];
      if (node.exclusiveMinimum !== undefined) parts.push(`more than ${node.exclusiveMinimum}`);
      if (node.exclusiveMaximum !== undefined) parts.push(`less than ${node.exclusiveMaximum}`);
      if (node.multipleOf !== undefined) parts.push(`a multiple of ${node.multipleOf}`);
      return sentence(parts);
    }
    case "array":
      return sentence([rangeText(node.minItems, node.maxItems, "item"), node.uniqueItems ? "no two equal" : ""]);
    case "object":
      return sentence([rangeText(node.minProperties, node.maxProperties, "field")]);
    case "any":
    case "never":
    case "null":
    case "boolean":
    case "literal":
    case "tuple":
    case "union":
    case "ref":
      return "";
  }
}

function sentence(parts: readonly string[]): string {
  const text = parts.filter((part) => part !== "").join(", ");
  return text === "" ? "" : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function rangeText(least: number | undefined, most: number | undefined, unit: string): string {
  const units = (count: number): string => `${count} ${unit}${count === 1 ? "" : "s"}`;
  if (most === undefined) return least === undefined || least === 0 ? "" : `at least ${units(least)}`;
  if (least === undefined || least === 0) return `at most ${units(most)}`;
  return least === most ? `exactly ${units(most)}` : `${least} to ${units(most)}`;
}

function boundsText(least: number | undefined, most: number | undefined): string {
  if (least === undefined) return most === undefined ? "" : `at most ${most}`;
  return most === undefined ? `at least ${least}` : `${least} to ${most}`;
}
