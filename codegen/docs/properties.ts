import type { NamedType } from "../ir.ts";
import { hrefOf } from "./anchors.ts";
import { type Html, html, nothing } from "./html.ts";
import type { Model } from "./model.ts";
import { closing, pathText, type Row, rowsOfType } from "./rows.ts";
import { limitsText, typeText } from "./shape.ts";

/** What a type is: its properties in a table, or its shape in words. Only one place of a page has the anchors. */
export function typeBody(type: NamedType, model: Model, anchored: boolean): Html {
  const rows = rowsOfType(type);
  const shape = rows.some((row) => row.is === "property") && type.node.kind === "object" ? nothing : shapeLine(type, model);
  const end = closing(type.node);
  return html`${shape}${rows.length > 0 && propertyTable(rows, model, anchored)}${end && html`<p class="note">${end}</p>`}`;
}

function shapeLine({ node }: NamedType, model: Model): Html {
  const limits = limitsText(node, model);
  return html`<p class="shape">${typeText(node)}${limits.text !== "" && html` <span class="limits">${limits}</span>`}</p>`;
}

function propertyTable(rows: readonly Row[], model: Model, anchored: boolean): Html {
  return html`<table class="properties"><thead><tr><th scope="col">Property</th><th scope="col">Type</th><th scope="col">Limits</th><th scope="col">Meaning</th></tr></thead><tbody>
${rows.map((row) => (row.is === "alternative" ? alternativeRow(row) : propertyRow(row, model, anchored)))}</tbody></table>
`;
}

function alternativeRow({ title, depth }: Extract<Row, { is: "alternative" }>): Html {
  return html`<tr class="alternative"><th colspan="4" scope="rowgroup" class="d${Math.min(depth, 4)}">${title}</th></tr>
`;
}

function propertyRow({ path, required, node, anchor }: Extract<Row, { is: "property" }>, model: Model, anchored: boolean): Html {
  const full = pathText(path);
  const last = path.at(-1) ?? "";
  const before = full.slice(0, full.length - last.length);
  const name = html`<code>${before && html`<span class="before">${before}</span>`}${last === "" ? '""' : last}</code>`;
  const marks = html`${required && html`<span class="required">required</span>`}${node.deprecated && html`<span class="deprecated">deprecated</span>`}`;
  return html`<tr${anchored && html` id="${anchor}"`}><th scope="row">${anchored ? html`<a class="self" href="${hrefOf(anchor)}">${name}</a>` : name}${marks}</th><td class="type">${typeText(node)}</td><td class="limits">${limitsText(node, model)}</td><td>${model.markdown.inline(node.description)}</td></tr>
`;
}
