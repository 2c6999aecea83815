import type { Json, Table } from "../ir.ts";
import { hrefOf, tableAnchor } from "./anchors.ts";
import { cellText, type FactRow, rowsOfTable, tableTitle } from "./fact-rows.ts";
import { type Html, html } from "./html.ts";
import { codeBlock } from "./json.ts";
import type { Model } from "./model.ts";

export function tableSection(table: Table, model: Model): Html {
  const anchor = tableAnchor(table.key);
  const rows = rowsOfTable(table);
  return html`<section id="${anchor}" class="chapter"><h2><a class="self" href="${hrefOf(anchor)}">${tableTitle(table)}</a></h2>
${rows === undefined || rows.length === 0 ? codeBlock(table.value) : factTable(rows, model)}</section>
`;
}

function factTable(rows: readonly FactRow[], { markdown }: Model): Html {
  const columns = [...new Set(rows.flatMap(({ cells }) => Object.keys(cells)))];
  const heads = columns.map((column) => html`<th scope="col">${column.charAt(0).toUpperCase()}${column.slice(1)}</th>`);
  const body = rows.map(
    ({ anchor, cells }) =>
      html`<tr id="${anchor}">${columns.map((column, index) => {
        const cell = cells[column];
        return index === 0
          ? html`<th scope="row"><a class="self" href="${hrefOf(anchor)}"><code>${cellText(cell)}</code></a></th>`
          : html`<td${typeof cell === "number" && html` class="number"`}>${typeof cell === "string" ? markdown.inline(cell) : shown(cell)}</td>`;
      })}</tr>
`,
  );
  return html`<table class="plain"><thead><tr>${heads}</tr></thead><tbody>
${body}</tbody></table>
`;
}

/** Long numbers are read in groups of three. */
function shown(cell: Json | undefined): string {
  if (typeof cell === "number" && cell >= 10_000 && Number.isInteger(cell)) return String(cell).replaceAll(/\B(?=(?:\d{3})+$)/gu, "\u202F");
  return cellText(cell);
}
