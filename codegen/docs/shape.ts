import { describeCheck, describeLimits } from "../emit/jsdoc.ts";
import type { Json, Node } from "../ir.ts";
import { anchorOf, hrefOf } from "./anchors.ts";
import { type Html, html, joinHtml, nothing } from "./html.ts";
import type { Model } from "./model.ts";

/** A type in words, with a link for each name in it. */
export function typeText(node: Node): Html {
  switch (node.kind) {
    case "any":
      return html`anything`;
    case "never":
      return html`nothing`;
    case "null":
    case "boolean":
      return html`${node.kind}`;
    case "literal":
      return joinHtml(node.values.map(literalText), " or ");
    case "string":
      return node.content === undefined ? html`string` : html`JSON text of ${typeLink(node.content)}`;
    case "number":
      return html`${node.integer ? "integer" : "number"}`;
    case "array":
      return html`array of ${grouped(node.items)}`;
    case "tuple":
      return html`array of ${joinHtml(node.items.map(grouped), ", then ")}${node.rest.kind !== "never" && html`, then ${grouped(node.rest)}`}`;
    case "object":
      return node.properties.length > 0 || isUnspoken(node.extra) ? html`object` : html`object of ${grouped(node.extra)}`;
    case "union":
      return joinHtml(distinct(node.branches.map(typeText)), " or ");
    case "ref":
      return typeLink(node.name);
  }
}

export function typeLink(name: string): Html {
  return html`<a href="${hrefOf(anchorOf("type", name))}">${name}</a>`;
}

/** Bounds, patterns and the like, of the type itself or of the scalar that it names. */
export function limitsText(node: Node, { resolve, markdown }: Model): Html {
  const lines = limitLines(node, resolve);
  return lines.length === 0 ? nothing : joinHtml(lines.map((line) => markdown.inline(line)), " ");
}

function limitLines(node: Node, resolve: (type: string) => Node): string[] {
  const own = describeLimits(node.kind === "number" ? { ...node, integer: false } : node);
  const lines = [own, ...(node.kind === "string" || node.kind === "number" ? [] : (node.checks ?? []).map(describeCheck))];
  if (node.kind === "ref") lines.push(...scalarLimits(resolve(node.name), resolve));
  if (node.kind === "array") lines.push(...scalarLimits(node.items, resolve).map((line) => `Each: ${line}`));
  if (node.kind === "union") lines.push(...node.branches.flatMap((branch) => scalarLimits(branch, resolve)));
  if (node.default !== undefined) lines.push(`Default ${code(node.default)}.`);
  return [...new Set(lines.filter((line) => line !== ""))];
}

/** What an object or a list allows is told where it is described itself. */
function scalarLimits(node: Node, resolve: (type: string) => Node): string[] {
  return ["string", "number", "ref", "union"].includes(node.kind) ? limitLines(node, resolve) : [];
}

function code(value: Json): string {
  const text = JSON.stringify(value);
  const fence = text.includes("`") ? "``" : "`";
  return `${fence}${text}${fence}`;
}

function literalText(value: Json): Html {
  return html`<code>${JSON.stringify(value)}</code>`;
}

function grouped(node: Node): Html {
  const isList = (node.kind === "union" && node.branches.length > 1) || (node.kind === "literal" && node.values.length > 1);
  return isList ? html`(${typeText(node)})` : typeText(node);
}

/** Whether nothing is said of the values. */
export function isUnspoken(node: Node): boolean {
  return node.kind === "any" || node.kind === "never";
}

function distinct(parts: readonly Html[]): Html[] {
  return [...new Map(parts.map((part) => [part.text, part])).values()];
}
